/** Which rows of a pane are laid out, and where: those that show and a few around them. */
import type { EventWindow } from '../../../../main/api/events.ts';
import type { RowScroller } from './rowScroller.ts';

export const ROW_HEIGHT = 25;
/** Rows above and below the view that are laid out too, so that a scroll finds them painted. */
const OVERSCAN_ROWS = 12;
/** As many of them as are worth it while the end is followed and all rows change at once. */
export const FOLLOWING_OVERSCAN_ROWS = 2;

/** What to lay out: rows `first` up to `end`, in an area of `height`, the first at `offset`. */
export interface RowsView {
  first: number;
  end: number;
  /** Key of the first row's element, those of the others counting up from it. After a jump elements are used again. */
  firstKey: number;
  firstVisible: number;
  endVisible: number;
  firstRow: number;
  endRow: number;
  height: number;
  offset: number;
  scrollTop: number;
}

export const NO_ROWS: RowsView = {
  first: 0,
  end: 0,
  firstKey: 0,
  firstVisible: 0,
  endVisible: 0,
  firstRow: 0,
  endRow: 0,
  height: 0,
  offset: 0,
  scrollTop: 0,
};

/** What the scroller shows now. `before`: what was laid out until now, whose elements are used again. */
export function layOut(scroller: RowScroller, before: RowsView, following: boolean): RowsView {
  const { firstRow, endRow, firstVisible, endVisible, height, scrollTop } = scroller;
  const overscan = following ? FOLLOWING_OVERSCAN_ROWS : OVERSCAN_ROWS;
  const first = Math.max(firstRow, firstVisible - overscan);
  const end = Math.min(endRow, endVisible + overscan);
  const overlaps = first < before.end && end > before.first;
  const firstKey = overlaps ? before.firstKey + first - before.first : before.firstKey;
  return { first, end, firstKey, firstVisible, endVisible, firstRow, endRow, height, scrollTop, offset: scroller.offsetOf(first) };
}

/**
 * The end of the rows to show when some have come. Answers overtake each other, and the log grows while it answers: an end that is followed
 * moves only together with its rows. `newest`: they were asked for at the end.
 */
export function endShown(
  { rows, endRow }: Pick<EventWindow, 'rows' | 'endRow'>,
  { newest, following, known }: { newest: boolean; following: boolean; known: number },
): number {
  const last = rows.at(-1);
  if (newest) return following && last ? last.row + 1 : endRow;
  return following && known > 0 ? known : Math.max(endRow, known);
}

export function isVisible({ firstVisible, endVisible }: RowsView, row: number): boolean {
  return row >= firstVisible && row < endVisible;
}

/** The row that the keyboard comes to, some rows on from the cursor; from the edge of what shows where the cursor is over a page away. */
export function rowFrom(
  { firstRow, endRow, firstVisible, endVisible }: RowsView,
  cursor: number | null,
  rows: number,
  page: number,
): number {
  const isNear = cursor !== null && cursor >= firstVisible - page && cursor < endVisible + page;
  const step = Math.abs(rows) === 1 ? 1 : 0;
  const edge = rows > 0 ? firstVisible - step : endVisible - 1 + step;
  return Math.min(Math.max(firstRow, (isNear ? cursor : edge) + rows), endRow - 1);
}
