/** What a processor's process answers to whoever started it. */
import * as v from 'valibot';
import { call, stream, type } from '../api/contract.ts';
import { bytes } from '../api/values.ts';
import { STEP_WALL_MS_MAX } from './process/stepClock.ts';
import type { Declaration } from './realm/declaration.ts';
import { GUARANTEES, STATE_ENTRIES_MAX, type StatePage } from '../api/processors.ts';
import { CODECS } from '../api/streams.ts';
import { passingOptions, selectionOptions } from '../replay/passing.ts';
import type { RunReport } from './process/live/report.ts';
import type { Failure } from './realm/outcome.ts';

/** Records handed over at once. */
export const SIMULATED_RECORDS_MAX = 1_000;
/** A part of what came of them is answered when it has so many bytes; the last step's, of up to 9 MiB, come on top. */
export const SIMULATED_BYTES = 1024 * 1024;
/** Longest that the tasks of a processor take up their state, milliseconds. */
export const RESTORE_MS_MAX = 10 * 60_000;
/** Longest that a source is loaded, milliseconds: its watchdog says sooner what is wrong, also on a machine that is busy. */
export const LOAD_MS_MAX = STEP_WALL_MS_MAX + 30_000;
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

/** Events of a task between two commits, at most. */
export const EVENTS_AT_ONCE_MAX = 100_000;

const brokerId = v.pipe(v.number(), v.integer(), v.minValue(1));
const shardId = v.pipe(v.number(), v.integer(), v.minValue(1));
const source = {
  source: v.string(),
  fileName: v.string(),
  seed: v.pipe(v.number(), v.integer()),
  /** Path of the geo database. */
  geoFile: v.string(),
};

/** What a task works with; offsets and ids are those of the brokers. */
const liveTask = v.strictObject({
  shard: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The broker of its state and its positions: what is committed together. */
  homeId: brokerId,
  stateShardId: shardId,
  positionsShardId: shardId,
  /** Positions that were written with another one do not count. */
  validWith: v.string(),
  /** In the sequences of what it sends to other brokers. */
  producerId: v.bigint(),
  /**
   * `stream`: as the processor names it, `calledHere`: as all others do. `start`: the offset that is read first where there is no position yet.
   * `until`, of a replay: nothing is read from there on, yet.
   */
  inputs: v.array(
    v.strictObject({ stream: v.string(), calledHere: v.string(), brokerId, shardId, start: v.bigint(), until: v.optional(v.bigint()) }),
  ),
});
export type LiveTask = v.InferOutput<typeof liveTask>;

const liveBoot = v.strictObject({
  ...source,
  /** Whose positions these are. */
  reader: v.string(),
  guarantee: v.picklist(GUARANTEES),
  /** Events of a task between two commits, at most: few where the life before has ended at one of them. */
  eventsAtOnce: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Local sockets on which the brokers answer (cluster/brokerContract.ts). */
  brokers: v.array(v.strictObject({ id: brokerId, address: v.string(), secret: v.string() })),
  tasks: v.array(liveTask),
  /** Of a replay: which of the events that are read are seen, and how. */
  replay: v.optional(v.strictObject({ passing: passingOptions })),
  /** By the processor's names; also that of the bad events. */
  outputs: v.array(
    v.strictObject({
      name: v.string(),
      compression: v.picklist(CODECS),
      batchBytesMax: v.number(),
      shards: v.array(v.strictObject({ brokerId, shardId })),
    }),
  ),
});
export type LiveBoot = v.InferOutput<typeof liveBoot>;

const offset = v.bigint();
const column = {
  ...source,
  /** What streams are called that it calls otherwise, by its own names; all other names here are those. */
  streams: v.record(v.string(), v.string()),
  /** Of the rehearsal: its tape, and of this column the journal. */
  tape: v.string(),
  journal: v.string(),
  /** As the tape numbers them. */
  inputs: v.array(
    v.strictObject({
      stream: v.string(),
      shard: v.number(),
      brokerId,
      shardId,
      from: offset,
      until: offset,
      chosen: v.optional(selectionOptions),
    }),
  ),
  brokers: v.array(v.strictObject({ id: brokerId, address: v.string(), secret: v.string() })),
  /** The column that it follows: its journal, and how many shards the streams have that it writes. */
  after: v.nullable(v.strictObject({ journal: v.string(), streams: v.array(v.strictObject({ stream: v.string(), shards: v.number() })) })),
};

/** From `carefulFrom` on each position is noted before the next one: an earlier run of it was ended behind there. */
const rehearsedColumn = v.strictObject({ ...column, bytesMax: v.number(), carefulFrom: v.number() });
export type RehearsedColumn = v.InferOutput<typeof rehearsedColumn>;
const checkedColumn = v.strictObject({ ...column, upTo: v.number() });
export type CheckedColumn = v.InferOutput<typeof checkedColumn>;

export interface RehearsedReport {
  reach: number;
  emittedAt: number;
  failedAt: number;
  bytes: number;
  memoryBytes: number;
}

export interface CheckReport {
  upTo: number;
  /** Where something else came of it than what the journal has, and what. */
  differs: { position: number; what: string } | null;
}

const processor = {
  /** Runs along the tape of a rehearsal, as far as `goUpTo` allows, and notes what it does (rehearsal/columnRun.ts). */
  rehearse: stream(rehearsedColumn, type<RehearsedReport>()),
  /** `isLast`: nothing comes behind it. */
  goUpTo: call(v.strictObject({ position: v.number(), isLast: v.boolean() }), type<void>()),
  /** Runs the same once more, and compares (rehearsal/check.ts). */
  checkColumn: stream(checkedColumn, type<CheckReport>()),
  /**
   * Loads a source, and takes up what its tasks knew when they ended; what an earlier life of theirs may still be writing is refused from then
   * on. Answers how many entries the stores have got. Fails with `broker-down` where a broker can not be reached.
   */
  restore: call(liveBoot, type<Loaded & { entries: number }>(), { deadlineMs: RESTORE_MS_MAX }),
  /** Processes what comes, from where it stood, until it is stopped; then it commits what it has, and this ends. The reports tell what is new. */
  run: stream(v.strictObject({}), type<RunReport>()),
  stop: call(v.strictObject({}), type<void>()),
  /**
   * While it runs: all tasks commit all that they have, and what is for other brokers is sent; then they stand still until {@link goOn}. Answers when
   * all of them do.
   */
  hold: call(v.strictObject({}), type<void>(), { deadlineMs: RESTORE_MS_MAX }),
  goOn: call(v.strictObject({}), type<void>()),
  /** Of a replay: the inputs of these tasks are read so far from now on. */
  raise: call(v.strictObject({ tasks: v.array(v.strictObject({ shard: v.number(), until: v.bigint() })) }), type<void>()),
  /** Of what was restored: a page of a store. `from`: the first key; `contains`: a text in key or value. */
  entries: call(
    v.strictObject({
      store: v.string(),
      shard: v.nullable(v.number()),
      from: v.string(),
      contains: v.string(),
      most: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(STATE_ENTRIES_MAX)),
    }),
    type<StatePage>(),
  ),
  /** Loads a source, in place of one that was loaded before. `bad-input`, with the place, where it can not be. */
  load: call(v.strictObject(source), type<Loaded>(), { deadlineMs: LOAD_MS_MAX }),
  /** The next events of a simulated run (simulation.ts). */
  simulate: stream(v.strictObject({ records: v.pipe(v.array(simulatedRecord), v.maxLength(SIMULATED_RECORDS_MAX)) }), type<Simulated>(), {
    credit: SIMULATED_CREDIT,
  }),
  /** Lets time pass after the last event of a simulated run. */
  runOn: stream(v.strictObject({ ms: v.pipe(v.number(), v.minValue(0)) }), type<Simulated>(), { credit: SIMULATED_CREDIT }),
};

export const processorContract = { processor };

const eventUnderWay = v.strictObject({ stream: v.string(), shard: v.number(), offset: v.string() });
/** By the name that the code has for the stream. */
export type EventUnderWay = v.InferOutput<typeof eventUnderWay>;

const watchdog = {
  /** Why its process is about to be ended, a sentence; and with which event, where it was with one. */
  ending: call(v.strictObject({ why: v.string(), event: v.nullable(eventUnderWay) }), type<void>()),
};

/** What a processor's watchdog says to whoever started the process, over a connection of its own. */
export const watchdogContract = { watchdog };
