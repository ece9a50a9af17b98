/** Searches by timestamp and trims, against lists in memory; and the summaries behind them. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeStored } from '../../../../main/log/index.ts';
import type { WholeStore } from '../../../wholeStore.ts';
import { appended, batchAt, batchOf, oneShard, open, temporaryFolder } from './folder.ts';

const YEAR_718 = -39_508_300_800_000n;
const YEAR_9999 = 253_370_764_800_000n;

interface Known {
  offset: bigint;
  timestamp: bigint;
}

/** As Kafka says it: the first by offset that is not earlier. */
const firstSince = (records: readonly Known[], timestamp: bigint): Known | null =>
  records.find((each) => each.timestamp >= timestamp) ?? null;

function greatest(records: readonly Known[]): Known | null {
  return records.reduce<Known | null>((most, each) => (most === null || each.timestamp > most.timestamp ? each : most), null);
}

function expectSame(store: WholeStore, shardId: number, all: readonly Known[], times: readonly bigint[]): void {
  const { startOffset } = store.shards().find(({ id }) => id === shardId)!;
  const held = all.filter(({ offset }) => offset >= startOffset);
  for (const time of times) expect(store.offsetForTime(shardId, time), `since ${time}`).toEqual(firstSince(held, time));
  expect(store.maxTimestamp(shardId)).toEqual(greatest(held));
  for (const { offset } of held.filter((_, at) => at % 5 === 0)) {
    const { baseOffset } = store.locate(shardId, { offset })!;
    const before = greatest(held.filter((each) => each.offset < baseOffset))?.timestamp ?? null;
    expect(store.maxTimestampBefore(shardId, baseOffset), `before ${baseOffset}`).toBe(before);
  }
}

function levelsIn(path: string): number[] {
  const db = new Database(path, { readonly: true });
  const levels = db.prepare<[], number>('SELECT DISTINCT level FROM summary ORDER BY level').pluck().all();
  db.close();
  return levels;
}

describe('summaries', () => {
  it('count every batch once, also the first after a start', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    for (let batch = 0; batch < 70; batch++) {
      if (batch % 20 === 10) {
        store.close();
        store = open(path);
      }
      appended(store, batchAt(id, 1n, 2n));
    }
    store.close();
    const db = new Database(path, { readonly: true });
    const rows = db
      .prepare<[], [number, number, number]>('SELECT first_offset, last_offset, records FROM summary ORDER BY first_offset')
      .raw();
    expect(rows.all()).toEqual([
      [0, 63, 64],
      [64, 127, 64],
    ]);
    db.close();
  });

  it('of an older file, which count some twice, tell the right number all the same', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    for (let batch = 0; batch < 70; batch++) appended(store, batchAt(id, 1n, 2n));
    store.close();
    const db = new Database(path);
    db.exec('UPDATE summary SET records = records + 2');
    db.close();
    store = open(path);
    expect(store.timeParts(id).map(({ records }) => records)).toEqual([64, 64, ...new Array<number>(6).fill(2)]);
    store.close();
  });
});

describe('by time', () => {
  it('finds the first record since any time, also after trims and reopening', () => {
    const timestamp = fc.oneof(
      { weight: 30, arbitrary: fc.bigInt({ min: 1_000n, max: 1_200n }) },
      fc.constantFrom(YEAR_718, YEAR_9999, -1n, 0n),
    );
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.array(timestamp, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 60 }) },
      { weight: 1, arbitrary: fc.record({ keep: fc.nat({ max: 100 }) }) },
      { weight: 1, arbitrary: fc.constant('reopen' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const path = join(temporaryFolder(), 'broker.db');
        let store = open(path);
        const id = oneShard(store);
        const all: Known[] = [];
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
            appended(store, ...action.map((timestamps) => batchAt(id, ...timestamps)));
            for (const each of action.flat()) all.push({ offset: BigInt(all.length), timestamp: each });
          }
        }
        expectSame(store, id, all, [YEAR_718 - 1n, YEAR_718, -1n, 0n, 1_000n, 1_050n, 1_199n, 1_200n, 1_201n, YEAR_9999, YEAR_9999 + 1n]);
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  it('goes down several levels of summaries, and past a trimmed batch of the year 9999', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    const all: Known[] = [];
    const BATCHES = 40 * 32;
    for (let group = 0; group < BATCHES; group += 64) {
      const timestamps = Array.from({ length: 64 }, (_, index) => [
        BigInt((group + index) * 10),
        BigInt((group + index) * 10 + (index % 3) * 40),
      ]);
      if (group === 0) timestamps[1] = [YEAR_9999];
      appended(store, ...timestamps.map((each) => batchAt(id, ...each)));
      for (const each of timestamps.flat()) all.push({ offset: BigInt(all.length), timestamp: each });
    }
    expect(levelsIn(path)).toEqual([1, 2]);
    const times = Array.from({ length: 300 }, (_, index) => BigInt(index * 43));
    expectSame(store, id, all, [...times, YEAR_9999]);
    store.setRetention([id], { ms: null, bytes: store.shards()[0]!.bytes - 5_000 });
    while (store.reclaim(0));
    expect(store.shards()[0]!.startOffset).toBeGreaterThan(2n);
    expectSame(store, id, all, [...times, YEAR_9999]);
    store.close();
    store = open(path);
    for (let index = 0; index < 70; index++) {
      appended(store, batchAt(id, BigInt(index)));
      all.push({ offset: BigInt(all.length), timestamp: BigInt(index) });
    }
    expectSame(store, id, all, [...times, YEAR_9999]);
    store.close();
  });

  it('passes over a damaged batch', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    appended(store, batchAt(id, 10n), batchAt(id, 20n), batchAt(id, 30n));
    store.close();
    const db = new Database(path);
    const bytes = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 1').pluck().get()!;
    bytes[40] = bytes[40]! ^ 1;
    db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 1').run(bytes);
    db.close();
    store = open(path);
    expect(store.offsetForTime(id, 15n)).toEqual({ offset: 2n, timestamp: 30n });
    store.close();
  });
});

describe('retention', () => {
  it('by size keeps the newest batches that reach it', () => {
    const path = join(temporaryFolder(), 'broker.db');
    const store = open(path);
    const id = oneShard(store);
    for (let round = 0; round < 100; round++) appended(store, batchOf(id, 10, 'v', 1000));
    const { bytes } = store.shards()[0]!;
    store.setRetention([id], { ms: null, bytes: bytes / 4 });
    while (store.reclaim(0));
    const [shard] = store.shards();
    expect(shard!.bytes).toBeGreaterThanOrEqual(bytes / 4);
    expect(shard!.bytes - bytes / 100).toBeLessThan(bytes / 4);
    expect(shard).toMatchObject({ startOffset: 750n, nextOffset: 1000n, recordsTotal: 1000n, recordsTrimmed: 750n });
    expect(() => store.read(id, 749n, { upTo: 'highWatermark', bytesMax: 1 })).toThrow(
      expect.objectContaining({ code: 'offset-out-of-range' }),
    );
    const { batches } = store.read(id, 750n, { upTo: 'highWatermark', bytesMax: 1e9 });
    expect(batches.flatMap(decodeStored)).toHaveLength(250);
    const db = new Database(path, { readonly: true });
    expect(db.pragma('freelist_count', { simple: true })).toBe(0);
    db.close();
    store.close();
  });

  it('by age goes by the append, not by the timestamps of the records', () => {
    let now = 1_700_000_000_000;
    const store = open(join(temporaryFolder(), 'broker.db'), { now: () => now });
    const id = oneShard(store);
    appended(store, batchAt(id, YEAR_9999));
    now += 60_000;
    appended(store, batchAt(id, YEAR_718));
    store.setRetention([id], { ms: 30_000, bytes: null });
    while (store.reclaim(0));
    expect(store.shards()[0]).toMatchObject({ startOffset: 1n, recordsTrimmed: 1n });
    now += 60_000;
    expect(store.reclaim(0)).toBe(false);
    expect(store.shards()[0]).toMatchObject({ startOffset: 2n, nextOffset: 2n, recordsTrimmed: 2n, bytes: 0 });
    expect(appended(store, batchAt(id, 5n))[0]).toMatchObject({ baseOffset: 2n, recordsBefore: 2n });
    store.close();
  });

  it('is remembered by the file', () => {
    const path = join(temporaryFolder(), 'broker.db');
    let store = open(path);
    const id = oneShard(store);
    store.setRetention([id], { ms: 1_000, bytes: 2_000 });
    store.close();
    store = open(path);
    expect(store.shards()[0]!.retention).toEqual({ ms: 1_000, bytes: 2_000 });
    store.close();
  });
});

describe('a file of format 1', () => {
  it('is opened with all that it holds, and searched by time', () => {
    const path = join(temporaryFolder(), 'broker.db');
    copyFileSync(join(import.meta.dirname, 'files/format1.sqlite'), path);
    const store = open(path);
    expect(levelsIn(path)).toEqual([1]);
    for (const { id, recordsTotal } of store.shards()) {
      const records = store.read(id, 0n, { upTo: 'highWatermark', bytesMax: 1e9 }).batches.flatMap(decodeStored);
      expect(records).toHaveLength(Number(recordsTotal));
      expect(records).toHaveLength(150);
      const times = [YEAR_718, 0n, ...records.map(({ timestamp }) => timestamp), YEAR_9999];
      expectSame(
        store,
        id,
        records.map(({ offset, timestamp }) => ({ offset, timestamp })),
        times,
      );
      for (let round = 0; round < 70; round++) appended(store, batchAt(id, 1_600_000_000_000n + BigInt(round)));
      expect(store.shards().find((shard) => shard.id === id)).toMatchObject({ nextOffset: 220n, retention: { ms: null, bytes: null } });
    }
    store.close();
  });
});
