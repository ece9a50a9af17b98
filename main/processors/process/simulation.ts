/** A processor over recorded events in simulated time (simulatedRun.ts), without a log. The same events and seed always give the same. */
import { BAD, badHeaders } from '../bad.ts';
import { SIMULATED_BYTES, type Simulated, type SimulatedRecord } from '../processorContract.ts';
import type { Declaration } from '../realm/declaration.ts';
import type { Realm } from '../realm/realm.ts';
import { bytesOf, headersOf, type InputRecord } from './shardRun.ts';
import { SimulatedRun } from './simulatedRun.ts';

/** What an emission has besides its text, about, bytes. */
const AROUND_BYTES = 100;

export class Simulation {
  readonly #name: string;
  readonly #realm: Realm;
  readonly #run: SimulatedRun;
  #result: Simulated = nothing();
  #bytes = 0;

  /** `name`: of the processor, as its bad events tell it. */
  constructor(name: string, realm: Realm, declaration: Declaration) {
    this.#name = name;
    this.#realm = realm;
    this.#run = new SimulatedRun(realm, declaration, {
      stepped: (shard) => this.#stepped(shard),
      failed: (step, failure) => void this.#result.failures.push({ step, ...failure }),
      bad: (shard, record, reasons) => this.#bad(shard, record, reasons),
    });
  }

  /** One event after the other. What came of them, in parts. */
  *run(records: readonly SimulatedRecord[]): Generator<Simulated> {
    for (const record of records) yield* this.#parts(this.#process(record));
    yield this.#taken();
  }

  /** Lets so much time pass after the last event, milliseconds. */
  *runOn(ms: number): Generator<Simulated> {
    if (this.#run.hasBegun) yield* this.#parts(this.#run.passTo(this.#run.now + ms));
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

  #process({ shard, timestamp, ...rest }: SimulatedRecord): Generator<void> {
    const time = timestamp === null ? Number.NaN : Number(timestamp);
    return this.#run.event(shard, { ...rest, timestamp: time }, time);
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
