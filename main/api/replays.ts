/**
 * Replays: a past range of a stream is read again, at a chosen pace, into another stream. A replay is fixed when it begins: it ends where the
 * chosen shards end at that moment, or before, so one into the stream that it reads, or into one that leads back there, ends all the same.
 *
 * Order. In each shard events come in the order of their offsets. Between shards, always the one with the least timestamp among the next
 * events of all of them. An event goes to the shard of its number where the target has as many shards as the source, else its key decides;
 * without a key the number does.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import type { RangeFrom } from './events.ts';
import { SOURCE_CHARACTERS_MAX } from './processors.ts';
import { bytes, KEY_BYTES_MAX, nothing, offset, shardChoice, shardCount, streamName } from './values.ts';

/** Replays that run at once. */
export const RUNNING_REPLAYS_MAX = 4;
/** Ended replays that stay listed; the oldest leave first. */
export const ENDED_REPLAYS_MAX = 20;
/** Keys that a replay can be of, one by one. */
export const REPLAY_KEYS_MAX = 1_000;
/** Least and most times as fast as the events came: one event a day becomes one in 1,000 days, or one in 0.86 ms. */
export const SPEED_MIN = 0.001;
export const SPEED_MAX = 100_000_000;
/** Where no event comes for longer, the wait is shortened to so much, milliseconds, unless the replay says otherwise. */
export const WAIT_MS_MAX_DEFAULT = 60_000;
/** The longest that it can say, milliseconds: a day. */
export const WAIT_MS_MAX_CEILING = 86_400_000;
/** Events that a preview shows. */
export const PREVIEWED_EVENTS_MAX = 10;
/** Events that a preview looks through at most to count those that are chosen. */
export const PREVIEW_SCAN_MAX = 100_000;
/** Ranges of missed events that a replay lists; beyond it they are counted. */
export const MISSED_SHOWN_MAX = 50;

const INT64_MAX = 2n ** 63n - 1n;
const time = v.pipe(v.bigint(), v.minValue(-INT64_MAX - 1n), v.maxValue(INT64_MAX));

/** As events.read has it; `time`: the events whose timestamp is not before it. */
export const replayFrom = v.variant('at', [
  v.strictObject({ at: v.literal('beginning') }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('time'), time }),
]);
/** What it names is no longer in it. `now`: the end of each shard as the replay begins. */
export const replayUntil = v.variant('at', [
  v.strictObject({ at: v.literal('now') }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('time'), time }),
]);
export type ReplayFrom = v.InferOutput<typeof replayFrom>;
export type ReplayUntil = v.InferOutput<typeof replayUntil>;

const key = v.pipe(
  bytes,
  v.check((input) => input.length <= KEY_BYTES_MAX, `A key has at most ${KEY_BYTES_MAX} bytes.`),
);
export const replayKeys = v.variant('are', [
  v.strictObject({
    are: v.literal('these'),
    keys: v.pipe(v.array(key), v.minLength(1, 'Name a key.'), v.maxLength(REPLAY_KEYS_MAX, `At most ${REPLAY_KEYS_MAX} keys are named.`)),
  }),
  v.strictObject({ are: v.literal('beginning-with'), prefix: key }),
]);
export type ReplayKeys = v.InferOutput<typeof replayKeys>;

/** Times as fast as the events came; null for as fast as it goes. */
export const speed = v.nullable(
  v.pipe(
    v.number(),
    v.minValue(SPEED_MIN, `A replay is at least ${SPEED_MIN} times as fast as the events came.`),
    v.maxValue(
      SPEED_MAX,
      `A replay is at most ${SPEED_MAX.toLocaleString('en')} times as fast as the events came; faster is “as fast as it goes”.`,
    ),
  ),
);

export const replayWish = v.strictObject({
  stream: streamName,
  shards: shardChoice,
  from: replayFrom,
  until: replayUntil,
  keys: v.nullable(replayKeys),
  speed,
  /** Longest wait for the next event, milliseconds; what is longer is shortened to it, and counted. Null: none is shortened. */
  waitMsMax: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(WAIT_MS_MAX_CEILING))),
  /** `new`: the time at which the event is sent. */
  timestamps: v.picklist(['original', 'new']),
  keepsHeaders: v.boolean(),
  into: v.strictObject({
    stream: streamName,
    /** Of a stream that has to be made; null for as many as the source has. */
    shards: v.nullable(shardCount),
  }),
  /**
   * A processor that the events go through: it reads one stream, which is this one, whatever it calls it. What it emits to its first output
   * goes into the stream that is named above, that of another into one called after it and the output; bad events go to `bad`. `source` null:
   * that of its file in the lab.
   */
  through: v.nullable(
    v.strictObject({
      name: v.pipe(v.string(), v.maxLength(1_000)),
      source: v.nullable(v.pipe(v.string(), v.maxLength(SOURCE_CHARACTERS_MAX))),
    }),
  ),
});
export type ReplayWish = v.InferOutput<typeof replayWish>;

export interface ReplayedEvent {
  shard: number;
  offset: bigint;
  /** Milliseconds since 1970; -1n for none. */
  timestamp: bigint;
  /** As text, cut; null for none. */
  key: string | null;
  value: string | null;
}

export interface ReplayPreview {
  /** Events in the range, of all keys and whatever their timestamps, about. */
  inRange: number;
  /** Of the first so many of them those that are chosen; all of them where `isWhole`. */
  looked: number;
  chosen: number;
  isWhole: boolean;
  first: ReplayedEvent[];
  /** The streams that are written, the one that was named first. */
  targets: { stream: string; isNew: boolean; shards: number; events: number }[];
  /** What else is to be known: sentences. */
  notes: string[];
}

/**
 * running    it reads and writes, or waits for the time of the next event
 * waiting    a broker that it needs is down; it goes on when that is up
 * paused     by the user
 * resting    the program that has the workspace open does not run it
 * done, failed, cancelled: it has ended; a failed one can be resumed
 */
export type ReplayState = 'running' | 'waiting' | 'paused' | 'resting' | 'done' | 'failed' | 'cancelled';

/** Events of the range that are not replayed: they were trimmed before they were read, or their batch is damaged. `until`: the offset behind. */
export interface MissedRange {
  shard: number;
  from: bigint;
  until: bigint;
  why: string;
}

export interface Replay {
  id: string;
  stream: string;
  /** Null for all of them. */
  shards: number[] | null;
  from: RangeFrom;
  until: ReplayUntil;
  keys: ReplayKeys | null;
  into: string;
  /** It has made the stream. */
  madeStream: boolean;
  through: { name: string; targets: { output: string; stream: string }[] } | null;
  /** The bad events that are sent back where they came from; null for any other replay. */
  redrives: { processor: string; reason: string } | null;
  speed: number | null;
  waitMsMax: number | null;
  timestamps: 'original' | 'new';
  keepsHeaders: boolean;
  state: ReplayState;
  /** A sentence, where the state needs one. */
  message: string | null;
  /** Events of the range that were looked at, and all of them, as they were counted when it began. */
  read: number;
  total: number;
  /** Events that are in the streams it writes. */
  sent: number;
  /** Of those that a processor has read, the bad ones. */
  bad: number;
  /** The greatest timestamp that was sent; null before the first. */
  eventTime: number | null;
  sentPerSecond: number;
  /** While it waits, for longer than a moment, until its next event is due: when that is, and the event's timestamp; null otherwise. */
  next: { dueAt: number; timestamp: number } | null;
  /** Waits that were shortened, since it was last resumed. */
  shortened: { waits: number; ms: number };
  /** The first MISSED_SHOWN_MAX of them, and how many there are. */
  missed: MissedRange[];
  missedRanges: number;
  startedAt: number;
  endedAt: number | null;
}

/** Whether it does something, or would if it could. */
export function isUnderWay({ state }: Pick<Replay, 'state'>): boolean {
  return state === 'running' || state === 'waiting' || state === 'resting';
}

export function hasEnded({ state }: Pick<Replay, 'state'>): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed';
}

const one = v.strictObject({ id: v.string() });
const unknown = ['no-such-replay'] as const;
const wishErrors = [
  'no-such-stream',
  'no-such-shard',
  'bad-stream-name',
  'shards-missing',
  'broker-down',
  'processor-ended',
  'untrusted',
] as const;

export const replays = {
  watch: stream(nothing, type<Replay[]>()),
  list: call(nothing, type<Replay[]>()),
  /** What a replay would do. Begins nothing. */
  preview: call(replayWish, type<ReplayPreview>(), { errors: wishErrors, deadlineMs: 60_000 }),
  /** `intoExisting`: streams that are there may be written into, else that is an error. `notes`: what is to be known of it, as in a preview. */
  start: call(v.strictObject({ ...replayWish.entries, intoExisting: v.boolean() }), type<{ id: string; notes: string[] }>(), {
    errors: [...wishErrors, 'stream-exists', 'too-many'],
    deadlineMs: 60_000,
  }),
  /** What was sent is in the log when this answers, and nothing more comes. */
  pause: call(one, type<void>(), { errors: unknown }),
  /** It goes on where it stood; also one that has failed. */
  resume: call(one, type<void>(), { errors: [...unknown, 'too-many'] }),
  /** It ends where it stands, for good; what was sent stays. */
  cancel: call(one, type<void>(), { errors: unknown }),
  setSpeed: call(v.strictObject({ id: v.string(), speed }), type<void>(), { errors: unknown }),
  /** Takes an ended one off the list. */
  dismiss: call(one, type<void>(), { errors: unknown }),
};
