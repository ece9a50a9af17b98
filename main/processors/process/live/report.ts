/** What a live processor tells of itself: kept until it is asked for, the newest of each kind. */
import type { ProcessorActivity, ProcessorFailure } from '../../../api/processors.ts';
import type { Outcome, Place } from '../../realm/outcome.ts';
import type { InputRecord } from '../shardRun.ts';
import { utf8OrNull } from '../text.ts';

/** Emitted events that are told of, the last ones. */
const EMITTED_KEPT = 20;
/** Bad events and failed steps between two reports, the last ones. */
const FAILURES_KEPT = 50;
/** Lines of the log between two reports. */
const LINES_KEPT = 200;
/** Characters of a key or a value that is told. */
const TEXT_MAX = 400;

/** What is new since the last report. */
export interface Told extends ProcessorActivity {
  /** Lines that were not kept. */
  linesDropped: number;
  /** Events that are passed over, since they are damaged or were trimmed before they were read. */
  gaps: { stream: string; shard: number; from: bigint; until: bigint; why: string }[];
}

const cut = (text: string | null): string | null => (text !== null && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
const textOf = (bytes: Uint8Array | null): string | null => cut(bytes && (utf8OrNull(bytes) ?? `${bytes.length} bytes that are not text`));

export class Report {
  #told = nothing();

  emitted(outcome: Outcome, shard: number, of: InputRecord | null, at: number): void {
    const { emitted } = this.#told;
    for (let index = Math.max(0, outcome.count - EMITTED_KEPT); index < outcome.count; index++) {
      const timestamp = outcome.timestamps[index]!;
      emitted.push({
        output: outcome.outputs[index]!,
        shard,
        key: cut(outcome.keys[index]!),
        text: cut(outcome.texts[index]!),
        timestamp: Number.isNaN(timestamp) ? null : timestamp,
        at,
        of: of && { stream: of.stream, offset: of.offset },
      });
    }
    // Twice as many before they are thrown away: it is not done for each.
    if (emitted.length > 2 * EMITTED_KEPT) emitted.splice(0, emitted.length - EMITTED_KEPT);
  }

  bad(shard: number, { stream, offset, key, value }: InputRecord, reasons: readonly string[], at: number): void {
    this.#failed({
      at,
      shard,
      event: { stream, offset, key: textOf(key), text: textOf(value) },
      step: null,
      reasons: [...reasons],
      place: null,
    });
  }

  failed(shard: number, step: string, message: string, place: Place | null, at: number): void {
    this.#failed({ at, shard, event: null, step, reasons: [message], place });
  }

  gap(gap: Told['gaps'][number], at: number): void {
    this.failed(gap.shard, `${gap.stream}, shard ${gap.shard}`, gap.why, null, at);
    if (this.#told.gaps.length < FAILURES_KEPT) this.#told.gaps.push(gap);
  }

  log(lines: readonly string[], at: number): void {
    for (const text of lines) this.#told.lines.push({ at, text });
    const over = this.#told.lines.length - LINES_KEPT;
    if (over <= 0) return;
    this.#told.lines.splice(0, over);
    this.#told.linesDropped += over;
  }

  /** What came since this was last asked. */
  take(): Told {
    const told = this.#told;
    this.#told = nothing();
    if (told.emitted.length > EMITTED_KEPT) told.emitted.splice(0, told.emitted.length - EMITTED_KEPT);
    return told;
  }

  #failed(failure: ProcessorFailure): void {
    const { failures } = this.#told;
    failures.push(failure);
    if (failures.length > FAILURES_KEPT) failures.shift();
  }
}

function nothing(): Told {
  return { emitted: [], failures: [], lines: [], linesDropped: 0, gaps: [] };
}
