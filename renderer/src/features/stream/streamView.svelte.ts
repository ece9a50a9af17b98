/** One stream on screen: a pane or two, one of them active, what they share (columns, the event in detail), and all readers' marks. */
import type { LabClient } from '../../../../main/api/index.ts';
import type { Reader } from '../../../../main/api/readers.ts';
import { Columns, type ColumnStore } from './columns.svelte.ts';
import { DetailState } from './detail.svelte.ts';
import { follow } from './feed.ts';
import { PaneState } from './pane.svelte.ts';

/** Where a reader stands in one shard. */
export interface Mark {
  readerId: string;
  name: string;
  offset: bigint;
  /** Whether it is one of this screen's; others read the same stream elsewhere. */
  own: boolean;
}

export class StreamView {
  readonly name: string;
  readonly columns: Columns;
  readonly detail: DetailState;
  panes = $state.raw<readonly PaneState[]>([]);
  detailOpen = $state(false);
  #activeName = $state('A');
  /** The pane that keys and lanes mean. */
  readonly active: PaneState = $derived(this.panes.find((pane) => pane.name === this.#activeName) ?? this.panes[0]!);

  /** Whose selection the detail shows: the active pane's, or the other's where it has none. */
  readonly detailPane: PaneState | null = $derived(
    this.detailOpen ? ([this.active, ...this.panes].find((pane) => pane.selected !== null) ?? null) : null,
  );

  #readers = $state.raw<readonly Reader[]>([]);
  readonly #client: Pick<LabClient, 'events' | 'readers'>;
  readonly #closed = new AbortController();

  constructor(client: Pick<LabClient, 'events' | 'readers'>, name: string, store: ColumnStore | null) {
    this.#client = client;
    this.name = name;
    this.columns = new Columns(name, store);
    // First of all the rows: everything else can come after them.
    this.panes = [this.#newPane('A')];
    this.detail = new DetailState(client, name);
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
    this.panes = [...this.panes, this.#newPane('B')];
    this.#activeName = 'B';
  }
  closeSecond(): void {
    this.second?.close();
    this.panes = this.panes.slice(0, 1);
    this.#activeName = 'A';
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
  closeDetail(): void {
    this.detailOpen = false;
  }

  /** The stream's end is elsewhere than it was. */
  endMoved(): void {
    for (const pane of this.panes) pane.endMoved();
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

  close(): void {
    this.#closed.abort();
    this.detail.close();
    for (const pane of this.panes) pane.close();
  }

  #newPane(name: string): PaneState {
    return new PaneState({ client: this.#client, stream: this.name, name, columns: this.columns });
  }
}
