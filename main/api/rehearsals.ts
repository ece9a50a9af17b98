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
import { type Comparison, type Difference, DIFFERENCES_TOLD_MAX, type ListedDifference } from './rehearsalComparisons.ts';
import {
  columnId,
  position,
  rehearsalQuestions,
  type RehearsalMarks,
  type RehearsalState,
  type RehearsalView,
  type Searched,
} from './rehearsalPositions.ts';
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
/** A column is checked by itself (see `check`) up to this position. */
export const CHECKED_UNASKED_MAX = 10_000;

const id = v.pipe(v.string(), v.maxLength(100));

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

const { view, state, search, seek, marks, pair } = rehearsalQuestions;

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
  seek: call(v.strictObject({ id, ...seek.entries }), type<{ position: number | null }>(), { errors: known }),
  marks: call(v.strictObject({ id, ...marks.entries }), type<RehearsalMarks>(), { errors: ofColumn }),
  /** Compares two columns, as soon as and as far as they are, again while they run on; newest wins. Ends when it is over. */
  compare: stream(v.strictObject({ id, ...pair.entries }), type<Comparison>(), { errors: ofColumn }),
  /** Some differences, from this position on. */
  differences: call(
    v.strictObject({ id, ...pair.entries, from: position, most: v.pipe(count, v.maxValue(DIFFERENCES_TOLD_MAX)) }),
    type<Difference[]>(),
    { errors: ofColumn },
  ),
  /**
   * Once both have ended: all of them in the order of their positions, as far as they are kept (DIFFERENCES_KEPT_MAX); what is beyond, the
   * comparison counts.
   */
  listDifferences: stream(v.strictObject({ id, ...pair.entries }), type<ListedDifference[]>(), { errors: ofColumn }),
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
