/** Record batches: good ones, and all that can be wrong with one. */
import { crc32c } from '@node-rs/crc32';
import { apis } from '../../../../main/endpoints/kafka/apis/index.ts';
import { attributesOf, BATCH_BYTES_MAX, encodeBatch } from '../../../../main/log/index.ts';
import { CODECS } from '../../../../main/api/streams.ts';
import { batch } from '../../../unit/endpoints/kafka/wireClient.ts';
import type { Play } from './play.ts';
import type { Side } from './side.ts';
import { UNKNOWN_ID } from './topics.script.ts';

/** Where in a batch what is (main/log/batch/layout.ts). */
const AT = { length: 8, magic: 16, crc: 17, attributes: 21, lastOffsetDelta: 23, maxTimestamp: 35, recordCount: 57 };

/** A batch with something else in its header, and a checksum that agrees with it. */
function changed(change: (bytes: Buffer) => void, values: readonly string[] = ['x', 'y']): Buffer {
  const bytes = batch(values);
  change(bytes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(AT.attributes)), AT.crc);
  return bytes;
}

const corrupt = (): Buffer => {
  const bytes = batch(['x', 'y']);
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
};

/** As Kafka 0.10 wrote them: offset, size, CRC, magic 1, attributes, timestamp, key, value. */
function messageOfFormat(magic: 0 | 1): Buffer {
  const body = Buffer.concat([Buffer.from([magic, 0]), Buffer.alloc(magic === 1 ? 8 : 0), Buffer.from('ffffffff0000000178', 'hex')]);
  const head = Buffer.alloc(16);
  head.writeInt32BE(4 + body.length, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

interface Asked {
  topic?: string;
  /** In place of that of the topic. */
  topicId?: string;
  index?: number;
  acks?: number;
  transactionalId?: string | null;
}

const body =
  (records: Uint8Array | null, { topic = 'a', topicId, index = 0, acks = -1, transactionalId = null }: Asked) =>
  (side: Side) => ({
    ...{ acks, transactionalId, timeoutMs: 10_000 },
    topicData: [{ name: topic, topicId: topicId ?? side.id(topic), partitionData: [{ index, records }] }],
  });

export async function produce(play: Play): Promise<void> {
  const send = (step: string, records: Uint8Array | null, asked: Asked = {}): Promise<void> =>
    play.ask(step, apis.produce, body(records, asked));
  for (const acks of [-1, 1]) await send(`acks ${acks}`, batch(['x', 'y']), { acks });
  for (const acks of [2, -2]) await send(`acks ${acks}`, batch(['x']), { acks });
  await play.tell('acks 0', apis.produce, body(batch(['x']), { acks: 0 }));
  await play.tell('acks 0 to a partition that is not there', apis.produce, body(batch(['x']), { acks: 0, index: 9 }));
  await send('to a topic that is not there', batch(['x']), { topic: 'nowhere', topicId: UNKNOWN_ID });
  for (const index of [9, -1]) await send(`to partition ${index}`, batch(['x']), { index });
  // Kafka leaves the client without an answer, for as long as it waits.
  if (play.isFirst) await send('a null', null);
  await send('nothing', Buffer.alloc(0));
  await send('a corrupt checksum', corrupt());
  await send('two batches', Buffer.concat([batch(['x']), batch(['y'])]));
  await send('a batch that is cut off', batch(['x', 'y']).subarray(0, -3));
  await send('a header that is cut off', batch(['x', 'y']).subarray(0, 30));
  await send('bytes behind the batch', Buffer.concat([batch(['x']), Buffer.from([1, 2, 3])]), { topic: 'odd', index: 0 });
  for (const magic of [0, 1] as const) await send(`a message of format ${magic}`, messageOfFormat(magic));
  for (const magic of [3, -1])
    await send(
      `a batch of format ${magic}`,
      changed((bytes) => bytes.writeInt8(magic, AT.magic)),
    );
  await send(
    'a length below zero',
    changed((bytes) => bytes.writeInt32BE(-5, AT.length)),
  );
  await send(
    'a length that is too small',
    changed((bytes) => bytes.writeInt32BE(20, AT.length)),
  );
  await send(
    'no records',
    changed((bytes) => bytes.writeInt32BE(0, AT.recordCount)),
  );
  await send(
    'fewer records than it says',
    changed((bytes) => bytes.writeInt32BE(3, AT.recordCount)),
  );
  await send(
    'more records than it says',
    changed((bytes) => bytes.writeInt32BE(1, AT.recordCount)),
  );
  await send(
    'more offsets than records',
    changed((bytes) => bytes.writeInt32BE(7, AT.lastOffsetDelta)),
  );
  await send(
    'fewer offsets than records',
    changed((bytes) => bytes.writeInt32BE(0, AT.lastOffsetDelta)),
  );
  await send(
    'another greatest timestamp',
    changed((bytes) => bytes.writeBigInt64BE(7n, AT.maxTimestamp)),
    { topic: 'odd', index: 2 },
  );
  await send(
    'log append time',
    changed((bytes) => bytes.writeInt16BE(8, AT.attributes)),
    { topic: 'odd', index: 3 },
  );
  for (const [name, attributes] of Object.entries({ 'an unknown codec': 7, 'part of a transaction': 16, control: 32 })) {
    await send(
      name,
      changed((bytes) => bytes.writeInt16BE(attributes, AT.attributes)),
    );
  }
  await send(
    'what is not compressed as it says',
    changed((bytes) => bytes.writeInt16BE(1, AT.attributes)),
  );
  await send('a transactional id', batch(['x']), { transactionalId: 't', topic: 'odd', index: 1 });
  await send(
    'a base offset of its own',
    changed((bytes) => bytes.writeBigInt64BE(77n, 0)),
  );
  for (const timestamp of [0n, -1n, -2n, -40_000_000_000_000n, 253_402_300_799_000n]) {
    await send(`at the time ${timestamp}`, batch(['x'], { timestamp }), { topic: 'd.e' });
  }
  const records = ['one', 'two', 'three'].map((value, index) => ({
    ...{ key: Buffer.from(value), value: Buffer.from(value.repeat(40)), headers: [], timestamp: 5_000n + BigInt(index) },
  }));
  for (const codec of CODECS) await send(codec, encodeBatch({ records, attributes: attributesOf(codec) }), { index: 1 });
  await play.ask('one that is good and one that is not', apis.produce, (side) => ({
    ...{ acks: -1, timeoutMs: 10_000 },
    topicData: [
      {
        ...{ name: 'a', topicId: side.id('a') },
        partitionData: [
          { index: 0, records: batch(['x']) },
          { index: 1, records: corrupt() },
          { index: 5, records: batch(['x']) },
        ],
      },
      { name: 'nowhere', topicId: UNKNOWN_ID, partitionData: [{ index: 0, records: batch(['x']) }] },
    ],
  }));
  await play.ask('to no topic', apis.produce, () => ({ acks: -1, timeoutMs: 1, topicData: [] }));
  await send('900 KB', encodeBatch({ records: large() }), { topic: 'b' });
  await tooLarge(play);
}

/** Each partition by itself, and before the checksum is looked at. */
async function tooLarge(play: Play): Promise<void> {
  const set = async (value: string): Promise<void> => {
    await play.ask(`the largest batch has ${value} bytes`, apis.incrementalAlterConfigs, () => ({
      resources: [{ resourceType: 2, resourceName: 'b', configs: [{ name: 'max.message.bytes', value, configOperation: 0 }] }],
    }));
    await play.untilSet('b', 'max.message.bytes', value);
  };
  const send = (step: string, records: Uint8Array): Promise<void> => play.ask(step, apis.produce, body(records, { topic: 'b' }));
  const most = batch(['x'.repeat(3_000)]);
  await set(String(most.length));
  await send('as large as a batch may be', most);
  await send('one byte larger', batch(['x'.repeat(3_001)]));
  const damaged = batch(['x'.repeat(3_001)]);
  damaged[damaged.length - 1]! ^= 1;
  await send('larger, and with a corrupt checksum', damaged);
  await send(
    'larger, and of no format',
    changed((bytes) => bytes.writeInt8(3, AT.magic), ['x'.repeat(3_001)]),
  );
  await send(
    'larger, with a base offset of its own',
    changed((bytes) => bytes.writeBigInt64BE(77n, 0), ['x'.repeat(3_001)]),
  );
  const records = [{ key: null, value: Buffer.from('x'.repeat(9_000)), headers: [], timestamp: 1n }];
  await send('larger only when it is decompressed', encodeBatch({ records, attributes: attributesOf('gzip') }));
  await set(String(BATCH_BYTES_MAX));
}

/** 900 KB. */
const large = () =>
  Array.from({ length: 9 }, (_, index) => ({ key: null, value: Buffer.alloc(100_000, index), headers: [], timestamp: 1n }));

export async function produceInSequence(play: Play): Promise<void> {
  await play.ask('a number', apis.initProducerId, () => ({ transactionalId: null, transactionTimeoutMs: 60_000 }), {
    remember: (side, { producerId }) => (side.producerId = producerId),
  });
  await play.ask('a number, with no time', apis.initProducerId, () => ({ transactionalId: null, transactionTimeoutMs: 0 }));
  await play.ask('an empty transactional id', apis.initProducerId, () => ({ transactionalId: '', transactionTimeoutMs: 60_000 }));
  await play.ask('the next epoch of a number', apis.initProducerId, (side) => ({
    ...{ transactionalId: null, transactionTimeoutMs: 60_000 },
    ...{ producerId: side.producerId, producerEpoch: 0 },
  }));
  await play.ask('a number without an epoch', apis.initProducerId, (side) => ({
    ...{ transactionalId: null, transactionTimeoutMs: 60_000 },
    ...{ producerId: side.producerId, producerEpoch: -1 },
  }));
  const send = (
    step: string,
    firstSequence: number,
    { epoch = 0, producerId = undefined as bigint | undefined, values = ['x', 'y'] } = {},
  ) =>
    play.ask(step, apis.produce, (side) =>
      body(batch(values, { producerId: producerId ?? side.producerId, producerEpoch: epoch, firstSequence }), { topic: 'b' })(side),
    );
  await send('the first of a number that nobody has given, not at 0', 5, { producerId: 987_654n });
  await send('a number below zero', 0, { producerId: -5n });
  for (const sequence of [0, 2, 4, 6, 8, 10]) await send(`sequence ${sequence}`, sequence);
  await send('the last one again', 10);
  await send('the fifth last again', 2);
  await send('the sixth last again', 0);
  await send('a gap', 14);
  await send('half of the last one again', 11, { values: ['y'] });
  await send('the last one and more', 10, { values: ['x', 'y', 'z'] });
  await send('a sequence below zero', -1);
  await send('the next epoch, not at 0', 12, { epoch: 1 });
  await send('the next epoch', 0, { epoch: 1 });
  await send('the epoch before', 12);
  await send('an epoch below zero', 2, { epoch: -1 });
  await send('two of one number, one of them a gap', 4, { epoch: 1 });
}
