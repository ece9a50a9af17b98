/** Counts by time from summaries and batches, against lists in memory. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Buckets, TIME_COUNTS_LIMITS, type TimeCounts, timeCounts, timeExtent } from '../../../main/cluster/timeCounts.ts';
import { appended, batchAt, oneShard, open, temporaryFolder } from '../log/store/folder.ts';

const YEAR_718 = -39_508_300_800_000n;
const YEAR_9999 = 253_370_764_800_000n;
const NONE = -1n;

function counted(times: readonly bigint[], { from, bucketMs, buckets }: Buckets): TimeCounts {
  const counts: TimeCounts = { counts: new Array<number>(buckets).fill(0), before: 0, after: 0, timeless: 0, spread: 0 };
  for (const time of times) {
    if (time === NONE) counts.timeless++;
    else if (time < from) counts.before++;
    else if (time >= from + bucketMs * BigInt(buckets)) counts.after++;
    else counts.counts[Number((time - from) / bucketMs)]!++;
  }
  return counts;
}

const totalOf = ({ counts, before, after, timeless }: TimeCounts): number =>
  counts.reduce((sum, count) => sum + count, before + after + timeless);

describe('counts by time', () => {
  it('are exact within the limits, also after trims and reopening', async () => {
    const timestamp = fc.oneof(
      { weight: 30, arbitrary: fc.bigInt({ min: 1_000n, max: 1_400n }) },
      fc.constantFrom(YEAR_718, YEAR_9999, NONE, 0n),
    );
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.array(timestamp, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 60 }) },
      { weight: 1, arbitrary: fc.record({ keep: fc.nat({ max: 100 }) }) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    );
    const buckets = fc.record({
      from: fc.oneof(fc.bigInt({ min: -50n, max: 1_500n }), fc.constant(YEAR_718)),
      bucketMs: fc.oneof(fc.bigInt({ min: 1n, max: 200n }), fc.constant(10n ** 13n)),
      buckets: fc.integer({ min: 1, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 10 }), fc.array(buckets, { minLength: 1, maxLength: 4 }), async (steps, asked) => {
        const path = join(temporaryFolder(), 'broker.db');
        let store = open(path);
        const id = oneShard(store);
        const times: bigint[] = [];
        for (const action of steps) {
          if (action === 'reopen') {
            store.close();
            store = open(path);
          } else if ('keep' in action) {
            const { bytes } = store.shards()[0]!;
            store.setRetention([id], { ms: null, bytes: Math.floor((bytes * action.keep) / 100) });
            while (store.reclaim(0));
            store.setRetention([id], { ms: null, bytes: null });
          } else {
            appended(store, ...action.map((each) => batchAt(id, ...each)));
            times.push(...action.flat());
          }
        }
        const held = times.slice(Number(store.shards()[0]!.startOffset));
        for (const each of asked) expect(await timeCounts(store, [id], each)).toEqual([counted(held, each)]);
        expect(timeExtent(store, id)?.records ?? 0).toBe(held.length);
        store.close();
      }),
      { numRuns: 80 },
    );
  });

  it('of what the limits leave open are spread between its two times, and said; none is lost', async () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const times = Array.from({ length: 40 * 32 }, (_, index) => [BigInt(index * 10), BigInt(index * 10 + 5), BigInt(index * 10 + 9)]);
    appended(store, ...times.map((each) => batchAt(id, ...each)));
    const buckets: Buckets = { from: 100n, bucketMs: 77n, buckets: 100 };
    const exact = counted(times.flat(), buckets);
    expect(await timeCounts(store, [id], buckets)).toEqual([exact]);

    const [noBatches] = await timeCounts(store, [id], buckets, { ...TIME_COUNTS_LIMITS, records: 0 });
    expect(totalOf(noBatches!)).toBeCloseTo(times.length * 3, 6);
    // Only batches that lie over a bound between two buckets are open: at most one for each bound.
    expect(noBatches!.spread).toBeGreaterThan(0);
    expect(noBatches!.spread).toBeLessThanOrEqual(3 * 101);
    for (const [at, count] of noBatches!.counts.entries()) expect(Math.abs(count - exact.counts[at]!), `bucket ${at}`).toBeLessThan(3);

    const [noParts] = await timeCounts(store, [id], buckets, { ...TIME_COUNTS_LIMITS, parts: 0 });
    expect(totalOf(noParts!)).toBeCloseTo(times.length * 3, 6);
    expect(noParts!.spread).toBeGreaterThan(noBatches!.spread);
    expect(noParts!.counts.every((count) => count > 20 && count < 26)).toBe(true);
    store.close();
  });

  it('look first where most could be wrong: one event of the year 718 is found though little may be read', async () => {
    const store = open(join(temporaryFolder(), 'broker.db'));
    const id = oneShard(store);
    const batches = Array.from({ length: 2_000 }, (_, index) =>
      index === 1_234 ? [BigInt(index), YEAR_718] : [BigInt(index), BigInt(index)],
    );
    appended(store, ...batches.map((each) => batchAt(id, ...each)));
    const buckets: Buckets = { from: YEAR_718, bucketMs: 10n ** 12n, buckets: 40 };
    const [found] = await timeCounts(store, [id], buckets, { parts: 100, records: 2, bytes: 1_000 });
    expect(found).toEqual(counted(batches.flat(), buckets));
    store.close();
  });

  it('of a damaged batch are spread', async () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    appended(store, batchAt(id, 10n, 20n), batchAt(id, 30n, 49n), batchAt(id, 50n));
    store.close();
    const db = new Database(path);
    const bytes = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 2').pluck().get()!;
    bytes[40] = bytes[40]! ^ 1;
    db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 2').run(bytes);
    db.close();
    store = open(path);
    const [found] = await timeCounts(store, [id], { from: 0n, bucketMs: 20n, buckets: 3 });
    expect(found).toEqual({ counts: [1, 2, 2], before: 0, after: 0, timeless: 0, spread: 2 });
    store.close();
  });
});
