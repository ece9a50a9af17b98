/** Rates of growing counters: how much was added a second over the last few seconds. */

/** Over how long a rate is taken, milliseconds. */
export const RATE_WINDOW_MS = 5_000;
/** Samples kept of one counter; enough for the window at one each RATE_SAMPLE_MS. */
const SAMPLES_MAX = 24;
/** Least time between two samples, milliseconds. */
export const RATE_SAMPLE_MS = 250;

interface Sample {
  at: number;
  values: number[];
}

/** The rates of a few counters that are sampled together. */
export interface RateMeter {
  sample(at: number, values: number[]): void;
  /** Per second, in the order of the values. */
  rates(at: number): number[];
}

export function createRateMeter(): RateMeter {
  const samples: Sample[] = [];
  return {
    sample(at, values) {
      const last = samples.at(-1);
      if (last && at - last.at < RATE_SAMPLE_MS) return;
      samples.push({ at, values });
      while (samples.length > SAMPLES_MAX || (samples.length > 2 && at - samples[1]!.at > RATE_WINDOW_MS)) samples.shift();
    },
    rates(at) {
      const last = samples.at(-1);
      const first = samples.find((sample) => at - sample.at <= RATE_WINDOW_MS);
      if (!last || !first || first === last) return last ? last.values.map(() => 0) : [];
      const seconds = Math.max(1, (at - first.at) / 1000);
      return last.values.map((value, index) => Math.max(0, value - (first.values[index] ?? 0)) / seconds);
    },
  };
}
