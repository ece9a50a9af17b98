/**
 * One reader's view of a stream: which shards, which rows, whether it follows the end, which event is selected. The page tells it
 * of scrolls, sizes and keys; it says which rows to show. It asks for the rows around them and for nothing else.
 */
import type { EventRow, EventWindow } from '../../../../main/api/events.ts';
import type { Position } from '../../../../main/api/values.ts';
import type { Columns } from './columns.svelte.ts';
import { Pace } from './pace.ts';
import type { PanePlace } from './places.ts';
import { OpenReader } from './reader.svelte.ts';
import { RowCache } from './rowCache.svelte.ts';
import { RowFinder } from './rowFinder.ts';
import { RowScroller } from './rowScroller.ts';
import { type Order, type RowClient, type RowSource, rowSource, type SoughtBy } from './rowSource.ts';
import { endShown, FOLLOWING_OVERSCAN_ROWS, isVisible, layOut, NO_ROWS, ROW_HEIGHT, rowFrom, type RowsView } from './rowsView.ts';
import { ShardsRead } from './shardsRead.svelte.ts';

/** Rows asked for before the size of the view is known. */
const FIRST_ROWS = 60;
/** Least pause between two looks at the end, milliseconds: while it is followed, and while only its distance is said. */
const [TAIL_PAUSE_MS, COUNT_PAUSE_MS] = [100, 500];

export interface PaneOptions {
  client: RowClient;
  stream: string;
  name: string;
  columns: Columns;
  /** Where it was left, if it was here before. */
  place?: PanePlace | undefined;
}

export class PaneState {
  readonly name: string;
  readonly stream: string;
  readonly reader: OpenReader;
  readonly cache: RowCache;
  order = $state<Order>('append');
  following = $state(true);
  /** Whether the first answer has come. */
  known = $state(false);
  /** The row that is selected. Row numbers stay, so it is the same event while others arrive. */
  cursor = $state<number | null>(null);
  selected = $state.raw<EventRow | null>(null);
  view = $state.raw<RowsView>(NO_ROWS);
  /** Events that came after the last one seen while the end is not followed. */
  readonly newer: number = $derived.by(() => (this.following ? 0 : Math.max(0, this.view.endRow - this.#seenEnd)));

  /** Brings the keyboard into the grid, which sets it for as long as it is there. */
  focus: () => void = () => undefined;

  #seenEnd = $state(0);
  /** The row that was selected last, while none is. */
  #left: number | null = null;
  readonly #client: RowClient;
  readonly #columns: Columns;
  readonly #shards = new ShardsRead();
  readonly #scroller = new RowScroller(ROW_HEIGHT);
  readonly #tail: Pace;
  readonly #finder: RowFinder;
  #generation: number | undefined;
  /** The place to return to with the first rows. */
  #returnTo: PanePlace | null = null;

  constructor({ client, stream, name, columns, place }: PaneOptions) {
    this.stream = stream;
    this.name = name;
    this.#client = client;
    this.#columns = columns;
    this.cache = new RowCache(
      (from, limit, signal) => this.#source.window(this.#shards.asked, from, limit, signal),
      (window, newest) => this.#arrived(window, newest),
    );
    this.#finder = new RowFinder({
      source: () => this.#source,
      asked: () => this.#shards.asked,
      endRow: () => this.#scroller.endRow,
      lookAtEnd: () => this.cache.tail(1),
    });
    this.reader = new OpenReader(client, stream, name);
    if (place) {
      this.#shards.choose(place.shards);
      this.order = place.order;
      this.following = place.following;
      this.#returnTo = place;
    }
    this.#tail = new Pace(() => this.#lookAtEnd());
    this.#tail.wish(0);
  }

  /** Those that are shown; null for all. */
  get shards(): readonly number[] | null {
    return this.#shards.chosen;
  }

  /** Where it stands, to come back to. */
  get place(): PanePlace {
    if (this.#returnTo) return this.#returnTo; // left again before the first rows came
    const { following, shards, order, cursor, selected } = this;
    const { firstVisible, firstRow, endRow, top } = this.#scroller;
    const hiddenPixels = top - (firstVisible - firstRow) * ROW_HEIGHT;
    return { following, shards, order, cursor, selected, row: firstVisible, hiddenPixels, seenEnd: this.#seenEnd, endRow };
  }

  close(): void {
    this.#tail.close();
    this.cache.close();
    this.reader.close();
  }

  // What the page tells.

  scrolled(scrollTop: number): void {
    if (scrollTop === this.#scroller.scrollTop) return; // the echo of what was written
    this.#scroller.scrolled(scrollTop);
    if (this.following && !this.#scroller.atEnd) this.pause();
    if (this.#scroller.stuck) this.#scroller.sync();
    this.#refresh();
  }
  /** The area took the scroll position that it was given. */
  wrote(scrollTop: number): void {
    this.#scroller.wrote(scrollTop);
    if (this.#scroller.scrollTop !== this.view.scrollTop) this.#refresh();
  }
  rested(): void {
    this.#scroller.sync();
    this.#refresh();
  }
  resized(viewHeight: number): void {
    this.#scroller.setViewHeight(viewHeight);
    if (this.following) this.#scroller.toEnd();
    else if (this.cursor !== null && isVisible(this.view, this.cursor)) this.#scroller.show(this.cursor, 'nearest');
    this.#refresh();
  }
  /** The stream has more events than before, or fewer. */
  endMoved(): void {
    this.#tail.wish(this.following ? TAIL_PAUSE_MS : COUNT_PAUSE_MS);
  }

  // Where to be.

  follow(): void {
    this.#finder.forget();
    this.#returnTo = null;
    this.following = true;
    this.#scroller.toEnd();
    this.#refresh();
    this.#tail.wish(0);
  }
  pause(): void {
    if (!this.following) return;
    this.following = false;
    this.#seenEnd = this.#scroller.endRow;
  }
  /** Shows the first rows and selects the first of them: from there the keyboard goes on. */
  toBeginning(): void {
    this.#finder.forget();
    this.#returnTo = null;
    this.pause();
    this.#scroller.toBeginning();
    if (this.lastRow >= this.firstRow) this.cursor = this.firstRow;
    this.#refresh();
  }
  /** Goes to an offset of a shard and selects the event there. Rejects where there is none. */
  async toOffset(position: Position): Promise<void> {
    if (this.shards && !this.shards.includes(position.shard)) this.chooseShards(null);
    this.#goTo(await this.#finder.offset(position));
  }
  /** Goes to a moment in the stream and selects the event there. Rejects where none is as late. */
  async toTime(to: SoughtBy): Promise<void> {
    this.#goTo(await this.#finder.moment(to));
  }
  /** Shows these shards only, or all of them; keeps to the selected event where it is among them. */
  chooseShards(shards: readonly number[] | null): void {
    this.#shards.choose(shards);
    this.#readAnew();
  }
  /** Shows the same events in another order; keeps to the selected one where it is in it. */
  orderBy(order: Order): void {
    if (order === this.order) return;
    this.order = order;
    this.#readAnew();
  }
  /** Of all shards some can not be read: rows of the others are shown meanwhile. Where none of the chosen ones can, what is shown stays. */
  setOutOfReach(all: readonly number[], outOfReach: readonly number[]): void {
    if (this.#shards.setOutOfReach(all, outOfReach)) this.#readAnew();
  }

  /** Rows have other numbers from now on: keeps to the end, or to the selected event where it is among them. */
  #readAnew(): void {
    const held = this.selected;
    const was = this.following;
    this.#finder.forget();
    this.cache.clear();
    this.#generation = undefined;
    this.deselect();
    this.#left = null;
    this.known = false;
    this.#scroller.setRows(0, 0);
    this.#refresh();
    this.follow();
    if (was || !held || !this.#shards.includes(held.shard)) return;
    this.toOffset(held).catch(() => undefined); // The event has left the log meanwhile: the end is shown.
  }

  // The selection.

  select(row: number): void {
    this.pause();
    this.cursor = row;
    this.#refresh();
  }
  /** Nothing is selected any more; the keyboard goes on from where it was. */
  deselect(): void {
    this.#left = this.cursor ?? this.#left;
    this.cursor = null;
    this.selected = null;
  }
  /** Selects the event some rows further on; from the edge of what is visible where the one that is or was selected is far away. */
  move(rows: number): void {
    if (this.lastRow >= this.firstRow) this.moveTo(rowFrom(this.view, this.cursor ?? this.#left, rows, this.#scroller.pageRows));
  }
  movePage(pages: number): void {
    this.move(pages * Math.max(1, this.#scroller.pageRows - 1));
  }
  moveTo(row: number): void {
    this.#finder.forget();
    this.pause();
    this.cursor = row;
    this.#scroller.show(row, 'nearest');
    this.#refresh();
  }
  get firstRow(): number {
    return this.#scroller.firstRow;
  }
  get lastRow(): number {
    return this.#scroller.endRow - 1;
  }

  #goTo(row: number | null): void {
    if (row === null) return;
    this.pause();
    this.cursor = row;
    this.#scroller.show(row, 'top');
    this.#refresh();
  }

  get #source(): RowSource {
    return rowSource(this.#client, this.stream, this.order);
  }

  async #lookAtEnd(): Promise<void> {
    const rows = this.#scroller.viewHeight > 0 ? this.#scroller.pageRows + 2 + FOLLOWING_OVERSCAN_ROWS : FIRST_ROWS;
    await this.cache.tail(this.following ? rows : 1);
  }

  #arrived({ rows, firstRow, endRow, generation }: EventWindow & { generation?: number }, newest: boolean): void {
    this.known = true;
    if (newest) this.#renewed(generation);
    this.#columns.learn(rows);
    this.#scroller.setRows(firstRow, endShown({ rows, endRow }, { newest, following: this.following, known: this.#scroller.endRow }));
    if (this.#returnTo) this.#return(this.#returnTo, endRow);
    if (this.following) this.#scroller.toEnd();
    this.#refresh();
  }

  /** Takes up where it was left. Rows keep their numbers; where there are fewer than before, the stream is another one of that name. */
  #return(place: PanePlace, endRow: number): void {
    this.#returnTo = null;
    if (endRow < place.endRow) {
      this.following = true;
      return;
    }
    this.#seenEnd = place.seenEnd;
    this.#scroller.show(place.row, 'top', place.hiddenPixels);
    if (place.cursor !== null && place.cursor >= this.#scroller.firstRow) {
      this.cursor = place.cursor;
      this.selected = place.selected;
    }
  }

  /** Rows may have other numbers than before: they are asked for again, and the selection keeps to its event. */
  #renewed(generation: number | undefined): void {
    const was = this.#generation;
    this.#generation = generation;
    if (was === undefined || was === generation) return;
    this.cache.outdated();
    this.#left = null;
    const { selected } = this;
    if (!selected) return;
    const stays = (row: number): void => {
      if (this.selected !== selected || this.cursor !== selected.row || row === selected.row) return;
      this.selected = { ...selected, row };
      this.cursor = row;
      this.#refresh();
    };
    // One that has left the log stays in the detail, as it does in append order.
    void this.#source.rowOf(this.#shards.asked, selected).then(stays, () => undefined);
  }

  /** Lays out anew after any change, asks for what is missing, and says where the reader stands. */
  #refresh(): void {
    const { first, end, endVisible } = (this.view = layOut(this.#scroller, this.view, this.following));
    if (!this.following) this.#seenEnd = Math.max(this.#seenEnd, endVisible);
    if (end > first && this.#scroller.viewHeight > 0) this.cache.want(first, end);
    if (this.cursor !== null && this.selected?.row !== this.cursor) this.selected = this.cache.peek(this.cursor) ?? this.selected;
    // A place in another order is no place in the shards.
    if (this.order === 'append') this.reader.standsAt(endVisible, this.#shards.reachable ?? undefined);
  }
}
