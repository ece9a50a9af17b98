/**
 * Rehearsals: a recorded range of streams, run through processors side by side, under one time cursor. Nothing of it reaches a live stream.
 *
 * A rehearsal has positions: position p is after p events, in the order that was chosen when it was made (within a shard always by offset), and
 * position 0 is before the first. A simulated wall clock stands at the latest timestamp so far, so that windows fire where they would have. All
 * that is done on the way from p-1 to p are the steps of p: the windows and punctuations that time makes due, then the event. In a column that
 * follows another one: what that one emitted at p, in order, each behind what its time makes due; then what time makes due.
 *
 * Each column begins with empty stores, runs ahead in a process of its own, and notes what it does; every question below is answered from these
 * notes, no code is run again. A position that a column has not reached yet is answered as far as it has. A rehearsal belongs to the page that
 * made it, and is closed with it.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { SOURCE_CHARACTERS_MAX } from './processors.ts';
import { replayKeys } from './replays.ts';
import { count, nothing, offset, shardChoice, shardNumber, streamName, timestamp } from './values.ts';

/** Rehearsals that are open in one lab. */
export const REHEARSALS_MAX = 4;
/** Columns of one rehearsal. */
export const COLUMNS_MAX = 10;
/** Shards of all streams of one rehearsal. */
export const REHEARSAL_SHARDS_MAX = 256;
/** Events of one rehearsal; of a longer range the first ones. */
export const REHEARSAL_EVENTS_MAX = 20_000_000;
/** What one rehearsal notes on disk, bytes; where it is reached its columns stop, and say at which position. */
export const REHEARSAL_BYTES_MAX = 8 * 1024 * 1024 * 1024;
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
/** Differences of two columns that are told in one answer, and examples of each kind in a summary. */
export const DIFFERENCES_TOLD_MAX = 200;
export const EXAMPLES_MAX = 20;
/** Differences of two columns that can be told one by one; of more the positions are known. */
export const DIFFERENCES_KEPT_MAX = 100_000;
/** Emissions of one column that wait for their counterparts of the other; where there are more, the comparison stops, and says where. */
export const UNMATCHED_MAX = 1_000_000;
/** Comparisons that a rehearsal holds; the one that was asked for longest ago leaves first. */
export const COMPARISONS_MAX = 10;
/** A column is checked by itself (see `check`) up to this position. */
export const CHECKED_UNASKED_MAX = 10_000;

const id = v.pipe(v.string(), v.maxLength(100));
const position = count;
const columnId = v.pipe(v.number(), v.integer(), v.minValue(1));

/**
 * time     the events whose timestamp is not before it, as in a replay
 * offset   of every shard; one that begins behind it begins at its beginning
 * offsets  shards that it does not name begin at their beginning
 */
const from = v.variant('at', [
  v.strictObject({ at: v.literal('beginning') }),
  v.strictObject({ at: v.literal('time'), time: timestamp }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('offsets'), offsets: v.array(v.strictObject({ shard: shardNumber, offset })) }),
]);
/** Where a range ends: what it names is no longer in it. `end`: what is there as the rehearsal is made. */
const until = v.variant('at', [
  v.strictObject({ at: v.literal('end') }),
  v.strictObject({ at: v.literal('time'), time: timestamp }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('offsets'), offsets: v.array(v.strictObject({ shard: shardNumber, offset })) }),
]);
/** `keys`: only events with these; all where left out. */
const range = v.strictObject({ stream: streamName, shards: shardChoice, from, until, keys: v.optional(replayKeys) });
export type RehearsalRange = v.InferOutput<typeof range>;

/**
 * append      as the events were appended (api/events.ts)
 * event-time  by their timestamps; one without a timestamp comes as soon as it can
 * shards      one shard after the other
 * shuffled    at random, by the seed: to see what depends on the order between shards
 */
const order = v.variant('by', [
  v.strictObject({ by: v.literal('append') }),
  v.strictObject({ by: v.literal('event-time') }),
  v.strictObject({ by: v.literal('shards') }),
  v.strictObject({ by: v.literal('shuffled'), seed: v.pipe(v.number(), v.integer()) }),
]);
export type RehearsalOrder = v.InferOutput<typeof order>;

/**
 * source  a text, else that of a version, else that of the file
 * after   the column whose output it reads
 * reads   for a processor with one input: it reads this stream, whatever it calls it; where left out, the one that it names
 * seed    of all chance; where left out, that of the processor of this name
 */
const column = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(1_000)),
  source: v.nullable(v.pipe(v.string(), v.maxLength(SOURCE_CHARACTERS_MAX))),
  version: v.nullable(v.number()),
  after: v.nullable(columnId),
  reads: v.optional(streamName),
  seed: v.optional(v.pipe(v.number(), v.integer())),
});
export type NewColumn = v.InferOutput<typeof column>;

/** Where something in a processor’s file is, from 1. */
export interface SourcePlace {
  line: number;
  column: number;
}

export interface RehearsalInput {
  stream: string;
  shard: number;
  /** What is in the range: from the one up to, not including, the other; of that, what its times and keys choose. */
  from: bigint;
  until: bigint;
}

/** What a second run of a column has found, in a fresh process, which makes the module anew now and then as a restart does. */
export interface ColumnCheck {
  state: 'running' | 'same' | 'differs' | 'failed';
  /** All is the same up to here. */
  upTo: number;
  /** Where it is `differs`: the first position that came out otherwise, and what, a sentence. */
  position: number | null;
  what: string | null;
}

export interface RehearsalColumn {
  id: number;
  name: string;
  /** Null for a source that is no version. */
  version: number | null;
  after: number | null;
  /** Streams as they are called here, as everywhere in a rehearsal; its code may have other names for some (ProcessorSummary.streams). */
  inputs: string[];
  outputs: string[];
  /** Where its bad events would go. */
  bad: string;
  stores: string[];
  windowMs: number | null;
  punctuateMs: number | null;
  /**
   * starting  its process is started
   * running   it runs ahead
   * waiting   it waits for the column that it follows, or for one that was changed and goes first
   * done      it has reached the end
   * stopped   it goes no further; `problem` says why
   */
  state: 'starting' | 'running' | 'waiting' | 'done' | 'stopped';
  problem: string | null;
  /** How far it has come. */
  reach: number;
  /** Positions with an emission (bad events are that, too), and with a bad event or a failed window. */
  emittedAt: number;
  failedAt: number;
  /** Of its notes, on disk; of its process, null when that has ended. */
  bytes: number;
  memoryBytes: number | null;
  check: ColumnCheck | null;
}

export interface Rehearsal {
  id: string;
  order: RehearsalOrder;
  inputs: RehearsalInput[];
  /** Positions whose order is settled, and whether these are all; what was passed over, or why it goes no further, sentences. */
  positions: number;
  isWhole: boolean;
  problems: string[];
  /** The simulated clock at the first event and at the last one, milliseconds; null where no event has a timestamp. */
  clock: { from: number; until: number } | null;
  columns: RehearsalColumn[];
  /** Of all notes on disk; at most REHEARSAL_BYTES_MAX. */
  bytes: number;
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
  /** The offset that is read next, by input (as {@link Rehearsal} lists them). */
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

const pair = { a: columnId, b: columnId };
const marks = v.strictObject({
  pixels: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MARKS_MAX)),
  comparison: v.nullable(v.strictObject(pair)),
});

/** A byte for each pixel. */
export interface RehearsalMarks {
  /** Which positions the pixels share: 1 to this one. */
  positions: number;
  /** The input of an event in the pixel, as its number in {@link Rehearsal.inputs}. */
  inputs: Uint8Array;
  /** 1 where there is one, else 0. */
  columns: { id: number; emitted: Uint8Array; failed: Uint8Array }[];
  differences: Uint8Array | null;
}

/**
 * The n-th emission of `a` with this output and key against the n-th of `b`:
 *
 * same     value and headers are equal, wherever they were emitted
 * differs  they are not; it stands at the later of the two
 * missing  `a` has it, `b` has not
 * extra    `b` has it, `a` has not
 */
export type DifferenceKind = 'differs' | 'missing' | 'extra';

export interface Difference {
  kind: DifferenceKind;
  output: string;
  key: string | null;
  /** Where it stands, and where each side has emitted it. */
  position: number;
  a: { position: number; text: Told | null; timestamp: number | null } | null;
  b: { position: number; text: Told | null; timestamp: number | null } | null;
}

/** With the event at whose position it stands: the one that the later side has done it at, or that made time go on so far. */
export interface ListedDifference extends Difference {
  event: { stream: string; shard: number; offset: bigint } | null;
}

export interface Comparison {
  a: number;
  b: number;
  /** Both are compared up to here; as far as both have come, or where `problem` says why not. */
  upTo: number;
  /** Both have ended, and all was compared: what is missing or extra stays so. */
  isOver: boolean;
  problem: string | null;
  /** By output. `moved`: of the same ones, those that were emitted at another position. */
  outputs: { output: string; same: number; moved: number; differs: number; missing: number; extra: number }[];
  first: number | null;
  last: number | null;
  /** The first ones of each kind. */
  examples: Difference[];
}

const known = ['no-such-rehearsal'] as const;
const ofColumn = [...known, 'no-such-column'] as const;
const loading = [
  'no-such-processor',
  'no-such-column',
  'untrusted',
  'processor-ended',
  'too-many',
  'file-unreadable',
  'disk-full',
] as const;
/** Longest that a processor is loaded, milliseconds. */
const LOAD_MS_MAX = 60_000;

export const rehearsals = {
  /** Fixes the range, and begins to settle the order. `columns`: `after` is a place in this list, from 1. */
  create: call(
    v.strictObject({
      ranges: v.pipe(v.array(range), v.minLength(1, 'A rehearsal needs a stream.'), v.maxLength(50)),
      order,
      columns: v.pipe(v.array(column), v.maxLength(COLUMNS_MAX)),
    }),
    type<Rehearsal>(),
    {
      errors: [...loading, 'no-such-stream', 'no-such-shard', 'shards-missing', 'broker-down', 'offset-out-of-range'],
      deadlineMs: LOAD_MS_MAX,
    },
  ),
  list: call(nothing, type<Rehearsal[]>()),
  /** How far it is, again at each change; newest wins. Ends when it is closed. */
  follow: stream(v.strictObject({ id }), type<Rehearsal>(), { errors: known }),
  /** Everything to be shown of one position, of all columns: one request a frame. */
  view: call(v.strictObject({ id, ...view.entries }), type<RehearsalView>(), { errors: known }),
  state: call(v.strictObject({ id, ...state.entries }), type<RehearsalState>(), { errors: ofColumn }),
  /** From `from`, which is not looked at itself. It looks for a moment; where it has not found anything yet, ask again. */
  search: call(v.strictObject({ id, ...search.entries }), type<Searched>(), {
    errors: [...ofColumn, 'broker-down', 'offset-out-of-range'],
  }),
  /** Null where there is none. */
  seek: call(v.strictObject({ id, to: seek }), type<{ position: number | null }>(), { errors: known }),
  marks: call(v.strictObject({ id, ...marks.entries }), type<RehearsalMarks>(), { errors: ofColumn }),
  /** Compares two columns, as soon as and as far as they are, again while they run on; newest wins. Ends when it is over. */
  compare: stream(v.strictObject({ id, ...pair }), type<Comparison>(), { errors: ofColumn }),
  /** Some differences, from this position on. */
  differences: call(
    v.strictObject({ id, ...pair, from: position, most: v.pipe(count, v.maxValue(DIFFERENCES_TOLD_MAX)) }),
    type<Difference[]>(),
    { errors: ofColumn },
  ),
  /**
   * Once both have ended: all of them in the order of their positions, as far as they are kept (DIFFERENCES_KEPT_MAX); what is beyond, the
   * comparison counts.
   */
  listDifferences: stream(v.strictObject({ id, ...pair }), type<ListedDifference[]>(), { errors: ofColumn }),
  /** `bad-input`, with the place, where its source can not be loaded. It goes first until it has come to `cursor`. */
  addColumn: call(v.strictObject({ id, column, cursor: position }), type<RehearsalColumn>(), {
    errors: [...known, ...loading],
    deadlineMs: LOAD_MS_MAX,
  }),
  /**
   * Another source in its place; where that can not be loaded, what was there stays. Columns that follow it run again, too. `reads` and `seed`,
   * where they are left out, stay what they were.
   */
  replaceColumn: call(v.strictObject({ id, column: columnId, with: column, cursor: position }), type<RehearsalColumn>(), {
    errors: [...known, ...loading],
    deadlineMs: LOAD_MS_MAX,
  }),
  /** Columns that follow it go, too. */
  removeColumn: call(v.strictObject({ id, column: columnId }), type<void>(), { errors: ofColumn }),
  /** Columns that run ahead go no further: what they have done stays, each says up to where. */
  stop: call(v.strictObject({ id }), type<void>(), { errors: known }),
  /**
   * Runs a column a second time, in a fresh process, all of it (by itself: up to CHECKED_UNASKED_MAX), and says the first position at which
   * something else came of it: it then depends on more than its events and its stores. How far it is, `follow` tells.
   */
  check: call(v.strictObject({ id, column: columnId }), type<void>(), { errors: ofColumn }),
  close: call(v.strictObject({ id }), type<void>(), { errors: known }),
};

/** Between the engine and the process that answers for a rehearsal, the same questions are asked without the id. */
export const rehearsalQuestions = { view, state, search, seek: v.strictObject({ to: seek }), marks, pair: v.strictObject(pair) };
