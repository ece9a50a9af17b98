/** The reader that a pane is to the lab: open as long as the pane, and telling where it stands. */
import type { LabClient } from '../../../../main/api/index.ts';
import type { Position } from '../../../../main/api/values.ts';
import { follow } from './feed.ts';
import { Pace } from './pace.ts';

/** Least pause between two reports of a position, milliseconds. */
export const MOVE_PAUSE_MS = 250;

export class OpenReader {
  id = $state<string | null>(null);
  /** The next offset to read, in each shard that is read. */
  positions = $state.raw<readonly Position[]>([]);

  readonly #client: Pick<LabClient, 'readers' | 'events'>;
  readonly #stream: string;
  readonly #closed = new AbortController();
  readonly #pace: Pace;
  /** All rows before it are read; 0 until some are. */
  #row = 0;
  #shards: readonly number[] | undefined;

  constructor(client: Pick<LabClient, 'readers' | 'events'>, stream: string, name: string) {
    this.#client = client;
    this.#stream = stream;
    this.#pace = new Pace(() => this.#report());
    const opened = ({ id }: { id: string }): void => {
      this.id = id;
      this.#pace.wish(0);
    };
    void follow((signal) => client.readers.open({ stream, name }, { signal }), opened, this.#closed.signal);
  }

  /** All rows before `row` are read, of these shards or of all. */
  standsAt(row: number, shards: readonly number[] | undefined): void {
    if (row === this.#row && shards === this.#shards) return;
    this.#row = row;
    this.#shards = shards;
    this.#pace.wish(MOVE_PAUSE_MS);
  }

  close(): void {
    this.#closed.abort();
    this.#pace.close();
  }

  async #report(): Promise<void> {
    const { id } = this;
    if (id === null || this.#row === 0) return;
    const shards = this.#shards;
    try {
      const at = { stream: this.#stream, row: this.#row, ...(shards ? { shards: [...shards] } : {}) };
      this.positions = await this.#client.events.positionsAt(at, { signal: this.#closed.signal });
      await this.#client.readers.move({ id, positions: [...this.positions] });
    } catch {
      // A mark on a lane is late; the next move, or the reader opened again, puts it right.
    }
  }
}
