/** How fast appends are, over the last few of them and the last few seconds. */
import type { BatchToAppend } from './store/append.ts';

/** Latencies kept, appends. */
const LATENCIES_KEPT = 1024;
/** Rates are means over this many whole seconds. */
const RATE_SECONDS = 5;

export interface AppendStats {
  /** From the call to the acknowledgement, milliseconds, over the last LATENCIES_KEPT appends; null before the first. */
  appendP99Ms: number | null;
  recordsPerSecond: number;
  bytesPerSecond: number;
  queuedBytes: number;
  /** Ever. */
  checkpointsFailed: number;
}

interface Second {
  second: number;
  records: number;
  bytes: number;
}

export class AppendMeter {
  readonly #latenciesMs = new Float64Array(LATENCIES_KEPT);
  #appends = 0;
  #checkpointsFailed = 0;
  readonly #seconds: Second[] = Array.from({ length: RATE_SECONDS + 1 }, () => ({ second: -1, records: 0, bytes: 0 }));

  add(nowMs: number, latencyMs: number, batches: readonly BatchToAppend[]): void {
    this.#latenciesMs[this.#appends++ % LATENCIES_KEPT] = latencyMs;
    const slot = this.#slot(Math.floor(nowMs / 1000));
    for (const { header, bytes } of batches) {
      slot.records += header.recordCount;
      slot.bytes += bytes.length;
    }
  }

  checkpointFailed(): void {
    this.#checkpointsFailed++;
  }

  stats(nowMs: number, queuedBytes: number): AppendStats {
    const current = Math.floor(nowMs / 1000);
    const whole = this.#seconds.filter(({ second }) => second >= current - RATE_SECONDS && second < current);
    return {
      appendP99Ms: this.#p99Ms(),
      recordsPerSecond: whole.reduce((sum, { records }) => sum + records, 0) / RATE_SECONDS,
      bytesPerSecond: whole.reduce((sum, { bytes }) => sum + bytes, 0) / RATE_SECONDS,
      queuedBytes,
      checkpointsFailed: this.#checkpointsFailed,
    };
  }

  #p99Ms(): number | null {
    const kept = this.#latenciesMs.slice(0, Math.min(this.#appends, LATENCIES_KEPT)).sort();
    return kept.length === 0 ? null : (kept[Math.ceil(kept.length * 0.99) - 1] as number);
  }

  /** The ring of seconds: the slot of a second long past is used again. */
  #slot(second: number): Second {
    const slot = this.#seconds[second % this.#seconds.length] as Second;
    if (slot.second !== second) Object.assign(slot, { second, records: 0, bytes: 0 });
    return slot;
  }
}
