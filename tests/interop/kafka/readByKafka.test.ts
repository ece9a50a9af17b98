/** Our batches, as the reader of a Kafka broker sees them: nothing that was written may come back different. */
import { it } from 'vitest';
import { CODECS, type Codec } from '../../../main/api/streams.ts';
import { attributesOf, encodeBatch, type NewRecord, patchBatch } from '../../../main/log/index.ts';
import { createRandom } from '../seed.ts';
import { askKafka } from './library.ts';
import { batchLine, type BatchFacts, expectSameLines, recordLine, TRANSACTIONAL } from './lines.ts';
import { randomRecords } from './records.ts';

const BATCHES = 250;
const RECORDS_MAX = 2000;
const MEBIBYTE = 1024 * 1024;

interface Written {
  bytes: Buffer;
  /** What Kafka must say of it. */
  lines: string[];
}

const random = createRandom(2);

function write(records: readonly NewRecord[], baseOffset: bigint, leaderEpoch: number, codec: Codec = 'none'): Written {
  const producer = random.chance(0.5)
    ? { producerId: -1n, producerEpoch: -1, firstSequence: -1 }
    : {
        producerId: random.pick([0n, 7n, 2n ** 33n, 2n ** 63n - 1n]),
        producerEpoch: random.pick([0, 3, 32_767]),
        firstSequence: random.pick([0, 17, 2 ** 31 - 1]),
      };
  const transactional = producer.producerId !== -1n && random.chance(0.3);
  const bytes = encodeBatch({ records, ...producer, attributes: attributesOf(codec) | (transactional ? TRANSACTIONAL : 0) });
  patchBatch(bytes, { baseOffset, leaderEpoch });
  // From what was handed in, never from what our own reader makes of it.
  const facts: BatchFacts = {
    valid: true,
    magic: 2,
    sizeBytes: bytes.length,
    baseOffset,
    lastOffset: baseOffset + BigInt(records.length - 1),
    leaderEpoch,
    maxTimestamp: records.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), records[0]!.timestamp),
    ...producer,
    recordCount: records.length,
    logAppendTime: false,
    transactional,
    control: false,
    codec,
  };
  return {
    bytes,
    lines: [batchLine(facts), ...records.map((record, index) => recordLine({ ...record, offset: baseOffset + BigInt(index) }))],
  };
}

async function expectRead(written: readonly Written[]): Promise<void> {
  const bytes = Buffer.concat(written.map((each) => each.bytes));
  expectSameLines([...written.flatMap(({ lines }) => lines), `end\tbytes=${bytes.length}`], await askKafka('read', [], bytes));
}

it('random batches are read with every field as it was written', async () => {
  const offsets = [0n, 1n, 2n ** 31n, 2n ** 32n + 5n, 2n ** 53n - 3n, 2n ** 62n, 2n ** 63n - 1n - BigInt(RECORDS_MAX)];
  const written = Array.from({ length: BATCHES }, (_, index) => {
    const count = index === 0 ? RECORDS_MAX : random.chance(0.05) ? random.between(200, RECORDS_MAX) : random.between(1, 60);
    return write(randomRecords(random, count, 'any'), random.pick(offsets), random.pick([-1, 0, 1, 70_000, 2 ** 31 - 1]));
  });
  await expectRead(written);
});

it.each(CODECS.filter((codec) => codec !== 'none'))('batches that we compressed with %s', async (codec) => {
  const counts = [1, 2, 60, RECORDS_MAX, ...Array.from({ length: 60 }, () => random.between(1, 300))];
  await expectRead(counts.map((count) => write(randomRecords(random, count, 'any'), 2n ** 33n, 3, codec)));
});

it('timestamps of the year 718, of none, and the ends of int64', async () => {
  const batch = (...timestamps: bigint[]): Written =>
    write(
      timestamps.map((timestamp) => ({ key: null, value: null, headers: [], timestamp })),
      2n ** 33n,
      4,
    );
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  await expectRead([
    batch(-39_508_300_800_000n),
    batch(-39_508_300_800_000n, -1n, 1_700_000_000_000n),
    batch(-1n, -1n),
    batch(1_700_000_000_000n, -39_508_300_800_000n),
    // Deltas that int64 does not hold: they wrap around on both sides.
    batch(least, most, 0n, least),
    batch(most, least, -1n, most),
  ]);
});

it('values, keys and headers of 1 MiB', async () => {
  const large = (): Buffer => Buffer.alloc(MEBIBYTE, random.bytes(4096));
  const record = (rest: Partial<NewRecord>): NewRecord => ({ key: null, value: null, headers: [], timestamp: 1_700_000_000_000n, ...rest });
  await expectRead([
    write([record({ value: large() })], 2n ** 40n, 1),
    write([record({ key: large() }), record({ value: large() }), record({ headers: [['h', large()]] })], 0n, 2),
  ]);
});
