/**
 * A processor over recorded events in simulated time, without a log: the wall clock stands at the latest timestamp so far, so windows fire
 * where they would have, had each event come when it says. The same events and seed always give the same.
 */
import { BAD, badHeaders } from '../bad.ts';
import { SIMULATED_BYTES, type Simulated, type SimulatedRecord } from '../processorContract.ts';
import type { Declaration } from '../realm/declaration.ts';
import type { Realm } from '../realm/realm.ts';
import { bytesOf, headersOf, type InputRecord, ShardRun, type Sink } from './shardRun.ts';
import { Period } from './steps.ts';

/** What an emission has besides its text, about, bytes. */
const AROUND_BYTES = 100;

export class Simulation {
  readonly #name: string;
  readonly #realm: Realm;
  readonly #declaration: Declaration;
  readonly #windows: Period | null;
  readonly #shards = new Map<number, ShardRun>();
  readonly #sink: Sink;
  #now = Number.NEGATIVE_INFINITY;
  #result: Simulated = nothing();
  #bytes = 0;

  /** `name`: of the processor, as its bad events tell it. */
  constructor(name: string, realm: Realm, declaration: Declaration) {
    this.#name = name;
    this.#realm = realm;
    this.#declaration = declaration;
    this.#windows = declaration.windowMs === null ? null : new Period(declaration.windowMs);
    this.#sink = {
      stepped: (shard) => this.#stepped(shard),
      failed: (step, failure) => void this.#result.failures.push({ step, ...failure }),
      bad: (shard, record, reasons) => this.#bad(shard, record, reasons),
    };
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

  *#process({ shard: number, timestamp, ...rest }: SimulatedRecord): Generator<void> {
    const shard = this.#shardOf(number);
    const time = timestamp === null ? Number.NaN : Number(timestamp);
    if (time > this.#now) yield* this.#passTo(time);
    shard.eventTime.hear(rest.stream, time, this.#now);
    yield* shard.duePunctuations(this.#wallClock);
    shard.event({ ...rest, timestamp: time }, this.#wallClock);
    yield;
  }

  /** The wall clock goes on to this time; what is due on the way is run. */
  *#passTo(time: number): Generator<void> {
    for (const due of this.#windows?.passTo(time) ?? []) {
      this.#now = due;
      for (const shard of this.#inOrder()) {
        shard.window(due);
        yield;
      }
    }
    this.#now = time;
    for (const shard of this.#inOrder()) {
      shard.eventTime.look(time);
      yield* shard.duePunctuations(time);
    }
  }

  get #wallClock(): number {
    return this.#now === Number.NEGATIVE_INFINITY ? 0 : this.#now;
  }

  #shardOf(number: number): ShardRun {
    const known = this.#shards.get(number);
    if (known) return known;
    const made = new ShardRun(this.#realm, this.#declaration, number, this.#sink);
    this.#shards.set(number, made);
    return made;
  }

  #inOrder(): ShardRun[] {
    return [...this.#shards.values()].sort((one, other) => one.shard - other.shard);
  }

  #stepped(shard: number): void {
    const { outcome } = this.#realm;
    const { emissions, log } = this.#result;
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
        headers: headersOf(headers),
      });
    }
    if (outcome.log !== null) this.#bytes += outcome.log.length;
    if (outcome.log !== null) log.push(...(JSON.parse(outcome.log) as string[]));
  }

  #bad(shard: number, { timestamp, key, value, headers, stream, offset }: InputRecord, reasons: readonly string[]): void {
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0) + AROUND_BYTES;
    const at = Number.isNaN(timestamp) ? null : BigInt(timestamp);
    this.#result.emissions.push({
      output: BAD,
      shard,
      timestamp: at,
      key,
      value,
      headers: badHeaders(headers, reasons, { processor: this.#name, stream, shard, offset }),
    });
  }
}

function nothing(): Simulated {
  return { emissions: [], failures: [], log: [] };
}
