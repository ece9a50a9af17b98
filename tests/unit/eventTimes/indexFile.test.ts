/** The file of an order by event time, against a sorted list in memory; on real SQLite files. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, type Entry, TIMELESS } from '../../../main/eventTimes/entries.ts';
import { IndexFile, isRebuildable } from '../../../main/eventTimes/indexFile.ts';
import { temporaryFolder } from '../log/store/folder.ts';

const YEAR_718 = -39_508_300_800_000;
const identity = { streamId: 'a', field: 'at' };

/** Many small slices, or few large ones that cut chunks. */
const slice = fc.record({
  kind: fc.constant('add' as const),
  shard: fc.nat({ max: 3 }),
  times: fc.oneof(
    fc.array(fc.oneof(fc.nat({ max: 50 }), fc.constantFrom(YEAR_718, TIMELESS, 8.64e15, -8.64e15)), { maxLength: 20 }),
    fc.record({
      count: fc.integer({ min: 1_000, max: 5_000 }),
      spread: fc.integer({ min: 1, max: 100_000 }),
      from: fc.nat({ max: 100_000 }),
    }),
  ),
});
const step = fc.oneof(
  { weight: 6, arbitrary: slice },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('trim' as const),
      shard: fc.nat({ max: 3 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

/** The same numbers each time, in no order. */
const scattered = (at: number, spread: number): number => (at * 7_919) % spread;

function expectSame(index: IndexFile, all: readonly Entry[]): void {
  for (const shards of [[0, 1, 2, 3], [2], [3, 0]]) {
    const chosen = all.filter(({ shard }) => shards.includes(shard));
    const timeless = chosen.filter(({ time }) => time === TIMELESS).length;
    expect(index.counts(shards)).toEqual({ all: chosen.length, timeless });
    for (const from of [
      0,
      1,
      Math.floor(chosen.length / 3),
      Math.floor(chosen.length / 2),
      chosen.length - 2,
      chosen.length,
      chosen.length + 5,
    ]) {
      if (from >= 0) expect(index.entries(from, 30, shards), `${shards.join()} from ${from}`).toEqual(chosen.slice(from, from + 30));
    }
    for (const place of [chosen[0], chosen[Math.floor(chosen.length / 2)], chosen.at(-1), { time: 25, shard: -1, offset: -1 }]) {
      if (place) expect(index.rankOf(place, shards)).toBe(chosen.filter((each) => compare(each, place) < 0).length);
    }
  }
}

describe('an order by event time', () => {
  it('is that of a sorted list, whatever is added, trimmed and opened again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
        const path = join(temporaryFolder(), 'index.sqlite');
        let index = IndexFile.open(path, identity);
        let all: Entry[] = [];
        const next = [0, 0, 0, 0];
        const starts = [0, 0, 0, 0];
        for (const action of steps) {
          if (action.kind === 'reopen') {
            index.close();
            index = IndexFile.open(path, identity);
          } else if (action.kind === 'trim') {
            starts[action.shard] = Math.max(starts[action.shard]!, Math.floor(next[action.shard]! * action.share));
            for (const chunk of index.trimmable(starts)) index.trim(chunk, starts);
            all = all.filter(({ shard, offset }) => offset >= starts[shard]!);
            expect(index.trimmable(starts)).toEqual([]);
          } else {
            const { times, shard } = action;
            const list = Array.isArray(times)
              ? times
              : Array.from({ length: times.count }, (_, at) => times.from + scattered(at, times.spread));
            const entries = list.map((time, at) => ({ time, shard, offset: next[shard]! + at }));
            next[shard]! += list.length;
            index.add(shard, entries, next[shard]!);
            all = [...all, ...entries].sort(compare);
          }
        }
        expectSame(index, all);
        expect([0, 1, 2, 3].map((shard) => index.nextOffset(shard))).toEqual(next);
        index.close();
      }),
      { numRuns: 60 },
    );
  });

  it('goes over many chunks and levels, rising and scattered', () => {
    const path = join(temporaryFolder(), 'index.sqlite');
    let index = IndexFile.open(path, identity);
    const all: Entry[] = [];
    for (let from = 0; from < 150_000; from += 3_000) {
      const entries = Array.from({ length: 3_000 }, (_, at) => {
        const offset = from + at;
        return { time: offset % 5 === 0 ? scattered(offset, 1_000_000) : offset, shard: 0, offset };
      });
      index.add(0, entries, from + 3_000);
      all.push(...entries);
    }
    all.sort(compare);
    index.close();
    const db = new Database(path, { readonly: true });
    // More than the children of one node, so that the tree has levels.
    expect(db.prepare('SELECT count(*) FROM chunk').pluck().get()).toBeGreaterThan(80);
    db.close();
    index = IndexFile.open(path, identity);
    for (let from = 0; from < all.length; from += 1_777) expect(index.entries(from, 3, [0])).toEqual(all.slice(from, from + 3));
    for (let at = 0; at < all.length; at += 1_999) expect(index.rankOf(all[at]!, [0])).toBe(at);
    const starts = [149_000];
    for (const chunk of index.trimmable(starts)) index.trim(chunk, starts);
    expectSame(
      index,
      all.filter(({ offset }) => offset >= 149_000),
    );
    index.close();
  });

  it('takes a slice again that was in it, as after a crash, only once', () => {
    const index = IndexFile.open(join(temporaryFolder(), 'index.sqlite'), identity);
    const entries = [5, 3, TIMELESS].map((time, offset) => ({ time, shard: 1, offset }));
    index.add(1, entries, 3);
    index.add(1, entries.slice(1), 3);
    expect(index.counts([1])).toEqual({ all: 3, timeless: 1 });
    index.close();
  });
});

describe('a file', () => {
  it('of another stream, or another field, is dropped', () => {
    const path = join(temporaryFolder(), 'index.sqlite');
    for (const other of [identity, { ...identity, field: 'when' }, { streamId: 'b', field: 'when' }]) {
      const index = IndexFile.open(path, other);
      expect(index.counts([0]).all).toBe(0);
      index.add(0, [{ time: 1, shard: 0, offset: 0 }], 1);
      index.close();
    }
    const same = IndexFile.open(path, { streamId: 'b', field: 'when' });
    expect(same.counts([0]).all).toBe(1);
    expect(same.nextOffset(0)).toBe(1);
    same.close();
  });

  it('that is none, or is damaged, is dropped when it is opened', () => {
    const path = join(temporaryFolder(), 'index.sqlite');
    writeFileSync(path, 'no SQLite file, but long enough to be taken for one '.repeat(200));
    const made = IndexFile.open(path, identity);
    made.add(0, [{ time: 1, shard: 0, offset: 0 }], 1);
    made.close();
    const db = new Database(path);
    db.exec(`UPDATE chunk SET outline = '{"first":'`);
    db.close();
    const again = IndexFile.open(path, identity);
    expect(again.counts([0]).all).toBe(0);
    again.close();
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path).subarray(0, 15).toString()).toBe('SQLite format 3');
  });

  it('that was not closed is whole after a crash of the lab, and dropped after one of the machine', () => {
    const folder = temporaryFolder();
    const BOOT = 1_700_000_000_000;
    const lab = IndexFile.open(join(folder, 'index.sqlite'), identity, BOOT);
    lab.add(0, [{ time: 1, shard: 0, offset: 0 }], 1);
    // As a crash leaves it: copies of the files of one that is open.
    for (const name of ['crash.sqlite', 'power.sqlite'])
      for (const suffix of ['', '-wal']) copyFileSync(join(folder, `index.sqlite${suffix}`), join(folder, name + suffix));
    lab.close();
    const crashed = IndexFile.open(join(folder, 'crash.sqlite'), identity, BOOT + 500);
    expect(crashed.counts([0]).all).toBe(1);
    crashed.close();
    const afterPower = IndexFile.open(join(folder, 'power.sqlite'), identity, BOOT + 3_600_000);
    expect(afterPower.counts([0]).all).toBe(0);
    afterPower.close();
    const closed = IndexFile.open(join(folder, 'index.sqlite'), identity, BOOT + 3_600_000);
    expect(closed.counts([0]).all).toBe(1);
    closed.close();
  });

  it('whose entries are damaged says so when they are read', () => {
    const path = join(temporaryFolder(), 'index.sqlite');
    const made = IndexFile.open(path, identity);
    made.add(0, [{ time: 1, shard: 0, offset: 0 }], 1);
    made.close();
    const db = new Database(path);
    db.exec(`UPDATE chunk SET entries = x'00'`);
    db.close();
    const index = IndexFile.open(path, identity);
    let thrown: unknown;
    try {
      index.entries(0, 1, [0]);
    } catch (error) {
      thrown = error;
    }
    expect(isRebuildable(thrown)).toBe(true);
    index.close();
  });
});
