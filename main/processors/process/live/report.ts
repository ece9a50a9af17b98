/** What a live processor tells of itself: kept until it is asked for, the newest of each kind. */
import type { ProcessorActivity, ProcessorFailure } from '../../../api/processors.ts';
import type { Outcome, Place } from '../../realm/outcome.ts';
import type { InputRecord } from '../shardRun.ts';
import { utf8OrNull } from '../text.ts';
import type { Totals } from './changelog.ts';

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

export interface TaskReport extends Totals {
  shard: number;
  streamTime: number | null;
  /** `row`: how many events were ever appended before the position; null until one was read. */
  inputs: { stream: string; position: bigint; row: bigint | null }[];
}

/** `emitted`, `failures` and `lines`: what is new. */
export interface RunReport extends Told {
  tasks: TaskReport[];
  latencyMs: { p50: number; p99: number } | null;
  memoryBytes: number;
}

interface LastEmitted {
  output: string;
  shard: number;
  key: string | null;
  text: string | null;
  /** NaN for none. */
  timestamp: number;
  at: number;
  /** Null where no event is behind it. */
  stream: string | null;
  offset: string;
}

const cut = (text: string | null): string | null => (text !== null && text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text);
const textOf = (bytes: Uint8Array | null): string | null => cut(bytes && (utf8OrNull(bytes) ?? `${bytes.length} bytes that are not text`));

export class Report {
  #told = nothing();
  /** The last ones, in a ring that is written over: it is done for each event. */
  readonly #emitted: LastEmitted[] = [];
  #emittedAt = 0;
  #emittedNew = 0;

  emitted(outcome: Outcome, shard: number, of: InputRecord | null, at: number): void {
    for (let index = Math.max(0, outcome.count - EMITTED_KEPT); index < outcome.count; index++) {
      const last = (this.#emitted[this.#emittedAt] ??= nothingEmitted());
      this.#emittedAt = (this.#emittedAt + 1) % EMITTED_KEPT;
      this.#emittedNew++;
      last.output = outcome.outputs[index]!;
      last.shard = shard;
      last.key = outcome.keys[index]!;
      last.text = outcome.texts[index]!;
      last.timestamp = outcome.timestamps[index]!;
      last.at = at;
      last.stream = of === null ? null : of.stream;
      last.offset = of === null ? '' : of.offset;
    }
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
    const told = { ...this.#told, emitted: this.#takeEmitted() };
    this.#told = nothing();
    return told;
  }

  #takeEmitted(): ProcessorActivity['emitted'] {
    const count = Math.min(this.#emittedNew, EMITTED_KEPT);
    const first = this.#emittedAt - count + EMITTED_KEPT;
    this.#emittedNew = 0;
    return Array.from({ length: count }, (_, index) => {
      const { key, text, timestamp, stream, offset, ...rest } = this.#emitted[(first + index) % EMITTED_KEPT]!;
      const of = stream === null ? null : { stream, offset };
      return { ...rest, key: cut(key), text: cut(text), timestamp: Number.isNaN(timestamp) ? null : timestamp, of };
    });
  }

  #failed(failure: ProcessorFailure): void {
    const { failures } = this.#told;
    failures.push(failure);
    if (failures.length > FAILURES_KEPT) failures.shift();
  }
}

function nothingEmitted(): LastEmitted {
  return { output: '', shard: 0, key: null, text: null, timestamp: 0, at: 0, stream: null, offset: '' };
}

function nothing(): Omit<Told, 'emitted'> {
  return { failures: [], lines: [], linesDropped: 0, gaps: [] };
}
