/**
 * Which rows a scroll area shows. The rows of a long log are taller than browsers can lay out, so the area is only
 * SCROLL_HEIGHT_MAX high. A small scroll moves the rows by as many pixels; a big one (a drag of the scroll bar) goes in
 * proportion. Close to both ends proportion and pixels are the same, so that they are reached exactly. What small scrolls
 * drift from the proportion is put right when the area comes to rest: `sync()`.
 *
 * Plain state without a page: the owner tells it of scrolls and sizes, and writes `scrollTop` where it differs.
 */

/** Highest scroll area, CSS pixels. Browsers end at 17 to 33 million; beyond 4 million positions lose quarter pixels. */
export const SCROLL_HEIGHT_MAX = 4_000_000;
/** Pixels at each end of a scaled area that stand for themselves. */
export const EXACT_END = 500_000;
/** The longest scroll that counts as small, pixels. Never more than half a pixel of the scroll bar stands for. */
export const SMALL_SCROLL_MAX = 4_000;

export class RowScroller {
  readonly rowHeight: number;
  #firstRow = 0;
  #endRow = 0;
  #viewHeight = 0;
  #top = 0;
  #scrollTop = 0;

  constructor(rowHeight: number) {
    this.rowHeight = rowHeight;
  }

  get firstRow(): number {
    return this.#firstRow;
  }
  get endRow(): number {
    return this.#endRow;
  }
  get viewHeight(): number {
    return this.#viewHeight;
  }
  /** Height of the scroll area's content, pixels. */
  get height(): number {
    return Math.min(this.#rowsHeight, SCROLL_HEIGHT_MAX);
  }
  /** Pixels between the top of the oldest row and the top of the view, were the area as tall as its rows. */
  get top(): number {
    return this.#top;
  }
  /** Where the area's own scroll position stands, or should. */
  get scrollTop(): number {
    return this.#scrollTop;
  }
  get topMax(): number {
    return Math.max(0, this.#rowsHeight - this.#viewHeight);
  }
  get atEnd(): boolean {
    return this.#top >= this.topMax - 0.5;
  }
  /** The first row of which anything shows. */
  get firstVisible(): number {
    return Math.min(this.#firstRow + Math.floor(this.#top / this.rowHeight), Math.max(this.#firstRow, this.#endRow - 1));
  }
  /** One more than the last row of which anything shows. */
  get endVisible(): number {
    return Math.min(this.#endRow, this.#firstRow + Math.ceil((this.#top + this.#viewHeight) / this.rowHeight));
  }
  /** Rows that fit whole into the view. */
  get pageRows(): number {
    return Math.max(1, Math.floor(this.#viewHeight / this.rowHeight));
  }
  /** True where a scroll has come to an end of the area but not of the rows, so that waiting for rest would block it. */
  get stuck(): boolean {
    const atEdge = this.#scrollTop <= 0 || this.#scrollTop >= this.#scrollTopMax;
    return atEdge && Math.abs(this.#toScrollTop(this.#top) - this.#scrollTop) >= 1;
  }

  /** Pixels from the top of the area's content to the top of a row. */
  offsetOf(row: number): number {
    return (row - this.#firstRow) * this.rowHeight - this.#top + this.#scrollTop;
  }

  /** The user, or the browser, has scrolled the area. */
  scrolled(scrollTop: number): void {
    const to = clamp(scrollTop, this.#scrollTopMax);
    const delta = to - this.#scrollTop;
    this.#scrollTop = to;
    if (delta === 0) return;
    const top = Math.abs(delta) <= this.#smallScroll ? this.#top + delta : this.#toTop(to);
    this.#top = clamp(top, this.topMax);
  }

  /** The area was written to; browsers round what they are given. Moves no row. */
  wrote(scrollTop: number): void {
    this.#scrollTop = clamp(scrollTop, this.#scrollTopMax);
  }

  /** The area is at rest: its scroll position is brought back to the proportion. */
  sync(): void {
    this.#scrollTop = this.#toScrollTop(this.#top);
  }

  /** The rows that there are. The view stays on the rows that it shows, unless they are gone. */
  setRows(firstRow: number, endRow: number): void {
    const gone = (firstRow - this.#firstRow) * this.rowHeight;
    const wasExact = this.#top === this.#scrollTop;
    this.#firstRow = firstRow;
    this.#endRow = Math.max(firstRow, endRow);
    this.#top = clamp(this.#top - gone, this.topMax);
    this.#scrollTop = wasExact && !this.#scaled ? this.#top : clamp(this.#scrollTop, this.#scrollTopMax);
  }

  setViewHeight(pixels: number): void {
    this.#viewHeight = Math.max(0, pixels);
    this.#top = clamp(this.#top, this.topMax);
    this.#scrollTop = clamp(this.#scrollTop, this.#scrollTopMax);
  }

  toBeginning(): void {
    this.#moveTo(0);
  }
  toEnd(): void {
    this.#moveTo(this.topMax);
  }
  /** Brings a row to the top or the middle of the view, or just into it; `hiddenPixels` of the top row stay above the view. */
  show(row: number, where: 'top' | 'middle' | 'nearest', hiddenPixels = 0): void {
    const rowTop = (row - this.#firstRow) * this.rowHeight;
    const last = rowTop + this.rowHeight - this.#viewHeight;
    if (where === 'top') this.#moveTo(rowTop + hiddenPixels);
    else if (where === 'middle') this.#moveTo(Math.round((rowTop + last) / 2));
    else if (rowTop < this.#top) this.#moveTo(rowTop);
    else if (last > this.#top) this.#moveTo(last);
  }

  #moveTo(top: number): void {
    this.#top = clamp(top, this.topMax);
    this.sync();
  }

  get #rowsHeight(): number {
    return (this.#endRow - this.#firstRow) * this.rowHeight;
  }
  get #scaled(): boolean {
    return this.#rowsHeight > SCROLL_HEIGHT_MAX;
  }
  get #scrollTopMax(): number {
    return Math.max(0, this.height - this.#viewHeight);
  }
  get #smallScroll(): number {
    const pixelOfBar = this.height / Math.max(1, this.#viewHeight);
    return Math.max(this.#viewHeight, Math.min(SMALL_SCROLL_MAX, pixelOfBar / 2));
  }
  /** How many pixels of rows one pixel of the area stands for between the exact ends. */
  get #scale(): number {
    return (this.topMax - 2 * EXACT_END) / (this.#scrollTopMax - 2 * EXACT_END);
  }

  #toTop(scrollTop: number): number {
    if (!this.#scaled || scrollTop <= EXACT_END) return scrollTop;
    const below = this.#scrollTopMax - scrollTop;
    if (below <= EXACT_END) return this.topMax - below;
    return Math.round(EXACT_END + (scrollTop - EXACT_END) * this.#scale);
  }
  #toScrollTop(top: number): number {
    if (!this.#scaled || top <= EXACT_END) return top;
    const below = this.topMax - top;
    if (below <= EXACT_END) return this.#scrollTopMax - below;
    return Math.round(EXACT_END + (top - EXACT_END) / this.#scale); // whole pixels: text stays sharp
  }
}

const clamp = (value: number, max: number): number => Math.min(Math.max(0, value), max);
