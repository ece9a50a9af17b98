/**
 * One shard of a processor, step by step: its event time, its windows and punctuations, and the steps themselves in the realm. When a step is
 * taken, and where what came of it goes, is up to who has it: a simulated run (simulation.ts), or a live one (live/taskSteps.ts).
 */
import type { Headers } from '../bad.ts';
import type { Declaration } from '../realm/declaration.ts';
import type { Failure } from '../realm/outcome.ts';
import type { Realm } from '../realm/realm.ts';
import { EventTime, Period, type SavedEventTime } from './steps.ts';
import { utf8OrNull } from './text.ts';

export interface InputRecord {
  stream: string;
  /** Decimal. */
  offset: string;
  /** Milliseconds; NaN for none. */
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Headers;
}

/** Takes what a step has done; it is in the realm's outcome until the next one. */
export interface Sink {
  /** An event, a window or a punctuation is through. */
  stepped(shard: number): void;
  /** A window or a punctuation has failed; `step` names it. */
  failed(step: string, failure: Failure): void;
  bad(shard: number, record: InputRecord, reasons: readonly string[]): void;
}

/** As JSON can say it. */
export interface SavedShardRun {
  eventTime: SavedEventTime;
  window: number | null;
  punctuate: number | null;
}

export class ShardRun {
  readonly shard: number;
  readonly #realm: Realm;
  readonly #sink: Sink;
  readonly eventTime: EventTime;
  readonly #punctuation: Period | null;

  constructor(realm: Realm, declaration: Declaration, shard: number, sink: Sink, saved?: SavedShardRun, now = 0) {
    const { punctuateMs } = declaration;
    this.shard = shard;
    this.#realm = realm;
    this.#sink = sink;
    this.eventTime = new EventTime(saved?.eventTime, now);
    this.#punctuation = punctuateMs === null ? null : new Period(punctuateMs, saved?.punctuate ?? null);
  }

  get punctuated(): number | null {
    return this.#punctuation?.last ?? null;
  }

  /** One event, behind the punctuations that it makes due ({@link duePunctuations}). `key`, `text`: its key and its value, as they are in UTF-8. */
  event(record: InputRecord, now: number, key = utf8OrNull(record.key), text = utf8OrNull(record.value)): void {
    const { stream, offset, timestamp, headers } = record;
    if (key === undefined || text === undefined) {
      this.#sink.bad(this.shard, record, [`The ${key === undefined ? 'key' : 'value'} is not text in UTF-8.`]);
      return;
    }
    this.#realm.setTime(now, this.eventTime.time);
    this.#realm.event(stream, this.shard, offset, timestamp, key, text, headers.length === 0 ? null : headersText(headers));
    const { reasons } = this.#realm.outcome;
    this.#sink.stepped(this.shard);
    if (reasons !== null) this.#sink.bad(this.shard, record, JSON.parse(reasons) as string[]);
  }

  window(due: number): void {
    this.#realm.setTime(due, this.eventTime.time);
    this.#realm.window(this.shard, due);
    this.#periodic('window', due);
  }

  /** Those that event time has made due since they were last asked for; each is taken as it is asked for. */
  *duePunctuations(now: number): Generator<void> {
    const { time } = this.eventTime;
    if (!this.#punctuation || Number.isNaN(time)) return;
    for (const due of this.#punctuation.passTo(time)) {
      this.#realm.setTime(now, time);
      this.#realm.punctuate(this.shard, due);
      this.#periodic('punctuation', due);
      yield;
    }
  }

  #periodic(what: string, due: number): void {
    const { failure } = this.#realm.outcome;
    this.#sink.stepped(this.shard);
    if (failure !== null)
      this.#sink.failed(`${what} at ${new Date(due).toISOString()}, shard ${this.shard}`, JSON.parse(failure) as Failure);
  }
}

/** As {@link headersText} wrote them. */
export function headersOf(json: string | null): [string, Uint8Array | null][] {
  if (json === null) return [];
  return (JSON.parse(json) as [string, string | null][]).map(([name, value]) => [name, bytesOf(value)]);
}

export function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text);
}

function headersText(headers: Headers): string {
  return JSON.stringify(headers.map(([name, value]) => [name, utf8OrNull(value) ?? null]));
}
