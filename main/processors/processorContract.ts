/** What a processor's process answers to whoever started it. */
import * as v from 'valibot';
import { call, stream, type } from '../api/contract.ts';
import { bytes } from '../api/values.ts';
import type { Declaration } from './realm/declaration.ts';
import type { Failure } from './realm/outcome.ts';

/** Records handed over at once. */
export const SIMULATED_RECORDS_MAX = 1_000;
/** A part of what came of them is answered when it has so many bytes; the last step's, of up to 9 MiB, come on top. */
export const SIMULATED_BYTES = 1024 * 1024;
/** Parts under way. */
const SIMULATED_CREDIT = 2;

const headers = v.array(v.tuple([v.string(), v.nullable(bytes)]));

const simulatedRecord = v.strictObject({
  stream: v.string(),
  shard: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Decimal. */
  offset: v.string(),
  timestamp: v.nullable(v.bigint()),
  key: v.nullable(bytes),
  value: v.nullable(bytes),
  headers,
});

export type SimulatedRecord = v.InferOutput<typeof simulatedRecord>;

/** An event on its way out, in the shard where it was made. */
export interface Emission {
  output: string;
  shard: number;
  timestamp: bigint | null;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: [string, Uint8Array | null][];
}

/** Of a window or a punctuation: an event that fails is bad instead. */
export interface StepFailure extends Failure {
  step: string;
}

/** What came of some steps. */
export interface Simulated {
  emissions: Emission[];
  failures: StepFailure[];
  log: string[];
}

export interface Loaded {
  declaration: Declaration;
  log: string[];
}

const processor = {
  /** Loads a source, in place of one that was loaded before. `bad-input`, with the place, where it can not be. */
  load: call(v.strictObject({ source: v.string(), fileName: v.string(), seed: v.pipe(v.number(), v.integer()) }), type<Loaded>()),
  /** The next events of a simulated run (simulation.ts). */
  simulate: stream(v.strictObject({ records: v.pipe(v.array(simulatedRecord), v.maxLength(SIMULATED_RECORDS_MAX)) }), type<Simulated>(), {
    credit: SIMULATED_CREDIT,
  }),
  /** Lets time pass after the last event of a simulated run. */
  runOn: stream(v.strictObject({ ms: v.pipe(v.number(), v.minValue(0)) }), type<Simulated>(), { credit: SIMULATED_CREDIT }),
};

export const processorContract = { processor };

const watchdog = {
  /** Why its process is about to be ended, a sentence. */
  ending: call(v.strictObject({ why: v.string() }), type<void>()),
};

/** What a processor's watchdog says to whoever started the process, over a connection of its own. */
export const watchdogContract = { watchdog };
