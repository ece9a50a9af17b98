/** The histogram above a stream's rows: which range it shows, what is selected in it, and its counts, asked for again as the stream grows. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import { HISTOGRAM_BUCKETS_MAX, type Histogram, type HistogramRange } from '../../../../main/api/histogram.ts';
import type { TimeSpan } from './histogramBars.ts';
import { Pace } from './pace.ts';
import type { Order, RowClient } from './rowSource.ts';

/** Least pause between two counts while the stream grows, milliseconds. */
const GROWTH_PAUSE_MS = 1_000;
/** Ranges that were shown before, to go back to. */
const BACK_MAX = 50;
/** Narrower than this nothing is shown, milliseconds. */
const SPAN_MS_MIN = 10n;
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

/** A timestamp that says that there is none. */
const NO_TIME = -1n;

export class HistogramState {
  data = $state.raw<Histogram | null>(null);
  /** Why the counts are not those of now. */
  failure = $state.raw<LabError | null>(null);
  range = $state.raw<HistogramRange>({ by: 'usual' });
  selection = $state.raw<TimeSpan | null>(null);
  /** Whether there is a range to go back to. */
  canGoBack = $state(false);

  readonly #client: RowClient;
  readonly #stream: string;
  readonly #pace = new Pace(() => this.#count());
  #back: HistogramRange[] = [];
  /** Null for all. */
  #shards: readonly number[] | null = null;
  #order: Order = 'append';
  #asked = 0;
  #closed = new AbortController();

  constructor(client: RowClient, stream: string) {
    this.#client = client;
    this.#stream = stream;
  }

  /** Counts these shards from now on, or all, by the time that this order goes by. */
  choose(shards: readonly number[] | null, order: Order): void {
    this.#shards = shards;
    if (order !== this.#order) {
      this.#order = order;
      this.selection = null;
      this.#back = [];
      this.range = { by: 'usual' };
      this.canGoBack = false;
    }
    this.#asked++;
    this.#pace.wish(0);
  }
  endMoved(): void {
    this.#pace.wish(GROWTH_PAUSE_MS);
  }
  close(): void {
    this.#closed.abort();
    this.#pace.close();
  }

  select(selection: TimeSpan | null): void {
    this.selection = selection;
  }
  /** Whether a time lies beside what is selected. */
  isBeside(time: bigint): boolean {
    const { selection } = this;
    return selection !== null && (time === NO_TIME || time < selection.from || time >= selection.to);
  }

  show(range: HistogramRange): void {
    this.#back = [...this.#back, this.range].slice(-BACK_MAX);
    this.#goTo(range);
  }
  zoomTo({ from, to }: TimeSpan): void {
    if (to - from >= SPAN_MS_MIN) this.show({ by: 'range', from, to });
  }
  /** Twice as wide, or half as wide, around a time. */
  zoom(factor: 'in' | 'out', around: bigint): void {
    if (!this.data || this.data.from === this.data.to) return;
    const { from, to } = this.data;
    const part = (length: bigint): bigint => (factor === 'in' ? length / 2n : length * 2n);
    const clamp = (time: bigint): bigint => (time < INT64[0] ? INT64[0] : time > INT64[1] ? INT64[1] : time);
    this.zoomTo({ from: clamp(around - part(around - from)), to: clamp(around + part(to - around)) });
  }
  back(): void {
    const range = this.#back.pop();
    if (range) this.#goTo(range);
  }
  /** What Escape does: the selection goes first, then the zoom. */
  clear(): void {
    if (this.selection) return this.select(null);
    this.#back = [];
    if (this.range.by !== 'usual') this.#goTo({ by: 'usual' });
  }

  #goTo(range: HistogramRange): void {
    this.range = range;
    this.canGoBack = this.#back.length > 0;
    this.#asked++;
    this.#pace.wish(0);
  }

  async #count(): Promise<void> {
    const { signal } = this.#closed;
    const asked = this.#asked;
    try {
      const shards = this.#shards ? { shards: [...this.#shards] } : {};
      const input = { stream: this.#stream, ...shards, range: this.range, buckets: HISTOGRAM_BUCKETS_MAX };
      const { events, eventTimes } = this.#client;
      const data = await (this.#order === 'append' ? events : eventTimes).histogram(input, { signal });
      if (signal.aborted || asked !== this.#asked) return;
      this.data = data;
      this.failure = null;
    } catch (thrown) {
      if (!signal.aborted) this.failure = toLabError(thrown);
    }
  }
}
