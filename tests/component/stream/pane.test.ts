/** The parts of a pane: which shards it reads, which rows it lays out, which row it is led to. */
import { describe, expect, test } from 'vitest';
import { RowFinder } from '../../../renderer/src/features/stream/rowFinder.ts';
import { layOut, NO_ROWS, ROW_HEIGHT, rowFrom } from '../../../renderer/src/features/stream/rowsView.ts';
import { RowScroller } from '../../../renderer/src/features/stream/rowScroller.ts';
import { ShardsRead } from '../../../renderer/src/features/stream/shardsRead.svelte.ts';

describe('shards', () => {
  test('all are read until some are chosen', () => {
    const shards = new ShardsRead();
    expect(shards.asked).toEqual({});
    expect(shards.includes(7)).toBe(true);
    shards.choose([2, 0]);
    expect(shards.asked).toEqual({ shards: [0, 2] });
    expect(shards.includes(1)).toBe(false);
    shards.choose([]);
    expect(shards.chosen).toBeNull();
  });

  test('those out of reach are left out, unless none would be left', () => {
    const shards = new ShardsRead();
    expect(shards.setOutOfReach([0, 1, 2], [1])).toBe(true);
    expect(shards.reachable).toEqual([0, 2]);
    shards.choose([1]);
    expect(shards.reachable).toEqual([1]);
    expect(shards.setOutOfReach([0, 1, 2], [1, 2])).toBe(false);
    expect(shards.setOutOfReach([0, 1, 2], [])).toBe(false);
  });
});

describe('rows', () => {
  const scroller = (rows: number, visible: number): RowScroller => {
    const made = new RowScroller(ROW_HEIGHT);
    made.setViewHeight(visible * ROW_HEIGHT);
    made.setRows(0, rows);
    return made;
  };

  test('elements are used again for rows that were laid out before', () => {
    const scrolling = scroller(1000, 20);
    const before = layOut(scrolling, NO_ROWS, false);
    expect(before).toMatchObject({ first: 0, firstVisible: 0, endVisible: 20, firstKey: 0 });
    expect(before.end).toBeGreaterThan(20);
    scrolling.show(25, 'top');
    const after = layOut(scrolling, before, false);
    expect(after.firstKey - before.firstKey).toBe(after.first - before.first);
    scrolling.show(900, 'top');
    expect(layOut(scrolling, after, false).firstKey).toBe(after.firstKey);
  });

  test('the keyboard goes on from the cursor, or from the edge of what shows where that is far away', () => {
    const scrolling = scroller(1000, 20);
    scrolling.show(500, 'top');
    const view = layOut(scrolling, NO_ROWS, false);
    expect(rowFrom(view, 505, 1, 20)).toBe(506);
    expect(rowFrom(view, 100, 1, 20)).toBe(500);
    expect(rowFrom(view, null, -1, 20)).toBe(519);
    expect(rowFrom(view, 999, 19, 20)).toBe(519);
    expect(rowFrom(view, 519, 2000, 20)).toBe(999);
  });
});

describe('where an event is', () => {
  function finder(endRow = 100): { find: RowFinder; answer: (row: number | null) => Promise<void>; fail: () => Promise<void> } {
    let end = endRow;
    let asked = Promise.withResolvers<number>();
    const ask = (): Promise<number> => (asked = Promise.withResolvers<number>()).promise;
    const find = new RowFinder({
      source: () => ({ rowOf: ask, seek: ask }),
      asked: () => ({}),
      endRow: () => end,
      lookAtEnd: () => Promise.resolve(void (end += 10)),
    });
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
    return {
      find,
      answer: (row) => (asked.resolve(row as number), settled()),
      fail: () => (asked.reject(new Error('no')), settled()),
    };
  }

  test('is said, also where it is newer than the last look at the end', async () => {
    const { find, answer } = finder();
    const known = find.offset({ shard: 0, offset: 7n });
    await answer(20);
    expect(await known).toBe(20);
    const newer = find.offset({ shard: 0, offset: 70n });
    await answer(105);
    expect(await newer).toBe(105);
    const beyond = find.offset({ shard: 3, offset: 1234n });
    await answer(900);
    await expect(beyond).rejects.toMatchObject({ code: 'offset-out-of-range', message: 'Shard 3 ends before offset 1,234.' });
    const never = find.moment({ by: 'time', time: 1n });
    await answer(null);
    await expect(never).rejects.toMatchObject({ code: 'no-such-event' });
  });

  test('is of no interest any more once something else was asked', async () => {
    const { find, answer, fail } = finder();
    const left = find.offset({ shard: 0, offset: 7n });
    find.forget();
    await answer(20);
    expect(await left).toBeNull();
    const failed = find.offset({ shard: 0, offset: 8n });
    find.forget();
    await fail();
    expect(await failed).toBeNull();
  });
});
