/** The reader that a pane is to the lab: open as long as the pane, and telling where it stands. */
import type { LabClient } from '../../../../main/api/index.ts';
import type { Position } from '../../../../main/api/values.ts';
import { follow } from './feed.ts';
import { Pace } from './pace.ts';
import { moved } from './positions.ts';

/** Least pause between two reports of a position, milliseconds. */
export const MOVE_PAUSE_MS = 250;

export class OpenReader {
  id = $state<string | null>(null);
  /** The next offset to read, per shard that was seen. */
  positions = $state.raw<readonly Position[]>([]);

  readonly #client: Pick<LabClient, 'readers'>;
  readonly #closed = new AbortController();
  readonly #pace: Pace;

  constructor(client: Pick<LabClient, 'readers'>, stream: string, name: string) {
    this.#client = client;
    this.#pace = new Pace(() => this.#report());
    const opened = ({ id }: { id: string }): void => {
      this.id = id;
      this.#pace.wish(0);
    };
    void follow((signal) => client.readers.open({ stream, name }, { signal }), opened, this.#closed.signal);
  }

  /** Shards that are not named keep their position. */
  moved(seen: readonly Position[]): void {
    const next = moved(this.positions, seen);
    if (next === this.positions) return;
    this.positions = next;
    this.#pace.wish(MOVE_PAUSE_MS);
  }

  close(): void {
    this.#closed.abort();
    this.#pace.close();
  }

  async #report(): Promise<void> {
    const { id, positions } = this;
    if (id === null || positions.length === 0) return;
    try {
      await this.#client.readers.move({ id, positions: [...positions] });
    } catch {
      // A mark on a lane is late; the next move, or the reader opened again, puts it right.
    }
  }
}
