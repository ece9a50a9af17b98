/** Rows kept in chunks, the least recently used leaving first. */
import type { EventRow } from '../../../../main/api/events.ts';

/** Rows of one chunk. */
export const CHUNK_ROWS = 100;
/** Chunks that are kept; about 6,000 rows. */
export const CHUNKS_MAX = 60;

export const chunkOf = (row: number): number => Math.floor(row / CHUNK_ROWS);

export class RowChunks {
  /** In the order of last use. A chunk holds its rows by place. */
  #chunks = new Map<number, (EventRow | undefined)[]>();

  get size(): number {
    return this.#chunks.size;
  }

  get numbers(): number[] {
    return [...this.#chunks.keys()];
  }

  row(row: number): EventRow | undefined {
    return this.#chunks.get(chunkOf(row))?.[row % CHUNK_ROWS];
  }

  put(rows: readonly EventRow[]): void {
    for (const row of rows) {
      const chunk = chunkOf(row.row);
      let held = this.#chunks.get(chunk);
      if (!held) this.#chunks.set(chunk, (held = new Array<EventRow | undefined>(CHUNK_ROWS)));
      held[row.row % CHUNK_ROWS] = row;
    }
  }

  /** Marks chunks as used. */
  touch(firstChunk: number, lastChunk: number): void {
    for (let chunk = firstChunk; chunk <= lastChunk; chunk++) {
      const rows = this.#chunks.get(chunk);
      if (!rows) continue;
      this.#chunks.delete(chunk);
      this.#chunks.set(chunk, rows);
    }
  }

  /** Lets go of what is too much, but not of these chunks. */
  evict(firstKept: number, lastKept: number): void {
    for (const chunk of this.#chunks.keys()) {
      if (this.#chunks.size <= CHUNKS_MAX) return;
      if (chunk < firstKept || chunk > lastKept) this.#chunks.delete(chunk);
    }
  }

  clear(): void {
    this.#chunks.clear();
  }
}
