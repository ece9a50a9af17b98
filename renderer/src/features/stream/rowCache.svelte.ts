/**
 * The rows that a grid holds: those around what it shows, in chunks, the least recently shown leaving first. Chunks that are
 * shown are asked for once, a few at a time; what was scrolled far past is cancelled. Rows that are not here yet are undefined.
 */
import type { EventRow, EventWindow } from '../../../../main/api/events.ts';
import { toLabError, type LabError } from '../../../../main/api/errors.ts';

/** Rows that are asked for together. */
export const CHUNK_ROWS = 100;
/** Chunks that are kept; about 6,000 rows. */
export const CHUNKS_MAX = 60;
/** Requests for rows that are under way at once. */
export const REQUESTS_MAX = 3;
/** Chunks beyond the shown ones within which a request goes on although its rows have been scrolled past. */
const CHUNKS_KEPT_ASKING = 2;
/** Waits before a failed request is tried again, milliseconds; the last one repeats. */
const RETRY_MS = [500, 1_000, 2_000, 5_000];

export type LoadRows = (from: number | 'end', limit: number, signal: AbortSignal) => Promise<EventWindow>;

export class RowCache {
  /** Counts up whenever rows arrive or leave. */
  version = $state(0);
  /** What the last request failed with, until one succeeds. */
  failure = $state.raw<LabError | null>(null);

  readonly #load: LoadRows;
  readonly #arrived: (window: EventWindow) => void;
  /** In the order of last use. A chunk holds its rows by place. */
  #chunks = new Map<number, (EventRow | undefined)[]>();
  #asking = new Map<number, AbortController>();
  #wanted: { first: number; end: number } = { first: 0, end: 0 };
  #retries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = new AbortController();

  /** `arrived` learns of each window as it comes, before `version` counts up. */
  constructor(load: LoadRows, arrived: (window: EventWindow) => void) {
    this.#load = load;
    this.#arrived = arrived;
  }

  row(row: number): EventRow | undefined {
    void this.version;
    return this.peek(row);
  }
  /** As `row`, for those who are told of arrivals anyway. */
  peek(row: number): EventRow | undefined {
    return this.#chunks.get(chunkOf(row))?.[row % CHUNK_ROWS];
  }

  /** The rows that are shown, from `first` up to `end`. Asks for what is missing. */
  want(first: number, end: number): void {
    this.#wanted = { first, end };
    const [firstChunk, lastChunk] = [chunkOf(first), chunkOf(Math.max(first, end - 1))];
    for (const [chunk, controller] of this.#asking) {
      if (chunk < firstChunk - CHUNKS_KEPT_ASKING || chunk > lastChunk + CHUNKS_KEPT_ASKING) controller.abort();
    }
    for (let chunk = firstChunk; chunk <= lastChunk; chunk++) this.#touch(chunk);
    this.#ask();
  }

  /** The newest rows, and with them where the rows begin and end now. */
  async tail(limit: number): Promise<EventWindow | null> {
    const signal = this.#closed.signal;
    try {
      const window = await this.#load('end', limit, signal);
      if (signal.aborted) return null;
      this.#take(window);
      return window;
    } catch (thrown) {
      if (!signal.aborted) this.#failed(toLabError(thrown));
      return null;
    }
  }

  /** Forgets everything, as when other shards are chosen. */
  clear(): void {
    this.#stop();
    this.#closed = new AbortController();
    this.#chunks.clear();
    this.failure = null;
    this.#retries = 0;
    this.version++;
  }

  close(): void {
    this.#stop();
    this.#chunks.clear();
  }

  get size(): number {
    return this.#chunks.size;
  }

  #stop(): void {
    clearTimeout(this.#retryTimer);
    this.#closed.abort();
    for (const controller of this.#asking.values()) controller.abort();
    this.#asking.clear();
    this.#wanted = { first: 0, end: 0 };
  }

  #ask(): void {
    const { first, end } = this.#wanted;
    for (let row = first; row < end && this.#asking.size < REQUESTS_MAX; row++) {
      if (this.peek(row)) continue;
      const chunk = chunkOf(row);
      if (!this.#asking.has(chunk)) void this.#request(chunk);
      row = (chunk + 1) * CHUNK_ROWS - 1;
    }
  }

  async #request(chunk: number): Promise<void> {
    const controller = new AbortController();
    this.#asking.set(chunk, controller);
    let failure: LabError | null = null;
    let window: EventWindow | null = null;
    try {
      window = await this.#load(chunk * CHUNK_ROWS, CHUNK_ROWS, controller.signal);
    } catch (thrown) {
      failure = toLabError(thrown);
    }
    if (this.#asking.get(chunk) !== controller) return;
    this.#asking.delete(chunk);
    if (controller.signal.aborted) return this.#ask();
    if (failure) return this.#failed(failure);
    if (window) this.#take(window);
    const missing = this.#firstMissing(chunk);
    // An answer without the row that was asked for means that it is no longer, or not yet, in the log: `arrived` has
    // learnt the range, and asking again at once would go round in circles.
    if (missing === null) this.#ask();
  }

  #firstMissing(chunk: number): number | null {
    const { first, end } = this.#wanted;
    const from = Math.max(first, chunk * CHUNK_ROWS);
    const to = Math.min(end, (chunk + 1) * CHUNK_ROWS);
    for (let row = from; row < to; row++) if (!this.peek(row)) return row;
    return null;
  }

  #take(window: EventWindow): void {
    for (const row of window.rows) {
      const chunk = chunkOf(row.row);
      let rows = this.#chunks.get(chunk);
      if (!rows) this.#chunks.set(chunk, (rows = new Array<EventRow | undefined>(CHUNK_ROWS)));
      rows[row.row % CHUNK_ROWS] = row;
    }
    this.#evict();
    this.failure = null;
    this.#retries = 0;
    this.#arrived(window);
    this.version++;
  }

  #touch(chunk: number): void {
    const rows = this.#chunks.get(chunk);
    if (!rows) return;
    this.#chunks.delete(chunk);
    this.#chunks.set(chunk, rows);
  }

  #evict(): void {
    const [firstWanted, lastWanted] = [chunkOf(this.#wanted.first), chunkOf(this.#wanted.end)];
    for (const chunk of this.#chunks.keys()) {
      if (this.#chunks.size <= CHUNKS_MAX) return;
      if (chunk < firstWanted || chunk > lastWanted) this.#chunks.delete(chunk);
    }
  }

  #failed(failure: LabError): void {
    this.failure = failure;
    if (!failure.retriable) return;
    clearTimeout(this.#retryTimer);
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    this.#retryTimer = setTimeout(() => {
      this.#ask();
      if (this.#asking.size === 0) void this.tail(1);
    }, wait);
  }
}

const chunkOf = (row: number): number => Math.floor(row / CHUNK_ROWS);
