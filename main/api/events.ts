/**
 * Events: the windows of a stream that the page shows, one event in full, and whole ranges read in order.
 *
 * Rows. The events of the chosen shards are merged in append order: the time at which their batches were appended, within one
 * commit the events' own timestamps, then their places in their batches, then the shard. The order of each shard is kept. A row's number is its place in
 * that order since the stream began; it stays the same when the oldest events are trimmed, and it is counted, never
 * computed from offsets, which may have gaps.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { bucketsMax, type Histogram, histogramRange } from './histogram.ts';
import type { Codec } from './streams.ts';
import { count, offset, shardChoice, shardNumber, streamName, timestamp, WINDOW_ROWS_MAX, type Position } from './values.ts';

/** Most fields of a value that one row carries. */
export const ROW_FIELDS_MAX = 64;
/** Longest text in one cell, characters; a longer one ends with an ellipsis. */
export const CELL_TEXT_MAX = 240;

/** A key or value as a row shows it. `text` is cut at CELL_TEXT_MAX; bytes that are no UTF-8 are shown as hex. */
export interface CellText {
  text: string;
  bytes: number;
  kind: 'text' | 'json' | 'binary';
}

export interface EventRow {
  row: number;
  shard: number;
  offset: bigint;
  /** Milliseconds since 1970; -1n where the event has none. */
  timestamp: bigint;
  /** Milliseconds since 1970. */
  appendedAt: number;
  /** In the order by event time: that time, milliseconds since 1970. */
  eventTime?: bigint;
  key: CellText | null;
  value: CellText | null;
  /** Leaves of a JSON value by path (`shopper.id`), as text, null for JSON's null; at most ROW_FIELDS_MAX of them. */
  fields: Record<string, string | null>;
  headers: number;
  /** A sentence, where the batch that holds this event is damaged and nothing of the event can be shown. */
  damaged?: string;
}

export interface EventWindow {
  /** Number of the oldest row still held, and one more than that of the newest. */
  firstRow: number;
  endRow: number;
  rows: EventRow[];
}

export interface BatchInfo {
  baseOffset: bigint;
  lastOffset: bigint;
  records: number;
  bytes: number;
  codec: Codec;
  crc: number;
  leaderEpoch: number;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  timestampType: 'create' | 'append';
}

/** Why an event is in its shard, told in numbers. */
export type Placement =
  | { by: 'key'; hash: number; shards: number; agrees: true }
  /** The key would have chosen another shard: a producer chose this one itself, or the stream had fewer shards then. */
  | { by: 'key'; hash: number; shards: number; agrees: false; keyShard: number }
  | { by: 'producer' };

export interface EventDetail extends Position {
  stream: string;
  row: number;
  timestamp: bigint;
  appendedAt: number;
  /** The greatest timestamp among the rows before it, of all shards: where it is later than the event's own, the event is late. Null for none. */
  newestBefore: bigint | null;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [string, Uint8Array | null])[];
  /** Place of the event in its batch, from 0. */
  indexInBatch: number;
  batch: BatchInfo;
  placement: Placement;
  /** The record as it lies in its batch: length, attributes, deltas, key, value, headers. */
  raw: Uint8Array;
}

export interface ReadRecord extends Position {
  timestamp: bigint;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [string, Uint8Array | null])[];
}

/** An event that a search has found, and its row among the chosen shards. */
export interface Sought extends Position {
  row: number;
  timestamp: bigint;
}

/** Part of a range that could not be read. */
export interface Gap {
  shard: number;
  firstOffset: bigint;
  lastOffset: bigint;
  reason: string;
}

export interface ReadChunk {
  records: ReadRecord[];
  gaps: Gap[];
}

export const rowNumber = v.pipe(v.number(), v.integer(), v.minValue(0));
const inShards = { stream: streamName, shards: shardChoice };

/** Where a range begins. A time is in milliseconds since 1970 and chooses the events whose timestamp is not before it. */
const from = v.variant('at', [
  v.strictObject({ at: v.literal('beginning') }),
  v.strictObject({ at: v.literal('latest') }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('time'), time: v.bigint() }),
]);
/** Where a range ends: what it names is no longer in it. `now` is the end of each shard as the read begins. */
const until = v.variant('at', [
  v.strictObject({ at: v.literal('live') }),
  v.strictObject({ at: v.literal('now') }),
  v.strictObject({ at: v.literal('offset'), offset }),
  v.strictObject({ at: v.literal('time'), time: v.bigint() }),
  v.strictObject({ at: v.literal('count'), count }),
]);
export type RangeFrom = v.InferOutput<typeof from>;
export type RangeUntil = v.InferOutput<typeof until>;

export const readErrors = ['no-such-stream', 'no-such-shard', 'broker-down'] as const;

export const events = {
  /** Rows from a row number on, or the last ones. Asking beyond either end gives what is there. */
  window: call(
    v.strictObject({
      ...inShards,
      from: v.union([rowNumber, v.literal('end')]),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(WINDOW_ROWS_MAX)),
    }),
    type<EventWindow>(),
    { errors: readErrors },
  ),
  /** The row at which an offset of a shard stands among the chosen shards; the next one where there is a gap. */
  rowOf: call(v.strictObject({ ...inShards, shard: shardNumber, offset }), type<{ row: number }>(), {
    errors: [...readErrors, 'offset-out-of-range'],
  }),
  /**
   * The first row, in the order of the rows, of those that Kafka would name by a time: in each of the chosen shards the first event, by offset,
   * whose timestamp is not before it. Or the event with the greatest timestamp of all. Null where there is none.
   */
  seek: call(
    v.strictObject({
      ...inShards,
      to: v.variant('by', [
        v.strictObject({ by: v.literal('time'), time: timestamp }),
        v.strictObject({ by: v.literal('greatest-timestamp') }),
      ]),
    }),
    type<Sought | null>(),
    { errors: readErrors },
  ),
  /** Where a reader of the chosen shards stands that has read all rows before `row`: the offset it reads next, in each of them. */
  positionsAt: call(v.strictObject({ ...inShards, row: rowNumber }), type<Position[]>(), { errors: readErrors }),
  /** How many events of the chosen shards fall into each of at most so many stretches of time. */
  histogram: call(v.strictObject({ ...inShards, range: histogramRange, buckets: bucketsMax }), type<Histogram>(), { errors: readErrors }),
  get: call(v.strictObject({ stream: streamName, shard: shardNumber, offset }), type<EventDetail>(), {
    errors: [...readErrors, 'no-such-event', 'batch-damaged'],
  }),
  /** A range in order, in chunks. */
  read: stream(v.strictObject({ ...inShards, from, until }), type<ReadChunk>(), { errors: readErrors, credit: 4 }),
};
