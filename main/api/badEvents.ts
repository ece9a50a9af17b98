/**
 * Bad events: what processors could not use, in a stream where each says why, who said so and where it was. They are looked at in groups, mended
 * by hand or by a processor, and sent back where they came from: their processor gets them again. Nothing in the log is changed by that: an event
 * that is sent back names the bad one in a header, and what was sent back is remembered.
 */
import * as v from 'valibot';
import { call, type } from './contract.ts';
import { SOURCE_CHARACTERS_MAX } from './processors.ts';
import { bytes, offset, type Position, shardNumber, streamName } from './values.ts';

/** Events of a stream that are looked through, the newest. */
export const BAD_LOOKED_MAX = 100_000;
/** Groups that are told of, those with most events. */
export const BAD_GROUPS_MAX = 200;
/** Events of a group that are shown, the newest, and bytes of their keys and values together, but for one. */
export const BAD_SHOWN_MAX = 100;
export const BAD_SHOWN_BYTES_MAX = 4 * 1024 * 1024;
/** Redrives of one stream that are remembered: each mended event is one, each group that is sent back another. */
export const REDRIVES_MAX = 10_000;

/**
 * open          nobody has dealt with it
 * waiting       it was sent back, and its processor has not come to it yet
 * succeeded     it was sent back, and processed
 * failed-again  it was sent back, and is bad once more, as another event
 * sent          it was sent back, through another processor or to one that is not deployed: what became of it is not known
 */
export const BAD_STATES = ['open', 'waiting', 'failed-again', 'succeeded', 'sent'] as const;
export type BadState = (typeof BAD_STATES)[number];

const group = v.strictObject({ processor: v.string(), reason: v.string(), from: v.string() });
/** As the events say it. `from`: the stream that they came from. */
export type BadGroupName = v.InferOutput<typeof group>;

export interface BadGroup extends BadGroupName {
  /** The same, as they are called here: they may have come with an imported workspace. They are sent back to this `from`. */
  here: { processor: string; from: string };
  events: number;
  states: Record<BadState, number>;
  /** When the newest of them happened, milliseconds since 1970; -1n for none. */
  newest: bigint;
}

export interface BadEvents {
  groups: BadGroup[];
  /** Groups that are not told of. */
  groupsMore: number;
  /** Of the newest events of the stream so many were looked at. */
  looked: number;
  inStream: number;
  /** Events that say nothing of a processor. */
  others: number;
}

export interface BadEvent extends Position {
  timestamp: bigint;
  key: Uint8Array | null;
  value: Uint8Array | null;
  /** Where it was. */
  from: Position & { stream: string };
  state: BadState;
  /** As which event it is bad once more. */
  again: Position | null;
}

const of = { stream: streamName };
const errors = ['no-such-stream', 'shards-missing', 'broker-down'] as const;

export const badEvents = {
  look: call(v.strictObject(of), type<BadEvents>(), { errors, deadlineMs: 60_000 }),
  /** The newest events of a group, newest first. */
  list: call(v.strictObject({ ...of, group }), type<BadEvent[]>(), { errors, deadlineMs: 60_000 }),
  /** Sends one back with this key and value, with its own headers and timestamp; to the shard where it was, unless its key is another one. */
  mend: call(
    v.strictObject({ ...of, shard: shardNumber, offset, key: v.nullable(bytes), value: v.nullable(bytes) }),
    type<Position & { stream: string }>(),
    { errors: [...errors, 'no-such-shard', 'no-such-event', 'value-too-large', 'batch-too-large', 'disk-full', 'too-many'] },
  ),
  /** Sends back those of a group that are open, as they are or through a processor: a replay (api/replays.ts), whose id is answered. */
  redrive: call(
    v.strictObject({
      ...of,
      group,
      through: v.nullable(
        v.strictObject({
          name: v.pipe(v.string(), v.maxLength(1_000)),
          source: v.nullable(v.pipe(v.string(), v.maxLength(SOURCE_CHARACTERS_MAX))),
        }),
      ),
    }),
    type<{ id: string }>(),
    { errors: [...errors, 'no-such-processor', 'processor-ended', 'untrusted', 'too-many'], deadlineMs: 60_000 },
  ),
};
