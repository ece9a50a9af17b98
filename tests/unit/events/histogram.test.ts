/** Histograms by time: which range they show, over the shards of several brokers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Histogram, HistogramRange } from '../../../main/api/histogram.ts';
import { bucketsOf, fewestBuckets } from '../../../main/events/histogram.ts';
import { openLab, record, temporaryFolder, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
const YEAR_718 = -39_508_300_800_000n;
const YEAR_9999 = 253_370_764_800_000n;
const NINE = 1_539_594_000_000n;
const MINUTE = 60_000n;

beforeAll(async () => {
  lab = await openLab(temporary.folder, { brokers: 2 });
  await lab.client.streams.create({ name: 'orders', shards: 3 });
  await lab.client.streams.create({ name: 'empty', shards: 2 });
  await lab.client.streams.create({ name: 'timeless', shards: 1 });
  await lab.client.streams.create({ name: 'single', shards: 1 });
  const records = Array.from({ length: 120 }, (_, index) => record('v', { shard: index % 3, timestamp: NINE + BigInt(index) * MINUTE }));
  await lab.client.produce.append({ stream: 'orders', records });
  await lab.client.produce.append({
    stream: 'orders',
    records: [YEAR_718, YEAR_9999, -1n].map((timestamp, shard) => record('odd', { shard, timestamp })),
  });
  await lab.client.produce.append({ stream: 'timeless', records: [record('v', { timestamp: -1n })] });
  await lab.client.produce.append({ stream: 'single', records: [record('v', { timestamp: NINE })] });
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const ask = (range: HistogramRange, rest: { stream?: string; shards?: number[]; buckets?: number } = {}): Promise<Histogram> =>
  lab.client.events.histogram({ stream: 'orders', buckets: 60, ...rest, range });
const totals = ({ shards }: Histogram): number[] => shards.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0));

it('usually leaves out the few events that would squash the rest, and says how many', async () => {
  const usual = await ask({ by: 'usual' });
  expect(usual).toMatchObject({ bucketMs: 2n * MINUTE, before: 1, after: 1, timeless: 1, spread: 0 });
  expect([usual.from, usual.to]).toEqual([NINE, NINE + 120n * MINUTE]);
  expect(usual.shards.map(({ shard }) => shard)).toEqual([0, 1, 2]);
  expect(totals(usual)).toEqual([40, 40, 40]);
  expect(usual.shards[0]!.counts.slice(0, 6)).toEqual([1, 1, 0, 1, 1, 0]);
});

it('shows all of them where asked', async () => {
  const all = await ask({ by: 'all' });
  expect(all).toMatchObject({ before: 0, after: 0, timeless: 1 });
  expect(all.from <= YEAR_718 && all.to > YEAR_9999).toBe(true);
  expect(totals(all)).toEqual([41, 41, 40]);
});

it('shows a range, moved out to whole buckets, of the shards that are chosen', async () => {
  const range = await ask({ by: 'range', from: NINE + 30_000n, to: NINE + 10n * MINUTE }, { shards: [2, 0] });
  expect(range).toMatchObject({ from: NINE + 30_000n, to: NINE + 10n * MINUTE, bucketMs: 10_000n });
  expect(range.shards.map(({ shard }) => shard)).toEqual([2, 0]);
  expect(totals(range)).toEqual([3, 3]);
  expect(range.before).toBe(2);
  // Of shard 0 the minutes 12 to 117, of shard 2 those from 11 to 119; the event of the year 9999 is in shard 1.
  expect(range.after).toBe(36 + 37);
});

it('of nothing, or of events without a time, is empty', async () => {
  expect(await ask({ by: 'usual' }, { stream: 'empty' })).toMatchObject({
    from: 0n,
    to: 0n,
    timeless: 0,
    shards: [{ counts: [] }, { counts: [] }],
  });
  expect(await ask({ by: 'all' }, { stream: 'timeless' })).toMatchObject({ from: 0n, to: 0n, timeless: 1, shards: [{ counts: [] }] });
});

it('of one event is a minute wide', async () => {
  const single = await ask({ by: 'usual' }, { stream: 'single' });
  expect(single).toMatchObject({ from: NINE - 30_000n, to: NINE + 30_000n, bucketMs: 1_000n });
  expect(single.shards[0]!.counts.indexOf(1)).toBe(30);
});

it('grows with the stream, its buckets in place', async () => {
  await lab.client.produce.append({ stream: 'single', records: [record('v', { timestamp: NINE + 100n * MINUTE })] });
  const grown = await ask({ by: 'usual' }, { stream: 'single' });
  expect(totals(grown)).toEqual([2]);
  expect(grown.from % grown.bucketMs).toBe(0n);
});

it('refuses a stream that is not there, and more buckets than the limit', async () => {
  await expect(ask({ by: 'usual' }, { stream: 'gone' })).rejects.toMatchObject({ code: 'no-such-stream' });
  await expect(ask({ by: 'usual' }, { buckets: 241 })).rejects.toMatchObject({ code: 'bad-input' });
});

describe('buckets', () => {
  it('begin at multiples of a readable width, also before 1970 and over all of 64 bits', () => {
    expect(bucketsOf({ from: -1n, to: 1n }, 2)).toEqual({ from: -1n, bucketMs: 1n, buckets: 2 });
    expect(bucketsOf({ from: -61_000n, to: 61_000n }, 10)).toEqual({ from: -75_000n, bucketMs: 15_000n, buckets: 10 });
    const widest = bucketsOf({ from: -(2n ** 63n), to: 2n ** 63n - 1n }, 2);
    expect(widest.buckets).toBe(2);
  });
  it('that hold enough are the fewest', () => {
    expect(fewestBuckets([1, 0, 0, 50, 49, 0, 1], 101, 0)).toEqual([0, 6]);
    expect(fewestBuckets([1, 0, 0, 50, 49, 0, 1], 101, 1)).toEqual([3, 6]);
    expect(fewestBuckets([1, 0, 0, 50, 49, 0, 1], 101, 2)).toEqual([3, 4]);
    expect(fewestBuckets([0, 0, 7], 7, 0)).toEqual([2, 2]);
  });
});
