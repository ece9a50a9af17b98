/**
 * The order of a stream by event time: by the field that its settings name (api/streams.ts), then by shard, then by offset. An event whose value
 * has no such field, or no time in it, is not in this order; it is counted. The order comes from an index beside the log, made from it and behind
 * it by a moment, or by more while it is made.
 *
 * Rows are counted from the earliest event that is held: unlike in append order, a row's number changes when an earlier event comes, or is
 * trimmed. `generation` tells of such changes.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { type EventWindow, readErrors, rowNumber } from './events.ts';
import { bucketsMax, type Histogram, histogramRange } from './histogram.ts';
import { offset, shardChoice, shardNumber, streamName, timestamp, WINDOW_ROWS_MAX, type Position } from './values.ts';

/** Most streams of a workspace that have an order by event time: each has a file that is open. */
export const EVENT_TIME_STREAMS_MAX = 64;
/** Largest value of which the time is read, bytes; an event with a larger one has none. */
export const EVENT_TIME_VALUE_BYTES_MAX = 1024 * 1024;

export interface EventTimeWindow extends EventWindow {
  /** Differs from that of another window where rows may have other numbers. */
  generation: number;
}

export interface EventTimeProgress {
  /** The field, or null where the stream's settings name none. */
  field: string | null;
  /** Events of the log that have been read, and that are yet to be. */
  read: number;
  waiting: number;
  /** Of those that have been read: without a time. */
  timeless: number;
  generation: number;
  /** Why it does not go on, a sentence; null while it does. */
  problem: string | null;
}

export interface SoughtTime extends Position {
  row: number;
  time: bigint;
}

const inShards = { stream: streamName, shards: shardChoice };
const errors = [...readErrors, 'no-event-time'] as const;

export const eventTimes = {
  window: call(
    v.strictObject({
      ...inShards,
      from: v.union([rowNumber, v.literal('end')]),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(WINDOW_ROWS_MAX)),
    }),
    type<EventTimeWindow>(),
    { errors },
  ),
  /** The row of an event; null where it is not in this order, or not yet. */
  rowOf: call(v.strictObject({ ...inShards, shard: shardNumber, offset }), type<{ row: number | null }>(), { errors }),
  /** The first event that is not earlier, or the latest of all; null where there is none. */
  seek: call(
    v.strictObject({
      ...inShards,
      to: v.variant('by', [
        v.strictObject({ by: v.literal('time'), time: timestamp }),
        v.strictObject({ by: v.literal('greatest-timestamp') }),
      ]),
    }),
    type<SoughtTime | null>(),
    { errors },
  ),
  /** As events.histogram, by event time, exact. `timeless` counts the events that are not in this order. */
  histogram: call(v.strictObject({ ...inShards, range: histogramRange, buckets: bucketsMax }), type<Histogram>(), { errors }),
  /** How far the index is, again at each change; newest wins. */
  watch: stream(v.strictObject({ stream: streamName }), type<EventTimeProgress>(), { errors: ['no-such-stream', 'shards-missing'] }),
};
