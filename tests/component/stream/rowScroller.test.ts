import { describe, expect, test } from 'vitest';
import { RowScroller, SCROLL_HEIGHT_MAX } from '../../../renderer/src/features/stream/rowScroller.ts';

const ROW = 25;
const VIEW = 600;

function scroller(rows: number, view = VIEW, firstRow = 0): RowScroller {
  const made = new RowScroller(ROW);
  made.setRows(firstRow, firstRow + rows);
  made.setViewHeight(view);
  return made;
}

/** Numbers from 0 to 1, the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff;
}

describe('few rows', () => {
  test('the area is as tall as its rows and scrolls as any other', () => {
    const few = scroller(1000);
    expect(few.height).toBe(25_000);
    few.scrolled(1234);
    expect(few.top).toBe(1234);
    expect(few.firstVisible).toBe(49);
    expect(few.offsetOf(49)).toBe(49 * ROW);
  });

  test('rows that do not fill the view stay at the top', () => {
    const few = scroller(3);
    few.toEnd();
    expect([few.top, few.firstVisible, few.endVisible, few.atEnd]).toEqual([0, 0, 3, true]);
  });

  test('no rows at all', () => {
    const none = scroller(0);
    expect([none.height, none.firstVisible, none.endVisible, none.atEnd]).toEqual([0, 0, 0, true]);
  });
});

describe('ten million rows', () => {
  const rows = 10_000_000;

  test('the area is never taller than browsers lay out', () => {
    expect(scroller(rows).height).toBe(SCROLL_HEIGHT_MAX);
  });

  test('both ends are reached exactly, by jumps', () => {
    const many = scroller(rows);
    many.scrolled(SCROLL_HEIGHT_MAX - VIEW);
    expect([many.top, many.atEnd, many.endVisible]).toEqual([rows * ROW - VIEW, true, rows]);
    many.scrolled(0);
    expect([many.top, many.firstVisible]).toEqual([0, 0]);
  });

  test('a drag of the scroll bar to its middle shows the middle', () => {
    const many = scroller(rows);
    many.scrolled((SCROLL_HEIGHT_MAX - VIEW) / 2);
    expect(Math.abs(many.firstVisible - rows / 2)).toBeLessThan(50);
  });

  test('both ends are reached by small scrolls alone, from anywhere near', () => {
    const many = scroller(rows);
    many.show(30_000, 'top');
    for (let press = 0; press < 10_000 && many.top > 0; press++) wheel(many, -120);
    expect(many.top).toBe(0);
    many.show(rows - 30_000, 'top');
    for (let press = 0; press < 10_000 && !many.atEnd; press++) wheel(many, 120);
    expect(many.endVisible).toBe(rows);
  });

  test('small scrolls go on through the whole log, also without a rest', () => {
    const many = scroller(rows);
    many.show(rows / 2, 'top');
    const wheels = 20_000;
    for (let press = 0; press < wheels; press++) wheel(many, -1000, false);
    const expected = rows / 2 - (wheels * 1000) / ROW;
    // Where the area ends in the middle of a turn of the wheel, the browser drops the rest of that turn, and no more.
    expect(many.firstVisible - expected).toBeLessThan(500);
    expect(many.firstVisible).toBeGreaterThanOrEqual(expected);
  });

  test('a row is shown where it is asked for', () => {
    const many = scroller(rows);
    for (const row of [0, 19_999, 20_001, 4_999_999, 9_900_000]) {
      many.show(row, 'top');
      expect(many.firstVisible).toBe(row);
      expect(many.offsetOf(row)).toBe(many.scrollTop);
    }
    many.show(rows - 1, 'middle');
    expect(many.atEnd).toBe(true);
  });

  test('positions are whole pixels, so that text stays sharp', () => {
    const many = scroller(rows);
    many.scrolled(1_234_567);
    many.sync();
    expect(Number.isInteger(many.offsetOf(many.firstVisible))).toBe(true);
  });

  /** What a wheel does: the browser moves the area, as far as it goes; the owner syncs where it is stuck, or at rest. */
  function wheel(of: RowScroller, pixels: number, rests = true): void {
    of.scrolled(of.scrollTop + pixels);
    if (of.stuck || rests) of.sync();
  }
});

describe('any sequence of scrolls and sizes', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))('keeps its promises (seed %i)', (seed) => {
    const next = chance(seed + 1);
    const of = new RowScroller(ROW);
    let [firstRow, endRow] = [0, Math.floor(next() ** 4 * 20_000_000)];
    of.setRows(firstRow, endRow);
    of.setViewHeight(VIEW);
    for (let step = 0; step < 300; step++) {
      const before = { top: of.top, max: of.topMax, scrollTop: of.scrollTop };
      const dice = next();
      if (dice < 0.5) {
        const delta = Math.round((next() - 0.5) * 2 * 500);
        of.scrolled(of.scrollTop + delta);
        expect(Math.abs(of.top - before.top)).toBeLessThanOrEqual(Math.abs(delta));
      } else if (dice < 0.6) of.scrolled(next() * of.height);
      else if (dice < 0.7) {
        of.sync();
        expect(of.top).toBe(before.top);
      } else if (dice < 0.8) of.setViewHeight(Math.floor(next() * 1500));
      else if (dice < 0.9) of.setRows(firstRow, (endRow += Math.floor(next() * 5_000)));
      else if (dice < 0.95) of.setRows((firstRow = Math.min(endRow, firstRow + Math.floor(next() * 2_000))), endRow);
      else of.show(firstRow + Math.floor(next() * (endRow - firstRow)), 'nearest');

      expect(of.top).toBeGreaterThanOrEqual(0);
      expect(of.top).toBeLessThanOrEqual(of.topMax);
      expect(of.scrollTop).toBeGreaterThanOrEqual(0);
      expect(of.scrollTop).toBeLessThanOrEqual(Math.max(0, of.height - of.viewHeight));
      expect(of.firstVisible).toBeGreaterThanOrEqual(firstRow);
      expect(of.endVisible).toBeLessThanOrEqual(endRow);
    }
    of.scrolled(0);
    of.scrolled(of.height);
    of.sync();
    of.toBeginning();
    expect([of.firstVisible, of.top]).toEqual([firstRow, 0]);
    of.toEnd();
    expect(of.endVisible).toBe(endRow);
  });
});

describe('rows come and go', () => {
  test('rows that arrive at the end do not move the view', () => {
    const some = scroller(1000);
    some.show(500, 'top');
    some.setRows(0, 100_000_000);
    expect(some.firstVisible).toBe(500);
    some.sync();
    expect(some.firstVisible).toBe(500);
  });

  test('rows that leave at the beginning do not move the view, unless they were in it', () => {
    const some = scroller(1000);
    some.show(500, 'top');
    some.setRows(400, 1000);
    expect([some.firstVisible, some.offsetOf(500)]).toEqual([500, some.scrollTop]);
    some.setRows(600, 1000);
    expect(some.firstVisible).toBe(600);
  });
});
