/**
 * What a broker answers to the engine (and later to processors and endpoints), over its local socket. Batch bytes are passed on, not
 * parsed: who shows or processes events decodes them.
 */
import * as v from 'valibot';
import { call, stream, type } from '../api/contract.ts';
import { bucketsMax } from '../api/histogram.ts';
import { bytes } from '../api/values.ts';
import {
  type Appended,
  type AppendOutcome,
  type BatchMeta,
  type ReaderPosition,
  type ShardState,
  type StoredBatch,
  type TimedOffset,
  VISIBILITIES,
} from '../log/index.ts';
import type { TimeCounts, TimeExtent } from './timeCounts.ts';

/** Most batches in one append request. */
export const APPEND_BATCHES_MAX = 1_024;
/** Most bytes of batches that one fetch answers with, unless a single batch is larger. */
export const FETCH_BYTES_MAX = 4 * 1024 * 1024;
/** Broker watchers hear of changes at most this often, milliseconds. */
export const WATCH_INTERVAL_MS = 40;
/** Longest that a broker waits for events that are asked for before they are there, milliseconds. */
export const AWAIT_MS_MAX = 20_000;

const shardId = v.pipe(v.number(), v.integer(), v.minValue(1));
const shardIds = v.pipe(v.array(shardId), v.minLength(1));
/** Without it `highWatermark`: see log/store/reader.ts. */
const upTo = v.optional(v.picklist(VISIBILITIES));
const empty = v.strictObject({});

export interface Fetched {
  batches: StoredBatch[];
  startOffset: bigint;
  endOffset: bigint;
}

export interface ShardBounds {
  startOffset: bigint;
  endOffset: bigint;
}

/** Where a reader of several shards begins: the batch it meets first in a shard, or null at the shard's end. */
export interface ShardCursor {
  shardId: number;
  batch: BatchMeta | null;
  /** Rows ever appended to the shard that come before this place. */
  rowsBefore: number;
  /** Where the shard ends at this moment; one moment for all cursors of an answer. */
  endOffset: bigint;
}

export interface RowCursors {
  /** Rows ever appended to these shards that come before the cursors. */
  row: number;
  firstRow: number;
  endRow: number;
  cursors: ShardCursor[];
}

export interface DamagedBatch {
  firstOffset: bigint;
  lastOffset: bigint;
  reason: string;
}

/** What a producer has appended to a shard: batches whose headers name it. */
export interface ProducedSlice {
  batches: { firstSequence: number; recordCount: number }[];
  /** Before it everything was trimmed. */
  startOffset: bigint;
  /** Where to go on; null at the end of the shard. */
  next: bigint | null;
}

/** What checking some batches of a shard has found. */
export interface CheckedSlice {
  batches: number;
  bytes: number;
  damaged: DamagedBatch[];
  /** Where to go on; null at the end of the shard. */
  next: bigint | null;
}

/** A local socket (rpc/adapters/localSocket.ts) on which a broker answers the same contract. */
export interface BrokerAccess {
  address: string;
  secret: string;
}

export interface BrokerChange {
  /** All shards first, then the ones that changed. */
  shards: ShardState[];
  deleted: number[];
  appendP99Ms: number | null;
}

const broker = {
  shards: call(empty, type<ShardState[]>()),
  createShards: call(
    v.strictObject({ streamId: v.string(), stream: v.string(), numbers: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))) }),
    type<ShardState[]>(),
  ),
  /** What a shard that was just made had in another log, before its batches are restored. */
  restoreShard: call(
    v.strictObject({
      shardId,
      restored: v.strictObject({
        state: v.picklist(['open', 'closed']),
        parents: v.array(shardId),
        keyLow: v.nullable(v.string()),
        keyHigh: v.nullable(v.string()),
        leaderEpoch: v.number(),
        startOffset: v.bigint(),
        recordsBefore: v.bigint(),
      }),
    }),
    type<void>(),
  ),
  /** The shards are gone when this answers; their space comes back afterwards, in small steps. */
  deleteShards: call(v.strictObject({ shardIds: v.array(shardId) }), type<void>()),
  /** What of these shards is trimmed from now on (log/store/trimmer.ts): age in milliseconds, bytes; null keeps all. */
  setRetention: call(v.strictObject({ shardIds, ms: v.nullable(v.number()), bytes: v.nullable(v.number()) }), type<void>()),
  /** Deletes them all where nothing was ever appended to any of them; else none, and answers false. */
  deleteEmptyShards: call(v.strictObject({ shardIds }), type<boolean>()),
  /** Verifies and appends; answered after the commit. One outcome a batch, in order. */
  append: call(
    v.strictObject({
      /** `restoredFrom`: see log/store/append.ts. */
      batches: v.pipe(
        v.array(v.strictObject({ shardId, bytes, restoredFrom: v.optional(v.bigint()) })),
        v.minLength(1),
        v.maxLength(APPEND_BATCHES_MAX),
      ),
      /** Appends of the asker that wait for their answers, this one counted: a commit may wait a moment for the others. */
      underWay: v.pipe(v.number(), v.integer(), v.minValue(1)),
    }),
    type<AppendOutcome[]>(),
    { lendsInput: true },
  ),
  /**
   * Verifies and appends batches in one transaction of their own, all of them or none: what a processor makes of some events, its state and its
   * position. `expectedOffset`: the offset that the batch must get, else all is refused (`fenced`): another life of the processor has taken over.
   */
  commit: call(
    v.strictObject({
      batches: v.pipe(
        v.array(v.strictObject({ shardId, bytes, expectedOffset: v.optional(v.bigint()) })),
        v.minLength(1),
        v.maxLength(APPEND_BATCHES_MAX),
      ),
    }),
    type<Appended[]>(),
    { lendsInput: true },
  ),
  /** Appends batches that are numbered in the sequence of their producer; those that are in the shard already are passed over. */
  send: call(
    v.strictObject({ batches: v.pipe(v.array(v.strictObject({ shardId, bytes })), v.minLength(1), v.maxLength(APPEND_BATCHES_MAX)) }),
    type<void>(),
    { lendsInput: true },
  ),
  /** Answers when one of the shards has an event at this offset or behind it, or is gone; or when so much time has passed. */
  awaitMore: call(
    v.strictObject({
      places: v.pipe(v.array(v.strictObject({ shardId, offset: v.bigint() })), v.minLength(1)),
      ms: v.pipe(v.number(), v.minValue(0), v.maxValue(AWAIT_MS_MAX)),
      upTo,
    }),
    type<void>(),
  ),
  /** What a positions shard has of a reader (log/positions.ts). */
  positions: call(v.strictObject({ shardId, reader: v.string() }), type<ReaderPosition[]>()),
  /** Whole batches before the offset need not be kept; until the broker ends. */
  trimBefore: call(v.strictObject({ shardId, offset: v.bigint() }), type<void>()),
  /**
   * What {@link trimBefore} says of these shards from now on waits, until as often {@link keepNoMore} was said of them. Answers when what it said
   * before is done: none of them is being trimmed any more.
   */
  keep: call(v.strictObject({ shardIds }), type<void>()),
  keepNoMore: call(v.strictObject({ shardIds }), type<void>()),
  /** Where other processes of the lab reach this broker. */
  access: call(empty, type<BrokerAccess>()),
  fetch: call(
    v.strictObject({
      shardId,
      from: v.bigint(),
      bytesMax: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(FETCH_BYTES_MAX)),
      upTo,
    }),
    type<Fetched>(),
  ),
  /** Where shards begin and end at this moment, in the order asked. */
  bounds: call(v.strictObject({ shardIds }), type<ShardBounds[]>()),
  /** The cursors nearest to a row that do not pass it, in append order over these shards (api/events.ts). */
  rowCursors: call(v.strictObject({ shardIds, row: v.pipe(v.number(), v.minValue(0)) }), type<RowCursors>()),
  /** For each shard its first batch appended at a time (microseconds) or later. */
  timeCursors: call(v.strictObject({ shardIds, appendTime: v.bigint() }), type<ShardCursor[]>()),
  /** For each shard its first record, by offset, with this timestamp or a later one; null where there is none. */
  offsetsForTime: call(v.strictObject({ shardIds, timestamp: v.bigint() }), type<(TimedOffset | null)[]>()),
  /** For each shard its first record with its greatest timestamp; null where it is empty. */
  greatestTimestamps: call(v.strictObject({ shardIds }), type<(TimedOffset | null)[]>()),
  /** For each shard the greatest timestamp of the batches that begin before an offset of it; null where none does. */
  greatestBefore: call(
    v.strictObject({ places: v.pipe(v.array(v.strictObject({ shardId, offset: v.bigint() })), v.minLength(1)) }),
    type<(bigint | null)[]>(),
  ),
  /** For each shard its earliest and latest timestamp (timeCounts.ts); null where it is empty. */
  timeExtents: call(v.strictObject({ shardIds }), type<(TimeExtent | null)[]>()),
  /** For each shard how many records fall into each stretch of time (timeCounts.ts). */
  timeCounts: call(
    v.strictObject({ shardIds, from: v.bigint(), bucketMs: v.pipe(v.bigint(), v.minValue(1n)), buckets: bucketsMax }),
    type<TimeCounts[]>(),
  ),
  /** An append time that all batches lie before and none will be given any more (log/store/store.ts); not before `since`. */
  passTime: call(v.strictObject({ since: v.bigint() }), type<bigint>()),
  setDurability: call(v.strictObject({ durability: v.picklist(['safe', 'fast']) }), type<void>()),
  /** Reads and checks some batches from an offset on. */
  check: call(v.strictObject({ shardId, from: v.bigint() }), type<CheckedSlice>()),
  /** Looks through the headers of some batches, from an offset on, for those of a producer. */
  producedBy: call(v.strictObject({ shardId, from: v.bigint(), producerId: v.bigint() }), type<ProducedSlice>()),
  /** The batch that holds an offset, or the next one after a gap; null at the end. */
  batchAt: call(v.strictObject({ shardId, offset: v.bigint() }), type<BatchMeta | null>()),
  /** Changes of shards; newest wins, at most every WATCH_INTERVAL_MS. */
  watch: stream(empty, type<BrokerChange>()),
};

export const brokerContract = { broker };
