/** Produce: append events by hand or in batches, and keep the ones worth sending again. */
import * as v from 'valibot';
import { call, type } from './contract.ts';
import { APPEND_EVENTS_MAX, newRecord, streamName } from './values.ts';

/** Most events that one press of "Send n" appends. */
export const SEND_COUNT_MAX = 100_000;
/** Most events that a workspace keeps for sending again. */
export const KEPT_EVENTS_MAX = 200;

/** What an append did to one shard. */
export interface ShardAppend {
  shard: number;
  /** Offset of the first event of this request in the shard. Others may stand between it and the last. */
  firstOffset: bigint;
  lastOffset: bigint;
  events: number;
}

export interface Appended {
  events: number;
  shards: ShardAppend[];
}

/** The produce form as the user left it. Texts, because what does not parse yet is kept too. */
export const draft = v.strictObject({
  key: v.nullable(v.string()),
  value: v.nullable(v.string()),
  headers: v.array(v.strictTuple([v.string(), v.string()])),
  shard: v.nullable(v.number()),
  timestamp: v.nullable(v.string()),
});
export type Draft = v.InferOutput<typeof draft>;

export interface KeptEvent {
  id: string;
  stream: string;
  label: string;
  draft: Draft;
  keptAt: number;
}

const appendErrors = [
  'no-such-stream',
  'no-such-shard',
  'value-too-large',
  'batch-too-large',
  'broker-down',
  'disk-full',
  'too-many',
] as const;

export const produce = {
  /** Appends the record `count` times. In key and value `{{n}}` stands for the number of the event, from 1, where `numbered` is set. */
  send: call(
    v.strictObject({
      stream: streamName,
      record: newRecord,
      count: v.pipe(
        v.number(),
        v.integer(),
        v.minValue(1),
        v.maxValue(SEND_COUNT_MAX, `At most ${SEND_COUNT_MAX} events are sent at once.`),
      ),
      numbered: v.boolean(),
    }),
    type<Appended>(),
    { errors: appendErrors, deadlineMs: 120_000 },
  ),
  /** Appends records in their order, all of them or, where one is refused, none. */
  append: call(
    v.strictObject({ stream: streamName, records: v.pipe(v.array(newRecord), v.minLength(1), v.maxLength(APPEND_EVENTS_MAX)) }),
    type<Appended>(),
    { errors: appendErrors },
  ),
  kept: call(v.strictObject({ stream: streamName }), type<KeptEvent[]>()),
  keep: call(
    v.strictObject({ stream: streamName, label: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(120)), draft }),
    type<KeptEvent>(),
    {
      errors: ['too-many'],
    },
  ),
  forget: call(v.strictObject({ id: v.string() }), type<void>()),
};
