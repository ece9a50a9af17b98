/** Batches that Kafka's own code made, as our reader sees them. */
import { expect, it } from 'vitest';
import { decodeBatch, encodeBatch, type LogRecord, type NewRecord, verifyBatch } from '../../../main/log/index.ts';
import { createRandom } from '../seed.ts';
import { askKafka } from './library.ts';
import { batchLine, expectSameLines, readByUs, recordLine, TRANSACTIONAL } from './lines.ts';
import { randomRecords } from './records.ts';

/** How java/BatchBuilder.java is to make a batch. */
interface Order {
  how: 'builder' | 'restamped' | 'cleaned' | 'commit' | 'abort';
  records: readonly LogRecord[];
  baseOffset: bigint;
  leaderEpoch: number;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  transactional: boolean;
  codec: string;
  /** The time of a marker, and of a batch with log append time. -1: create time. */
  appendTime: bigint;
  /** Records that the cleaner keeps: those whose offset divides by it. */
  keep: number;
}

interface Built {
  order: Order;
  bytes: Buffer;
  /** The batch and its records as Kafka reads them. */
  lines: string[];
}

const random = createRandom(3);
const BATCHES = 150;

function order(rest: Partial<Order>): Order {
  const baseOffset = rest.baseOffset ?? random.pick([0n, 9n, 2n ** 32n + 1n, 2n ** 53n - 7n, 2n ** 62n]);
  return {
    how: 'builder',
    records: numbered(randomRecords(random, random.between(1, 80), 'since 1970'), baseOffset),
    leaderEpoch: random.pick([-1, 0, 12, 2 ** 31 - 1]),
    producerId: -1n,
    producerEpoch: -1,
    firstSequence: -1,
    transactional: false,
    codec: 'none',
    appendTime: -1n,
    keep: 1,
    ...rest,
    baseOffset,
  };
}

const many = (count: number, make: (index: number) => Partial<Order>): Order[] =>
  Array.from({ length: count }, (_, index) => order(make(index)));

/** The records one after another, or with what `skip` leaves out before each. */
function numbered(records: readonly NewRecord[], baseOffset: bigint, skip: () => bigint = () => 0n): LogRecord[] {
  let next = baseOffset;
  return records.map((record) => {
    const offset = next + skip();
    next = offset + 1n;
    return { ...record, offset };
  });
}

const idempotent = (): Partial<Order> => ({
  producerId: random.pick([0n, 4001n, 2n ** 40n]),
  producerEpoch: random.pick([0, 1, 32_767]),
  firstSequence: random.pick([0, 90, 2 ** 31 - 1]),
});

async function build(orders: readonly Order[]): Promise<Built[]> {
  const input = orders.flatMap(({ records, ...rest }) => [batchLine(rest), ...records.map(recordLine)]);
  const built: Built[] = [];
  for (const line of await askKafka('build', [], `${input.join('\n')}\n`)) {
    const order = orders[built.length];
    if (!line.startsWith('bytes\t')) built.at(-1)!.lines.push(line);
    else if (order) built.push({ order, bytes: Buffer.from(line.slice('bytes\t'.length), 'base64'), lines: [] });
  }
  expect(built.length).toBe(orders.length);
  return built;
}

/** Every one is sound in our eyes, and reads as it does in Kafka's. */
async function buildAndRead(orders: readonly Order[]): Promise<Built[]> {
  const built = await build(orders);
  for (const { bytes } of built) {
    const verified = verifyBatch(bytes);
    // Ours is taken from the records, and Kafka's header is right.
    expect(verified.maxTimestamp).toBe(bytes.readBigInt64BE(35));
  }
  expectSameLines(
    built.flatMap(({ bytes }) => readByUs(bytes)),
    built.flatMap(({ lines }) => lines),
  );
  return built;
}

it('batches with create time are read, and ours are the same bytes', async () => {
  const plain = many(BATCHES, () => ({}));
  const withProducer = many(BATCHES, () => ({ ...idempotent(), transactional: random.chance(0.5) }));
  const large = order({ records: numbered(randomRecords(random, 2000, 'since 1970'), 0n), baseOffset: 0n });
  for (const { order: asked, bytes } of await buildAndRead([large, ...plain, ...withProducer])) {
    const { records, baseOffset, leaderEpoch, producerId, producerEpoch, firstSequence, transactional } = asked;
    const attributes = transactional ? TRANSACTIONAL : 0;
    const ours = encodeBatch({ records, baseOffset, leaderEpoch, producerId, producerEpoch, firstSequence, attributes });
    expect(ours.equals(bytes), `${ours.toString('hex', 0, 200)} is ${bytes.toString('hex', 0, 200)}`).toBe(true);
  }
});

it('batches with log append time: every record has the broker’s time', async () => {
  const appendTime = 1_790_000_000_123n;
  const built = await buildAndRead([
    ...many(BATCHES, () => ({ how: 'builder', appendTime })),
    ...many(BATCHES, () => ({ how: 'restamped', appendTime, ...idempotent() })),
  ]);
  for (const { bytes } of built) expect(decodeBatch(bytes).every(({ timestamp }) => timestamp === appendTime)).toBe(true);
});

it('offsets with gaps', async () => {
  const gaps = many(BATCHES, () => {
    const baseOffset = 2n ** 33n;
    const skip = (): bigint => BigInt(random.pick([0, 0, 1, 70, 20_000]));
    return { baseOffset, records: numbered(randomRecords(random, random.between(1, 50), 'since 1970'), baseOffset, skip) };
  });
  // As far from the base offset as the format goes.
  const [first, last] = numbered(randomRecords(random, 2, 'since 1970'), 5n);
  const widest = order({ baseOffset: 5n, records: [first!, { ...last!, offset: 5n + 2n ** 31n - 1n }] });
  await buildAndRead([...gaps, widest]);
});

it('batches that the log cleaner has compacted', async () => {
  const orders = many(BATCHES, () => {
    const baseOffset = 2n ** 33n + 1n;
    return {
      how: 'cleaned',
      keep: random.pick([2, 3, 7]),
      baseOffset,
      records: numbered(randomRecords(random, 60, 'since 1970'), baseOffset),
      ...idempotent(),
    };
  });
  const built = await buildAndRead(orders);
  for (const { bytes, order: asked } of built) {
    const kept = asked.records.filter(({ offset }) => offset % BigInt(asked.keep) === 0n);
    expectSameLines(decodeBatch(bytes).map(recordLine), kept.map(recordLine));
    const header = verifyBatch(bytes);
    // The batch keeps the range of offsets that it had.
    expect(header.baseOffset + BigInt(header.lastOffsetDelta)).toBe(asked.records.at(-1)!.offset);
  }
  const DELETE_HORIZON = 0x40;
  expect(built.some(({ bytes }) => (verifyBatch(bytes).attributes & DELETE_HORIZON) !== 0)).toBe(true);
});

it('a batch whose records are all gone reads as empty, and may not enter the log', async () => {
  const [empty] = await build([order({ how: 'cleaned', keep: 0, ...idempotent() })]);
  expect(empty!.lines[0]).toContain('valid=true');
  expectSameLines(readByUs(empty!.bytes), empty!.lines);
  // A Kafka broker refuses such a batch from a producer too.
  expect(() => verifyBatch(empty!.bytes)).toThrow('holds 0 records');
});

it('control batches: the markers that end a transaction', async () => {
  const ends = (['commit', 'abort'] as const).map((how) =>
    order({ how, records: [], producerId: 4001n, producerEpoch: 7, appendTime: 1_790_000_000_000n }),
  );
  const built = await buildAndRead(ends);
  for (const { lines } of built) expect(lines[0]).toContain('control=true');
});

it.each(['gzip', 'snappy', 'lz4', 'zstd'])('batches compressed with %s', async (codec) => {
  const large = order({ codec, records: numbered(randomRecords(random, 5000, 'since 1970'), 0n), baseOffset: 0n });
  await buildAndRead([
    large,
    ...many(BATCHES, () => ({ codec, ...idempotent() })),
    ...many(BATCHES, () => ({ codec, how: 'cleaned', keep: 3, baseOffset: 0n })),
  ]);
});

it('a flipped bit is seen on both sides', async () => {
  const CRC_AT = 17;
  const damaged = (await build(many(BATCHES, () => ({})))).map(({ bytes }) => {
    const at = random.between(CRC_AT, bytes.length - 1);
    bytes[at] = bytes[at]! ^ (1 << random.between(0, 7));
    return bytes;
  });
  for (const bytes of damaged) expect(() => verifyBatch(bytes)).toThrow('fails its checksum');
  const theirs = await askKafka('read', [], Buffer.concat(damaged));
  expect(theirs.filter((line) => line.startsWith('batch\tvalid=false')).length).toBe(BATCHES);
});
