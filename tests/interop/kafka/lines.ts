/**
 * What Node and java/ tell each other: text, one thing a line, its parts between tabs. Bytes are base64, and "-" is null.
 *
 * batch   name=value …                               a batch as its reader sees it; on the way in, how it is to be built
 * record  offset timestamp key value (name value)…   a record of the batch above, with its headers
 * bytes   base64                                     a whole batch, as it was built
 * end     bytes=n                                    how many bytes the reader took for batches
 */
import { expect } from 'vitest';
import { compressionOf, decodeBatch, decodeBatchHeader, type BatchHeader, type LogRecord } from '../../../main/log/index.ts';

/** What a reader says of a batch, in this order. */
export interface BatchFacts {
  valid: boolean;
  magic: number;
  sizeBytes: number;
  baseOffset: bigint;
  lastOffset: bigint;
  leaderEpoch: number;
  maxTimestamp: bigint;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  recordCount: number;
  logAppendTime: boolean;
  transactional: boolean;
  control: boolean;
  codec: string;
}

const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** The facts that stand in the header of a batch. */
export function factsOf(header: BatchHeader): BatchFacts {
  const { magic, sizeBytes, baseOffset, leaderEpoch, maxTimestamp, producerId, producerEpoch, firstSequence, recordCount, attributes } =
    header;
  return {
    valid: true,
    magic,
    sizeBytes,
    baseOffset,
    lastOffset: baseOffset + BigInt(header.lastOffsetDelta),
    leaderEpoch,
    maxTimestamp,
    producerId,
    producerEpoch,
    firstSequence,
    recordCount,
    logAppendTime: (attributes & LOG_APPEND_TIME) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    codec: compressionOf(attributes),
  };
}

/** A batch as our reader sees it. */
export function readByUs(bytes: Uint8Array): string[] {
  return [batchLine(factsOf(decodeBatchHeader(bytes))), ...decodeBatch(bytes).map(recordLine)];
}

export function batchLine(facts: object): string {
  return ['batch', ...Object.entries(facts).map(([name, value]) => `${name}=${value}`)].join('\t');
}

export function recordLine({ offset, timestamp, key, value, headers }: LogRecord): string {
  const parts = ['record', String(offset), String(timestamp), base64(key), base64(value)];
  for (const [name, content] of headers) parts.push(base64(Buffer.from(name)), base64(content));
  return parts.join('\t');
}

export function base64(bytes: Uint8Array | null): string {
  if (bytes === null) return '-';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Fails at the first line that differs, and shows the place: a line can have a megabyte. */
export function expectSameLines(ours: readonly string[], theirs: readonly string[]): void {
  const line = ours.findIndex((each, index) => each !== theirs[index]);
  if (line !== -1) {
    const [our, their] = [ours[line]!, theirs[line] ?? ''];
    let at = 0;
    while (at < our.length && our[at] === their[at]) at++;
    const shown = (text: string): string => text.slice(Math.max(0, at - 200), at + 100);
    expect({ line, at, text: shown(their) }, 'what Kafka says').toEqual({ line, at, text: shown(our) });
  }
  expect(theirs.length).toBe(ours.length);
}
