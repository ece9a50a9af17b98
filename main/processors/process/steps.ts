/**
 * When a processor's windows and punctuations are due, and how far event time has come in each of its shards.
 *
 * Windows go by the wall clock, in all shards: at each multiple of their period that it passes. Event time is counted for each shard by
 * itself: the greatest timestamp of each input so far, and of those the least; an input that has been silent for IDLE_MS of the wall clock,
 * or has not spoken yet, is not waited for. It never goes back. A punctuation is due at each multiple of its period that event time passes.
 */
/** An input that has had no event for so long does not hold event time back, milliseconds. */
export const IDLE_MS = 10_000;

/** Multiples of a period in one jump of time, so that an event of the year 9999 does not run a window for ever. */
export const DUE_AT_ONCE_MAX = 10_000;

/** Nothing is due before the first time that it is told. */
export class Period {
  readonly #ms: number;
  #last: number | null;

  /** `last`: what {@link last} was in an earlier life. */
  constructor(ms: number, last: number | null = null) {
    this.#ms = ms;
    this.#last = last;
  }

  /** The last multiple of the period, counted from 0, that was passed; null before the first time. */
  get last(): number | null {
    return this.#last;
  }

  /** When the next one is due, milliseconds; null before the first time. */
  get next(): number | null {
    return this.#last === null ? null : (this.#last + 1) * this.#ms;
  }

  /** Each multiple of the period that lies after the last time and not after this one; of very many the last ones. */
  *passTo(time: number): Generator<number> {
    const until = Math.floor(time / this.#ms);
    const from = this.#last ?? until;
    this.#last = Math.max(until, from);
    for (let at = Math.max(from, until - DUE_AT_ONCE_MAX) + 1; at <= until; at++) yield at * this.#ms;
  }
}

/** As JSON can say it. */
export interface SavedEventTime {
  inputs: [input: string, latest: number][];
  time: number | null;
}

/** Event time of one shard. */
export class EventTime {
  readonly #inputs = new Map<string, { latest: number; heardAt: number }>();
  #time = Number.NaN;

  /** `saved`: what {@link saved} was in an earlier life; its inputs count as heard `now`. */
  constructor(saved?: SavedEventTime, now = 0) {
    for (const [input, latest] of saved?.inputs ?? []) this.#inputs.set(input, { latest, heardAt: now });
    this.#time = saved?.time ?? Number.NaN;
  }

  get saved(): SavedEventTime {
    return { inputs: [...this.#inputs].map(([input, { latest }]) => [input, latest]), time: Number.isNaN(this.#time) ? null : this.#time };
  }

  /** NaN before the first event that has a timestamp. */
  get time(): number {
    return this.#time;
  }

  /** An event came, at this time of the wall clock. `timestamp` NaN where it has none. */
  hear(input: string, timestamp: number, now: number): void {
    const known = this.#inputs.get(input);
    if (known) {
      known.heardAt = now;
      if (timestamp > known.latest) known.latest = timestamp;
      if (this.#inputs.size === 1) {
        if (!(known.latest <= this.#time)) this.#time = known.latest;
        return;
      }
    } else if (!Number.isNaN(timestamp)) {
      this.#inputs.set(input, { latest: timestamp, heardAt: now });
    }
    this.look(now);
  }

  /** The wall clock has gone on: an input may have become idle. */
  look(now: number): void {
    let least = Infinity;
    for (const { latest, heardAt } of this.#inputs.values()) {
      if (now - heardAt < IDLE_MS && latest < least) least = latest;
    }
    if (least !== Infinity && !(least <= this.#time)) this.#time = least;
  }
}
