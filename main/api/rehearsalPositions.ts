/**
 * What is asked of a position of a rehearsal: the event, its steps in each column, the state of a store there; and which position it is, found by
 * a search or seen as a mark on the scrubber.
 */
import * as v from 'valibot';
import { count, offset, shardNumber, streamName, timestamp } from './values.ts';

/** Rows of the input in one answer. */
export const REHEARSAL_ROWS_MAX = 200;
/** Of one step that are told, each: emissions, changes, lines; and of one position: steps. The rest is counted. */
export const STEP_PARTS_MAX = 100;
/** Longest text of a key, a value, a line that is told, characters. */
export const STEP_TEXT_MAX = 16_384;
/** Entries of a store in one answer. */
export const REHEARSAL_ENTRIES_MAX = 200;
/** Stretches of the scrubber in one answer: its width in pixels, at most. */
export const MARKS_MAX = 4_096;

export const position = count;
export const columnId = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Where something in a processor’s file is, from 1. */
export interface SourcePlace {
  line: number;
  column: number;
}

/** A text that may be cut; `length`: of all of it, characters. */
export interface Told {
  text: string;
  length: number;
}

export interface RehearsalRow {
  position: number;
  stream: string;
  shard: number;
  offset: bigint;
  /** Milliseconds; null for none. */
  timestamp: number | null;
  key: Told | null;
  value: Told | null;
  headers: number;
  /** Why there is nothing to show of it, a sentence. */
  problem: string | null;
}

export interface StepEmission {
  output: string;
  shard: number;
  timestamp: number | null;
  key: Told | null;
  text: Told | null;
  headers: [string, string | null][];
}

export interface StepChange {
  store: string;
  shard: number;
  key: string;
  /** JSON; null for nothing there. */
  before: Told | null;
  after: Told | null;
}

export interface RehearsalStep {
  kind: 'event' | 'window' | 'punctuation';
  shard: number;
  /** What the wall clock said. */
  now: number;
  /** For which moment a window or a punctuation was run. */
  due: number | null;
  /** How far event time was, null before it has begun. */
  streamTime: number | null;
  /** In a column that follows another one: the event, which is an emission of that one. */
  event: { stream: string; offset: string } | null;
  emissions: StepEmission[];
  emissionsTotal: number;
  changes: StepChange[];
  changesTotal: number;
  /** Why the event is bad. */
  reasons: string[] | null;
  failure: { message: string; place: SourcePlace | null } | null;
  lines: string[];
  /** The line of the file that ran last; null where none did. */
  line: number | null;
}

export interface SoFar {
  /** Events, and of those the bad ones. */
  in: number;
  bad: number;
  /** By output. */
  out: Record<string, number>;
  windows: number;
  punctuations: number;
  failures: number;
  lines: number;
}

export interface ColumnView {
  id: number;
  /** False where it has not come so far; then what follows is that of its reach. */
  isReached: boolean;
  position: number;
  steps: RehearsalStep[];
  stepsTotal: number;
  /** Windows and punctuations on the way that did nothing. */
  quiet: number;
  soFar: SoFar;
  /** How many entries each store has, in all shards. */
  sizes: Record<string, number>;
  nextWindow: number | null;
  /** The last position, up to this one, with an emission or a failure; null for none. */
  lastEmission: number | null;
  lastFailure: { position: number; message: string } | null;
}

export interface RehearsalView {
  position: number;
  /** Of the simulated wall clock, milliseconds; null before it has begun. */
  clock: number | null;
  event: RehearsalRow | null;
  /** The offset that is read next, by input (as the rehearsal lists them). */
  offsets: bigint[];
  rows: RehearsalRow[];
  columns: ColumnView[];
}

const view = v.strictObject({
  position,
  /** Rows of the input, from the first of these positions on; null for none. */
  rows: v.nullable(v.strictObject({ from: v.pipe(position, v.minValue(1)), limit: v.pipe(count, v.maxValue(REHEARSAL_ROWS_MAX)) })),
});

const state = v.strictObject({
  column: columnId,
  position,
  store: v.string(),
  shard: v.nullable(shardNumber),
  /** Where to begin: a key, or what an answer said in `next`. */
  from: v.string(),
  /** A text in key or value. */
  contains: v.string(),
  most: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(REHEARSAL_ENTRIES_MAX)),
});

export interface RehearsalState {
  /** By key (by UTF-16 code units, as stores have it), then by shard. `since`: the position that set it. */
  entries: { shard: number; key: string; json: Told; since: number }[];
  /** Where the next answer begins; null where all were looked through. An answer may be short: it looks for a few milliseconds. */
  next: string | null;
  /** All entries of the store at that position. */
  size: number;
}

const search = v.strictObject({
  from: position,
  direction: v.picklist(['next', 'previous']),
  what: v.variant('of', [
    /** An event of the input with a text in its key or value, and, where a field is named, with this text as that field. */
    v.strictObject({
      of: v.literal('event'),
      contains: v.string(),
      field: v.nullable(v.strictObject({ path: v.pipe(v.string(), v.minLength(1)), is: v.string() })),
    }),
    /** Of one of these columns; `contains`: a text in its key or value, `output` null: any. */
    v.strictObject({ of: v.literal('emission'), columns: v.array(columnId), output: v.nullable(v.string()), contains: v.string() }),
    v.strictObject({ of: v.literal('failure'), columns: v.array(columnId) }),
    /** Of a comparison, which must have been begun. */
    v.strictObject({ of: v.literal('difference'), a: columnId, b: columnId }),
  ]),
});
export type RehearsalSearch = v.InferOutput<typeof search>;

export interface Searched {
  /** Null where none was found as far as it was looked. */
  position: number | null;
  /** All up to here was looked through; where it `isOver` there is nothing beyond, else ask again from here. */
  lookedTo: number;
  isOver: boolean;
}

const seek = v.variant('by', [
  /** After the first event at which the simulated clock is not before this time. */
  v.strictObject({ by: v.literal('time'), time: timestamp }),
  /** After this event, or the first one behind it that is there. */
  v.strictObject({ by: v.literal('offset'), stream: streamName, shard: shardNumber, offset }),
]);

/** Two columns that are compared. */
const pair = v.strictObject({ a: columnId, b: columnId });
const marks = v.strictObject({
  pixels: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MARKS_MAX)),
  comparison: v.nullable(pair),
});

/** A byte for each pixel. */
export interface RehearsalMarks {
  /** Which positions the pixels share: 1 to this one. */
  positions: number;
  /** The input of an event in the pixel, as its number among those of the rehearsal. */
  inputs: Uint8Array;
  /** 1 where there is one, else 0. */
  columns: { id: number; emitted: Uint8Array; failed: Uint8Array }[];
  differences: Uint8Array | null;
}

/** As they are asked between the engine and the process that answers for a rehearsal; the page says the id, too. */
export const rehearsalQuestions = { view, state, search, seek: v.strictObject({ to: seek }), marks, pair };
