/**
 * When a processor's windows and punctuations are due, and how far event time has come in each of its shards.
 *
 * Windows go by the wall clock, in all shards: at each multiple of their period that it passes. Event time is counted for each shard by
 * itself: the greatest timestamp of each input so far, and of those the least; an input that has been silent for IDLE_MS of the wall clock,
 * or has not spoken yet, is not waited for. It never goes back. A punctuation is due at each multiple of its period that event time passes.
 */
export interface Period {
  /** Each multiple of the period that lies after the last time and not after this one; of very many the last ones. */
  passTo(time: number): Iterable<number>;
}

/** An input that has had no event for so long does not hold event time back, milliseconds. */
export const IDLE_MS = 10_000;

/** Multiples of a period in one jump of time, so that an event of the year 9999 does not run a window for ever. */
export const DUE_AT_ONCE_MAX = 10_000;

/** Nothing is due before the first time that it is told. */
export function createPeriod(periodMs: number): Period {
  let last: number | null = null;
  return {
    *passTo(time) {
      const until = Math.floor(time / periodMs);
      const from = last === null ? until : last;
      last = Math.max(until, from);
      for (let at = Math.max(from, until - DUE_AT_ONCE_MAX) + 1; at <= until; at++) yield at * periodMs;
    },
  };
}

/** Event time of one shard. */
export class EventTime {
  readonly #inputs = new Map<string, { latest: number; heardAt: number }>();
  #time = Number.NaN;

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
