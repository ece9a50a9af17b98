/** How long events took from their append to the commit of what came of them, over the last ones. */

/** Commits looked at. */
const SAMPLES_MAX = 1_024;

export class LatencyMeter {
  readonly #samples: { ms: number; events: number }[] = [];
  #at = 0;

  /** `events` that were appended at one moment were through after so long. */
  add(ms: number, events: number): void {
    this.#samples[this.#at] = { ms, events };
    this.#at = (this.#at + 1) % SAMPLES_MAX;
  }

  /** Milliseconds; null before the first. */
  percentiles(): { p50: number; p99: number } | null {
    const sorted = this.#samples.toSorted((one, other) => one.ms - other.ms);
    const events = sorted.reduce((sum, sample) => sum + sample.events, 0);
    const at = (share: number): number => {
      let left = events * share;
      return sorted.find((sample) => (left -= sample.events) <= 0)!.ms;
    };
    return events === 0 ? null : { p50: at(0.5), p99: at(0.99) };
  }
}
