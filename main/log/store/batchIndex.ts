/**
 * Finding batches within a shard. Base offset, append time and ordinal rise together, so each search goes down an index: its
 * cost grows with the logarithm of the log's length, whatever was trimmed, and record timestamps play no part.
 */
import type Database from 'better-sqlite3';
import { META_COLUMNS, metaFromRow, type BatchMeta, type MetaRow } from './batchRow.ts';
import type { ShardState } from './shardTable.ts';

/** A place in a shard: an offset, an append time (microseconds since the epoch), or the how-manieth record ever appended, from 0. */
export type From = { offset: bigint } | { appendTimeUs: bigint } | { ordinal: bigint };

/** Most batch headers returned at once, batches. */
export const HEADERS_LIMIT_MAX = 10_000;

type Query = Database.Statement<[number, bigint, number], MetaRow>;

export class BatchIndex {
  readonly #atOrAfter: Query;
  readonly #atOrBefore: Query;
  readonly #since: Query;
  readonly #until: Query;

  constructor(db: Database.Database) {
    const query = (condition: string): Query =>
      db
        .prepare<[number, bigint, number], MetaRow>(`SELECT ${META_COLUMNS} FROM batch WHERE shard_id = ? AND ${condition} LIMIT ?`)
        .raw()
        .safeIntegers();
    this.#atOrAfter = query('base_offset >= ? ORDER BY base_offset');
    this.#atOrBefore = query('base_offset <= ? ORDER BY base_offset DESC');
    this.#since = query('append_time >= ? ORDER BY append_time');
    this.#until = query('append_time <= ? ORDER BY append_time DESC');
  }

  locate(shard: ShardState, from: From): BatchMeta | null {
    if ('offset' in from) return this.byOffset(shard.id, from.offset);
    if ('ordinal' in from) return this.#byOrdinal(shard, from.ordinal);
    return one(this.#since, shard.id, from.appendTimeUs);
  }

  /** The batch that holds the offset, or the next after it. */
  byOffset(shardId: number, offset: bigint): BatchMeta | null {
    const before = one(this.#atOrBefore, shardId, offset);
    return before !== null && before.lastOffset >= offset ? before : one(this.#atOrAfter, shardId, offset);
  }

  forward(shard: ShardState, from: From, limit: number): BatchMeta[] {
    const first = this.locate(shard, from);
    return first === null ? [] : many(this.#atOrAfter, shard.id, first.baseOffset, limit);
  }

  backward(shard: ShardState, from: From, limit: number): BatchMeta[] {
    if ('appendTimeUs' in from) return many(this.#until, shard.id, from.appendTimeUs, limit);
    if ('offset' in from) return many(this.#atOrBefore, shard.id, from.offset, limit);
    const at = this.#byOrdinal(shard, from.ordinal);
    if (at === null) return many(this.#atOrBefore, shard.id, shard.nextOffset, limit);
    return at.recordsBefore <= from.ordinal ? many(this.#atOrBefore, shard.id, at.baseOffset, limit) : [];
  }

  /**
   * A search between the first and the last batch over their offsets. Without gaps the first guess, by the distance from the
   * lower end, is right; halving, every other time, bounds the number of probes where there are gaps.
   */
  #byOrdinal(shard: ShardState, ordinal: bigint): BatchMeta | null {
    const first = one(this.#atOrAfter, shard.id, 0n);
    if (first === null || ordinal >= shard.recordsTotal) return null;
    if (ordinal < ordinalAfter(first)) return first;
    let low = first; // ends before the ordinal
    let high = shard.nextOffset; // no batch from here on holds it
    for (let halve = false; ; halve = !halve) {
      const from = low.lastOffset + 1n;
      const guess = halve ? (from + high) / 2n : from + (ordinal - ordinalAfter(low));
      const probe = one(this.#atOrBefore, shard.id, guess < high ? guess : high - 1n) as BatchMeta;
      if (ordinal < probe.recordsBefore) high = probe.baseOffset;
      else if (ordinal < ordinalAfter(probe)) return probe;
      else if (probe.baseOffset > low.baseOffset) low = probe;
      else {
        // The guess fell into the gap right behind `low`: the next batch is either it or the new lower end.
        const next = one(this.#atOrAfter, shard.id, from);
        if (next === null || ordinal < ordinalAfter(next)) return next;
        low = next;
      }
    }
  }
}

function ordinalAfter(batch: BatchMeta): bigint {
  return batch.recordsBefore + BigInt(batch.recordCount);
}

function one(query: Query, shardId: number, at: bigint): BatchMeta | null {
  const row = query.get(shardId, at, 1);
  return row === undefined ? null : metaFromRow(row);
}

function many(query: Query, shardId: number, at: bigint, limit: number): BatchMeta[] {
  return query.all(shardId, at, Math.min(limit, HEADERS_LIMIT_MAX)).map(metaFromRow);
}
