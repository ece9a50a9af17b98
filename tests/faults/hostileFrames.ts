/**
 * Frames that nobody should send: random bytes, requests that Kafka's own code wrote with some of their bytes changed, requests to a real stream
 * changed in the same way, cut off, longer than a request may be, shorter or longer than they say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { apis } from '../../main/endpoints/kafka/apis/index.ts';
import { REQUEST_BYTES_MAX } from '../../main/endpoints/kafka/frames.ts';
import { type Api, writeRequest } from '../../main/endpoints/kafka/wire/api.ts';
import { encodeBatch } from '../../main/log/batch/encode.ts';

/** What the frame is, and what may be expected of it: those that are not ended leave the broker waiting for the rest. */
export interface HostileFrame {
  bytes: Buffer;
  isEnded: boolean;
}

/** The stream that the hostile requests name; nobody else writes to it. */
export const TARGET = 'target';

const recorded = path.join(import.meta.dirname, '../unit/endpoints/kafka/recorded');
export const LENGTH_BYTES = 4;
/** Where, behind the length, the number stands by which an answer is known. */
const CORRELATION_AT = LENGTH_BYTES + 4;
const HEADER_BYTES = 8;
const RANDOM_BYTES_MAX = 200;
const CHANGES_MAX = 2;

/** Shares of the kinds, of a thousand; the rest are changed requests. */
const RANDOM = 30;
const CUT_OFF = 20;
const TOO_LONG = 5;
const UNFINISHED = 2;

/** Makes the next frame; `next` gives numbers from 0 to 1. */
export function createFrames(next: () => number): (correlationId: number) => HostileFrame {
  const templates = [...recordings(), ...requests()];
  const below = (end: number): number => Math.floor(next() * end);

  function changed(): Buffer {
    const bytes = Buffer.from(templates[below(templates.length)]!);
    for (let left = below(CHANGES_MAX + 1); left > 0; left--) {
      bytes[LENGTH_BYTES + below(bytes.length - LENGTH_BYTES)] = below(256);
    }
    return bytes;
  }

  function random(): Buffer {
    const bytes = Buffer.alloc(LENGTH_BYTES + below(RANDOM_BYTES_MAX));
    for (let at = LENGTH_BYTES; at < bytes.length; at++) bytes[at] = below(256);
    bytes.writeInt32BE(bytes.length - LENGTH_BYTES);
    return bytes;
  }

  /** A request without its end, whose length is right all the same. */
  function cutOff(): Buffer {
    const whole = changed();
    const bytes = whole.subarray(0, LENGTH_BYTES + below(whole.length - LENGTH_BYTES));
    bytes.writeInt32BE(bytes.length - LENGTH_BYTES);
    return bytes;
  }

  function tooLong(): Buffer {
    const bytes = changed();
    bytes.writeInt32BE(next() < 0.5 ? REQUEST_BYTES_MAX + 1 + below(2 ** 20) : -1 - below(2 ** 31));
    return bytes;
  }

  /** It says that it is longer than what comes: the client dies inside it. */
  function unfinished(): Buffer {
    const bytes = changed();
    bytes.writeInt32BE(bytes.length + below(REQUEST_BYTES_MAX - bytes.length));
    return bytes;
  }

  return (correlationId) => {
    const kind = below(1_000);
    const isUnfinished = kind < UNFINISHED;
    const bytes = isUnfinished
      ? unfinished()
      : kind < UNFINISHED + TOO_LONG
        ? tooLong()
        : kind < UNFINISHED + TOO_LONG + CUT_OFF
          ? cutOff()
          : kind < UNFINISHED + TOO_LONG + CUT_OFF + RANDOM
            ? random()
            : changed();
    if (bytes.length >= LENGTH_BYTES + HEADER_BYTES) bytes.writeInt32BE(correlationId, CORRELATION_AT);
    return { bytes, isEnded: !isUnfinished };
  };
}

/** As Kafka's own code wrote them, of every version. */
function recordings(): Buffer[] {
  return readdirSync(recorded)
    .flatMap((name) => readFileSync(path.join(recorded, name), 'utf8').trim().split('\n'))
    .filter((line) => line.startsWith('request'))
    .map((line) => {
      const body = Buffer.from(line.split(' ')[2]!, 'hex');
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeInt32BE(body.length);
      return Buffer.concat([length, body]);
    });
}

/** To the stream that there is, so that changes reach what lies behind the decoder. */
function requests(): Buffer[] {
  const records = [1, 2, 3].map((at) => ({ key: null, value: Buffer.from(`event ${at}`), headers: [], timestamp: BigInt(at) }));
  const batches = [0, 1, 2, 3, 4].map((attributes) => encodeBatch({ records, attributes }));
  const numbered = encodeBatch({ records, producerId: 77n, producerEpoch: 0, firstSequence: 0 });
  const frame = (api: unknown, version: number, body: object): Buffer =>
    Buffer.concat(writeRequest(api as Api, { version, correlationId: 0, clientId: 'hostile' }, body));
  const produce = (bytes: Buffer): object => ({
    ...{ acks: 1, timeoutMs: 100 },
    topicData: [{ name: TARGET, partitionData: [{ index: 0, records: bytes }] }],
  });
  const fetch = {
    ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 10_000 },
    topics: [{ topic: TARGET, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 10_000 }] }],
  };
  const offsets = { topics: [{ name: TARGET, partitions: [{ partitionIndex: 0, timestamp: 2n }] }] };
  return [
    ...[...batches, numbered].flatMap((bytes) => [frame(apis.produce, 7, produce(bytes)), frame(apis.produce, 9, produce(bytes))]),
    ...[4, 11, 12].map((version) => frame(apis.fetch, version, fetch)),
    ...[1, 7, 10].map((version) => frame(apis.listOffsets, version, offsets)),
    ...[1, 9, 12].map((version) => frame(apis.metadata, version, { topics: [{ name: TARGET }], allowAutoTopicCreation: false })),
    frame(apis.apiVersions, 3, { clientSoftwareName: 'hostile', clientSoftwareVersion: '1' }),
    frame(apis.deleteRecords, 2, { topics: [{ name: TARGET, partitions: [{ partitionIndex: 0, offset: 0n }] }] }),
    frame(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1 }),
  ];
}
