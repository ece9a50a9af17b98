/**
 * A processor over recorded events in simulated time, without a log: the wall clock stands at the latest timestamp so far, so windows fire
 * where they would have, had each event come when it says. The same events and seed always give the same.
 */
import { utf8OrNull } from './text.ts';
import type { Declaration } from './realm/declaration.ts';
import type { Realm } from './realm/realm.ts';
import { SIMULATED_BYTES, type Emission, type Simulated, type SimulatedRecord, type StepFailure } from './processorContract.ts';
import { createPeriod, EventTime, type Period } from './steps.ts';

/** What a bad event is sent to. */
export const BAD = 'bad';
/** Headers that say of a bad event why, and what it was. */
export const REASON_HEADER = 'loglab.reason';

/** What an emission has besides its text, about, bytes. */
const AROUND_BYTES = 100;

interface Shard {
  eventTime: EventTime;
  punctuation: Period | null;
}

export class Simulation {
  readonly #realm: Realm;
  readonly #declaration: Declaration;
  readonly #windows: Period | null;
  readonly #shards = new Map<number, Shard>();
  #now = Number.NEGATIVE_INFINITY;
  #result: Simulated = nothing();
  #bytes = 0;

  constructor(realm: Realm, declaration: Declaration) {
    this.#realm = realm;
    this.#declaration = declaration;
    this.#windows = declaration.windowMs === null ? null : createPeriod(declaration.windowMs);
  }

  /** One event after the other. What came of them, in parts. */
  *run(records: readonly SimulatedRecord[]): Generator<Simulated> {
    for (const record of records) yield* this.#parts(this.#process(record));
    yield this.#taken();
  }

  /** Lets so much time pass after the last event, milliseconds. */
  *runOn(ms: number): Generator<Simulated> {
    if (this.#now !== Number.NEGATIVE_INFINITY) yield* this.#parts(this.#passTo(this.#now + ms));
    yield this.#taken();
  }

  *#parts(steps: Iterable<void>): Generator<Simulated> {
    for (const _ of steps) if (this.#bytes >= SIMULATED_BYTES) yield this.#taken();
  }

  #taken(): Simulated {
    const result = this.#result;
    this.#result = nothing();
    this.#bytes = 0;
    return result;
  }

  *#process(record: SimulatedRecord): Generator<void> {
    const { stream, shard: number, timestamp } = record;
    const shard = this.#shardOf(number);
    const time = timestamp === null ? Number.NaN : Number(timestamp);
    if (time > this.#now) yield* this.#passTo(time);
    shard.eventTime.hear(stream, time, this.#now);
    yield* this.#punctuate(number, shard);
    this.#setTime(shard);
    const key = utf8OrNull(record.key);
    const text = utf8OrNull(record.value);
    if (key === undefined || text === undefined) {
      this.#bad(record, [`The ${key === undefined ? 'key' : 'value'} is not text in UTF-8.`]);
    } else {
      const headers = record.headers.length === 0 ? null : headersText(record.headers);
      this.#realm.event(stream, number, record.offset, time, key, text, headers);
      const { reasons } = this.#realm.outcome;
      this.#collect(number);
      if (reasons !== null) this.#bad(record, JSON.parse(reasons) as string[]);
    }
    yield;
  }

  /** The wall clock goes on to this time; what is due on the way is run. */
  *#passTo(time: number): Generator<void> {
    for (const due of this.#windows?.passTo(time) ?? []) {
      this.#now = due;
      for (const [number, shard] of this.#inOrder()) {
        this.#setTime(shard);
        this.#realm.window(number, due);
        this.#collect(number, `window at ${new Date(due).toISOString()}, shard ${number}`);
        yield;
      }
    }
    this.#now = time;
    for (const [number, shard] of this.#inOrder()) {
      shard.eventTime.look(time);
      yield* this.#punctuate(number, shard);
    }
  }

  *#punctuate(number: number, shard: Shard): Generator<void> {
    const { time } = shard.eventTime;
    if (!shard.punctuation || Number.isNaN(time)) return;
    for (const due of shard.punctuation.passTo(time)) {
      this.#setTime(shard);
      this.#realm.punctuate(number, due);
      this.#collect(number, `punctuation at ${new Date(due).toISOString()}, shard ${number}`);
      yield;
    }
  }

  #setTime(shard: Shard): void {
    this.#realm.setTime(this.#now === Number.NEGATIVE_INFINITY ? 0 : this.#now, shard.eventTime.time);
  }

  #shardOf(number: number): Shard {
    const known = this.#shards.get(number);
    if (known) return known;
    const { punctuateMs } = this.#declaration;
    const made = { eventTime: new EventTime(), punctuation: punctuateMs === null ? null : createPeriod(punctuateMs) };
    this.#shards.set(number, made);
    return made;
  }

  #inOrder(): [number, Shard][] {
    return [...this.#shards].sort(([one], [other]) => one - other);
  }

  /** What the last step has done; `step`: what to call it where it failed. */
  #collect(shard: number, step = ''): void {
    const { outcome } = this.#realm;
    const { emissions, failures, log } = this.#result;
    for (let at = 0; at < outcome.count; at++) {
      const timestamp = outcome.timestamps[at]!;
      const headers = outcome.headers[at]!;
      this.#bytes += (outcome.keys[at]?.length ?? 0) + (outcome.texts[at]?.length ?? 0) + (headers?.length ?? 0) + AROUND_BYTES;
      emissions.push({
        output: outcome.outputs[at]!,
        shard,
        timestamp: Number.isNaN(timestamp) ? null : BigInt(timestamp),
        key: bytesOf(outcome.keys[at]!),
        value: bytesOf(outcome.texts[at]!),
        headers: headers === null ? [] : (JSON.parse(headers) as [string, string | null][]).map(([name, value]) => [name, bytesOf(value)]),
      });
    }
    if (outcome.log !== null) this.#bytes += outcome.log.length;
    if (outcome.failure !== null) failures.push({ step, ...(JSON.parse(outcome.failure) as Omit<StepFailure, 'step'>) });
    if (outcome.log !== null) log.push(...(JSON.parse(outcome.log) as string[]));
  }

  /** As it was, with its reasons as headers behind its own. */
  #bad({ shard, timestamp, key, value, headers }: SimulatedRecord, reasons: readonly string[]): void {
    const why: Emission['headers'] = reasons.map((reason) => [REASON_HEADER, bytesOf(reason)]);
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0) + AROUND_BYTES;
    this.#result.emissions.push({ output: BAD, shard, timestamp, key, value, headers: [...headers, ...why] });
  }
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text);
}

function headersText(headers: SimulatedRecord['headers']): string {
  return JSON.stringify(headers.map(([name, value]) => [name, utf8OrNull(value) ?? null]));
}

function nothing(): Simulated {
  return { emissions: [], failures: [], log: [] };
}
