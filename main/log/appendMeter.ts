/** How long the last appends took. */

/** Latencies kept, appends. */
const LATENCIES_KEPT = 1024;

export class AppendMeter {
  readonly #latenciesMs = new Float64Array(LATENCIES_KEPT);
  #appends = 0;

  add(latencyMs: number): void {
    this.#latenciesMs[this.#appends++ % LATENCIES_KEPT] = latencyMs;
  }

  /** Over the last LATENCIES_KEPT appends, milliseconds; null before the first. */
  p99Ms(): number | null {
    const kept = this.#latenciesMs.slice(0, Math.min(this.#appends, LATENCIES_KEPT)).sort();
    return kept.length === 0 ? null : (kept[Math.ceil(kept.length * 0.99) - 1] as number);
  }
}
