/**
 * The rows that a grid holds: those around what it shows. Chunks that are shown are asked for once, a few at a time; what was
 * scrolled far past is cancelled. Rows that are not here yet are undefined.
 */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { EventRow, EventWindow } from '../../../../main/api/events.ts';
import { CHUNK_ROWS, chunkOf, RowChunks } from './rowChunks.ts';

/** Requests for rows that are under way at once. */
export const REQUESTS_MAX = 3;
/** Chunks beyond the shown ones within which a request goes on although its rows have been scrolled past. */
const CHUNKS_KEPT_ASKING = 2;
/** Waits before a failed request is tried again, milliseconds; the last one repeats. */
const RETRY_MS = [500, 1_000, 2_000, 5_000];

/** `generation`: see rowSource.ts. */
export type LoadedRows = EventWindow & { generation?: number };
export type LoadRows = (from: number | 'end', limit: number, signal: AbortSignal) => Promise<LoadedRows>;

interface Request {
  chunk: number;
  controller: AbortController;
}

export class RowCache {
  /** Counts up whenever rows arrive or leave. */
  version = $state(0);
  /** What the last request failed with, until one succeeds. */
  failure = $state.raw<LabError | null>(null);

  readonly #load: LoadRows;
  readonly #arrived: (window: LoadedRows, newest: boolean) => void;
  readonly #chunks = new RowChunks();
  #requests: Request[] = [];
  /** Chunks that are shown as they are until they have been asked for again. */
  #outdated: readonly number[] = [];
  #wanted = { first: 0, end: 0 };
  #retries = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #life = new AbortController();

  /** `arrived` learns of each window as it comes, before `version` counts up; `newest` are those that were asked for at the end. */
  constructor(load: LoadRows, arrived: (window: LoadedRows, newest: boolean) => void) {
    this.#load = load;
    this.#arrived = arrived;
  }

  /** Chunks that are held. */
  get size(): number {
    return this.#chunks.size;
  }

  row(row: number): EventRow | undefined {
    void this.version;
    return this.peek(row);
  }
  /** As `row`, for those who are told of arrivals anyway. */
  peek(row: number): EventRow | undefined {
    return this.#chunks.row(row);
  }

  /** The rows that are shown, from `first` up to `end`. Asks for what is missing. */
  want(first: number, end: number): void {
    this.#wanted = { first, end };
    const [firstChunk, lastChunk] = this.#wantedChunks();
    for (const { chunk, controller } of this.#requests) {
      if (chunk < firstChunk - CHUNKS_KEPT_ASKING || chunk > lastChunk + CHUNKS_KEPT_ASKING) controller.abort();
    }
    this.#chunks.touch(firstChunk, lastChunk);
    this.#ask();
  }

  /** The newest rows, and with them where the rows begin and end now. */
  async tail(limit: number): Promise<void> {
    const { signal } = this.#life;
    try {
      const window = await this.#load('end', limit, signal);
      if (!signal.aborted) this.#take(window, true);
    } catch (thrown) {
      if (!signal.aborted) this.#failed(toLabError(thrown));
    }
  }

  /** What is held may not be so any more: it is asked for again as soon as it is wanted. What is under way may be older, too. */
  outdated(): void {
    this.#outdated = this.#chunks.numbers;
    for (const { controller } of this.#requests) controller.abort();
    this.#ask();
  }

  /** Forgets everything, as when other shards are chosen. */
  clear(): void {
    this.close();
    this.#life = new AbortController();
    this.failure = null;
    this.#retries = 0;
    this.version++;
  }

  close(): void {
    clearTimeout(this.#retryTimer);
    this.#life.abort();
    for (const { controller } of this.#requests) controller.abort();
    this.#requests = [];
    this.#wanted = { first: 0, end: 0 };
    this.#outdated = [];
    this.#chunks.clear();
  }

  #wantedChunks(): [first: number, last: number] {
    const { first, end } = this.#wanted;
    return [chunkOf(first), chunkOf(Math.max(first, end - 1))];
  }

  #ask(): void {
    const { first, end } = this.#wanted;
    for (let row = first; row < end && this.#requests.length < REQUESTS_MAX; row++) {
      const chunk = chunkOf(row);
      if (this.peek(row) && !this.#outdated.includes(chunk)) continue;
      if (!this.#requests.some((request) => request.chunk === chunk)) void this.#request({ chunk, controller: new AbortController() });
      row = (chunk + 1) * CHUNK_ROWS - 1;
    }
  }

  async #request(request: Request): Promise<void> {
    this.#requests.push(request);
    const { chunk, controller } = request;
    let answer: LoadedRows | LabError;
    try {
      answer = await this.#load(chunk * CHUNK_ROWS, CHUNK_ROWS, controller.signal);
    } catch (thrown) {
      answer = toLabError(thrown);
    }
    if (!this.#requests.includes(request)) return; // cleared meanwhile
    this.#requests = this.#requests.filter((other) => other !== request);
    if (controller.signal.aborted) return this.#ask();
    if (!('rows' in answer)) return this.#failed(answer);
    this.#outdated = this.#outdated.filter((each) => each !== chunk);
    this.#take(answer, false);
    // An answer without the rows that were asked for means that they are no longer, or not yet, in the log. `arrived` has
    // learnt the range; to ask again at once would go round in circles.
    if (!this.#misses(chunk)) this.#ask();
  }

  #misses(chunk: number): boolean {
    const end = Math.min(this.#wanted.end, (chunk + 1) * CHUNK_ROWS);
    for (let row = Math.max(this.#wanted.first, chunk * CHUNK_ROWS); row < end; row++) if (!this.peek(row)) return true;
    return false;
  }

  #take(window: LoadedRows, newest: boolean): void {
    this.#chunks.put(window.rows);
    this.#chunks.evict(...this.#wantedChunks());
    this.failure = null;
    this.#retries = 0;
    this.#arrived(window, newest);
    this.version++;
  }

  #failed(failure: LabError): void {
    this.failure = failure;
    if (!failure.retriable) return;
    clearTimeout(this.#retryTimer);
    const wait = RETRY_MS[Math.min(this.#retries++, RETRY_MS.length - 1)];
    this.#retryTimer = setTimeout(() => {
      this.#ask();
      if (this.#requests.length === 0) void this.tail(1);
    }, wait);
  }
}
