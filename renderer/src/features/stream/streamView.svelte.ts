/** One stream on screen: a pane or two, one of them active, what they share (columns, the event in detail), and all readers' marks. */
import type { EventTimeProgress } from '../../../../main/api/eventTimes.ts';
import type { Reader } from '../../../../main/api/readers.ts';
import { Columns, type ColumnStore } from './columns.svelte.ts';
import { DetailState } from './detail.svelte.ts';
import { follow } from './feed.ts';
import { HistogramState } from './histogram.svelte.ts';
import { PaneState } from './pane.svelte.ts';
import { placesOf, type PanePlace, type StreamPlaces } from './places.ts';
import type { RowClient } from './rowSource.ts';

/** Where a reader stands in one shard. */
export interface Mark {
  readerId: string;
  name: string;
  offset: bigint;
  /** Whether it is one of this screen's; others read the same stream elsewhere. */
  own: boolean;
}

/** The readers of one screen, the second one opened on demand. */
const PANE_NAMES = ['A', 'B'] as const;

export class StreamView {
  readonly name: string;
  readonly columns: Columns;
  readonly detail: DetailState;
  readonly histogram: HistogramState;
  panes = $state.raw<readonly PaneState[]>([]);
  detailOpen = $state(false);
  /** The pane whose choice of shards is open. */
  choosingShards = $state.raw<PaneState | null>(null);
  #activeName = $state<string>(PANE_NAMES[0]);
  /** The pane that keys and lanes mean. */
  readonly active: PaneState = $derived(this.panes.find((pane) => pane.name === this.#activeName) ?? this.panes[0]!);

  /** Whose selection the detail shows: the active pane's, or the other's where it has none. */
  readonly detailPane: PaneState | null = $derived(
    this.detailOpen ? ([this.active, ...this.panes].find((pane) => pane.selected !== null) ?? null) : null,
  );

  /** How far the order by event time is; null until it is told. */
  progress = $state.raw<EventTimeProgress | null>(null);
  #readers = $state.raw<readonly Reader[]>([]);
  readonly #client: RowClient;
  readonly #places: StreamPlaces;
  readonly #closed = new AbortController();

  constructor(client: RowClient, name: string, store: ColumnStore | null) {
    this.#client = client;
    this.name = name;
    this.columns = new Columns(name, store);
    // First of all the rows: everything else can come after them.
    this.#places = placesOf(client);
    const left = this.#places.get(name);
    this.panes = left ? left.panes.map((place, at) => this.#newPane(PANE_NAMES[at]!, place)) : [this.#newPane(PANE_NAMES[0])];
    if (left) [this.#activeName, this.detailOpen] = [left.active, left.detailOpen];
    this.detail = new DetailState(client, name);
    this.histogram = new HistogramState(client, name);
    void follow(
      (signal) => client.eventTimes.watch({ stream: name }, { signal }),
      (progress) => this.#progressed(progress),
      this.#closed.signal,
    );
    void follow(
      (signal) => client.readers.watch({}, { signal }),
      (list) => (this.#readers = list),
      this.#closed.signal,
    );
  }

  get second(): PaneState | null {
    return this.panes[1] ?? null;
  }

  openSecond(): void {
    if (this.second) return;
    this.panes = [...this.panes, this.#newPane(PANE_NAMES[1])];
    this.#activeName = PANE_NAMES[1];
  }
  closeSecond(): void {
    this.second?.close();
    this.panes = this.panes.slice(0, 1);
    this.#activeName = PANE_NAMES[0];
  }
  activate(pane: PaneState): void {
    this.#activeName = pane.name;
  }

  /** Selects a row of a pane and shows its event. */
  open(pane: PaneState, row: number): void {
    this.activate(pane);
    pane.select(row);
    this.detailOpen = true;
  }
  /** Closes the event; with it goes the mark on its row. */
  closeDetail(): void {
    this.detailOpen = false;
    for (const pane of this.panes) pane.deselect();
  }

  toBeginning(pane: PaneState): void {
    this.activate(pane);
    pane.toBeginning();
    pane.focus();
  }

  /** The stream's end is elsewhere than it was. */
  endMoved(): void {
    for (const pane of this.panes) pane.endMoved();
    this.histogram.endMoved();
  }

  #progressed(progress: EventTimeProgress): void {
    this.progress = progress;
    for (const pane of this.panes) {
      if (progress.field === null) pane.orderBy('append');
      else if (pane.order === 'event-time') pane.endMoved();
    }
    if (this.active.order === 'event-time') this.histogram.endMoved();
  }

  /** Where all readers stand in a shard. This screen's own are told first-hand, without the way through the engine. */
  marks(shard: number): Mark[] {
    const own = this.panes.map((pane) => pane.reader.id);
    const marks: Mark[] = [];
    for (const { name, reader } of this.panes) {
      const position = reader.positions.find((at) => at.shard === shard);
      if (position) marks.push({ readerId: reader.id ?? name, name, offset: position.offset, own: true });
    }
    for (const { id, stream, name, positions } of this.#readers) {
      const position = stream === this.name && !own.includes(id) ? positions.find((at) => at.shard === shard) : undefined;
      if (position) marks.push({ readerId: id, name, offset: position.offset, own: false });
    }
    return marks;
  }

  /** Ends it; where it stood is kept for when this stream is shown again. */
  close(): void {
    this.#places.keep(this.name, {
      panes: this.panes.map(({ place }) => place),
      active: this.#activeName,
      detailOpen: this.detailOpen,
    });
    this.#closed.abort();
    this.detail.close();
    this.histogram.close();
    for (const pane of this.panes) pane.close();
  }

  #newPane(name: string, place?: PanePlace): PaneState {
    return new PaneState({ client: this.#client, stream: this.name, name, columns: this.columns, place });
  }
}
