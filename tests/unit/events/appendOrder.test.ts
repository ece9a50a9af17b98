/** Append order against a model: whole commits given to a broker, windows and rows asked of it in every way. */
import { crc32c } from '@node-rs/crc32';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type ShardPlace, startCluster } from '../../../main/cluster/cluster.ts';
import { createBatchReader } from '../../../main/events/batches.ts';
import { eventWindow } from '../../../main/events/rows.ts';
import { rowOf } from '../../../main/events/standing.ts';
import { readRange } from '../../../main/events/read.ts';
import { encodeBatch } from '../../../main/log/index.ts';
import { createNodeSpawner } from '../../../main/processes/nodeSpawner.ts';
import { builtFolder, readAll, temporaryFolder } from '../openLab.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

const SHARDS = 4;
const temporary = temporaryFolder();
let cluster: Cluster;
let streams = 0;

beforeAll(async () => {
  cluster = await startCluster({
    controller: () => {
      throw new Error('Nothing listens here.');
    },
    spawner: createNodeSpawner(builtFolder),
    boots: [{ brokerId: 1, file: path.join(temporary.folder, 'broker-1.sqlite'), durability: 'fast' }],
    cameUp: async () => {},
  });
});
afterAll(async () => {
  await cluster.close();
  temporary.remove();
});

interface NewBatch {
  shard: number;
  timestamps: bigint[];
}

/** One event of the model, with everything that its place depends on. */
interface Place {
  shard: number;
  offset: bigint;
  appendTimeUs: bigint;
  runningMax: bigint;
  index: number;
}

const timestamp = fc.oneof(
  fc.bigInt({ min: 0n, max: 5n }),
  fc.constantFrom(-1n, -39_000_000_000_000n, 0n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: 1_500_000_000_000n, max: 1_600_000_000_000n }),
);
const newBatch: fc.Arbitrary<NewBatch> = fc.record({
  shard: fc.nat({ max: SHARDS - 1 }),
  timestamps: fc.oneof(
    { weight: 9, arbitrary: fc.array(timestamp, { minLength: 1, maxLength: 12 }) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 400, max: 900 }).map((count) => Array.from({ length: count }, (_, index) => BigInt(index % 7))),
    },
  ),
});
const commit = fc.array(newBatch, { minLength: 1, maxLength: 6 });
const choice = fc.subarray([...Array(SHARDS).keys()], { minLength: 1 });

/** Appends in one commit; what the broker answered, as places. */
async function append(places: ShardPlace[], batches: NewBatch[]): Promise<Place[]> {
  const toAppend = batches.map(({ shard, timestamps }) => ({
    place: places[shard]!,
    bytes: encodeBatch({
      records: timestamps.map((time, n) => ({ key: null, value: Buffer.from(String(n)), headers: [], timestamp: time })),
    }),
  }));
  const appended = await cluster.append(toAppend);
  return batches.flatMap(({ shard, timestamps }, at) => {
    let runningMax = timestamps[0]!;
    return timestamps.map((time, index): Place => {
      if (time > runningMax) runningMax = time;
      return { shard, offset: appended[at]!.baseOffset + BigInt(index), appendTimeUs: appended[at]!.appendTimeUs, runningMax, index };
    });
  });
}

function compare(a: Place, b: Place): number {
  for (const by of ['appendTimeUs', 'runningMax', 'index', 'shard'] as const) if (a[by] !== b[by]) return a[by] < b[by] ? -1 : 1;
  return 0;
}

const short = ({ shard, offset }: { shard: number; offset: bigint }): string => `${shard}:${offset}`;

async function wholeOrder(places: ShardPlace[]): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    const { rows } = await eventWindow(cluster, createBatchReader(cluster), places, order.length, 500);
    if (rows.length === 0) return order;
    rows.forEach((row, index) => expect(row.row).toBe(order.length + index));
    order.push(...rows.map(short));
  }
}

describe('append order', () => {
  it('is one order, whatever the window, the shards chosen, and what comes after', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(commit, { minLength: 1, maxLength: 8 }),
        fc.array(commit, { maxLength: 3 }),
        choice,
        fc.array(fc.record({ from: fc.nat({ max: 4_000 }), limit: fc.integer({ min: 1, max: 500 }) }), { minLength: 3, maxLength: 6 }),
        async (before, after, numbers, windows) => {
          const places = await cluster.createShards(`stream ${(streams += 1)}`, 'events', upTo(SHARDS));
          const chosen = numbers.map((number) => places[number]!);
          const model: Place[] = [];
          for (const batches of before) model.push(...(await append(places, batches)));
          const first = await wholeOrder(places);
          expect(first).toEqual(model.toSorted(compare).map(short));

          for (const batches of after) model.push(...(await append(places, batches)));
          const all = await wholeOrder(places);
          expect(all.slice(0, first.length)).toEqual(first);

          const expected = model.filter((place) => numbers.includes(place.shard)).toSorted(compare);
          const order = await wholeOrder(chosen);
          expect(order).toEqual(expected.map(short));
          for (const number of numbers) {
            const offsets = order.filter((each) => each.startsWith(`${number}:`)).map((each) => Number(each.split(':')[1]));
            expect(offsets).toEqual(offsets.map((_, index) => index));
          }

          const reader = createBatchReader(cluster);
          for (const { from, limit } of windows) {
            const window = await eventWindow(cluster, reader, chosen, from % (order.length + 3), limit);
            expect(window).toMatchObject({ firstRow: 0, endRow: order.length });
            expect(window.rows.map(short)).toEqual(order.slice(from % (order.length + 3), (from % (order.length + 3)) + limit));
          }
          const last = await eventWindow(cluster, reader, chosen, 'end', windows[0]!.limit);
          expect(last.rows.map(short)).toEqual(order.slice(-windows[0]!.limit));

          const step = Math.max(1, Math.floor(order.length / 60));
          for (let row = 0; row < order.length; row += step) {
            const { shard, offset } = expected[row]!;
            expect(await rowOf(cluster, reader, chosen, places[shard]!, offset)).toBe(row);
          }
          const read = await readAll(
            readRange(
              cluster,
              reader,
              { places: () => chosen, from: { at: 'beginning' }, until: { at: 'now' } },
              new AbortController().signal,
            ),
          );
          expect(read.records.map(short)).toEqual(order);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gives the row of each event back as soon as its append is acknowledged', async () => {
    const places = await cluster.createShards('told late', 'events', upTo(3));
    const reader = createBatchReader(cluster);
    for (let round = 0; round < 30; round++) {
      await append(places, [{ shard: round % 3, timestamps: [1n, 2n] }]);
      // The engine hears of changes every 40 ms only: this must not wait for that.
      expect(await rowOf(cluster, reader, places, places[round % 3]!, BigInt(Math.floor(round / 3) * 2))).toBe(round * 2);
    }
  });

  it('counts rows, not offsets, where offsets have gaps', async () => {
    const places = await cluster.createShards('with gaps', 'events', upTo(2));
    const withGap = (shard: number, count: number, span: number): { place: ShardPlace; bytes: Buffer } => {
      const bytes = encodeBatch({ records: Array.from({ length: count }, () => ({ key: null, value: null, headers: [], timestamp: 1n })) });
      bytes.writeInt32BE(span - 1, 23);
      return { place: places[shard]!, bytes: withChecksum(bytes) };
    };
    await cluster.append([withGap(0, 2, 100), withGap(1, 3, 3)]);
    await cluster.append([withGap(0, 1, 1)]);
    const reader = createBatchReader(cluster);
    const { rows, endRow } = await eventWindow(cluster, reader, places, 0, 10);
    expect(endRow).toBe(6);
    expect(rows.map(short)).toEqual(['0:0', '1:0', '0:1', '1:1', '1:2', '0:100']);
    expect(await rowOf(cluster, reader, places, places[0]!, 1n)).toBe(2);
    // In the gap: the next event.
    expect(await rowOf(cluster, reader, places, places[0]!, 50n)).toBe(5);
    expect(await rowOf(cluster, reader, places, places[0]!, 101n)).toBe(6);
  });

  it('of many batches in one commit and one shard goes on batch by batch', async () => {
    const places = await cluster.createShards('many batches', 'events', upTo(1));
    await append(
      places,
      Array.from({ length: 50 }, (_, index) => ({ shard: 0, timestamps: [BigInt(100 - index), 7n] })),
    );
    expect(await wholeOrder(places)).toEqual(Array.from({ length: 100 }, (_, index) => `0:${index}`));
  });
});

function withChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}
