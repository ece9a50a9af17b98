/**
 * Searches by record timestamp, down the summaries (summaries.ts): of each level at most two rows are followed that do not lead to what
 * is sought, the one at which a trim has cut and the one that leads to it. So the cost grows with the logarithm of the log's length.
 */
import type Database from 'better-sqlite3';
import { META_COLUMNS, metaFromRow, type BatchMeta, type MetaRow } from './batchRow.ts';
import type { ShardState } from './shardTable.ts';
import { SUMMARY_COLUMNS, summaryFromRow, summaryOf, type Summary } from './summaries.ts';

/** A stretch of a shard as one summary tells of it. Level 0 is a single batch. */
export interface TimePart extends Summary {
  level: number;
}

/** A stretch of a shard, offsets, both inclusive. */
interface Stretch {
  from: bigint;
  to: bigint;
}

export class TimeIndex {
  readonly #topLevel: Database.Statement<[number], number>;
  readonly #full: Database.Statement<[number, number, bigint, bigint], bigint[]>;
  readonly #firstBatch: Database.Statement<[number, bigint, bigint, bigint], MetaRow>;
  readonly #batches: Database.Statement<[number, bigint, bigint], MetaRow>;

  constructor(db: Database.Database) {
    this.#topLevel = db.prepare<[number], number>('SELECT level FROM summary WHERE shard_id = ? ORDER BY level DESC LIMIT 1').pluck();
    this.#full = db
      .prepare<[number, number, bigint, bigint], bigint[]>(
        `SELECT ${SUMMARY_COLUMNS} FROM summary WHERE shard_id = ? AND level = ? AND first_offset BETWEEN ? AND ? ORDER BY first_offset`,
      )
      .raw()
      .safeIntegers();
    const batches = `SELECT ${META_COLUMNS} FROM batch WHERE shard_id = ? AND base_offset BETWEEN ? AND ?`;
    this.#firstBatch = db
      .prepare<[number, bigint, bigint, bigint], MetaRow>(`${batches} AND max_timestamp >= ? ORDER BY base_offset LIMIT 1`)
      .raw()
      .safeIntegers();
    this.#batches = db.prepare<[number, bigint, bigint], MetaRow>(`${batches} ORDER BY base_offset`).raw().safeIntegers();
  }

  /** The first batch, by offset, from `from` on, that has a record with this timestamp or a later one. */
  firstSince({ id, startOffset, nextOffset }: ShardState, timestamp: bigint, from = startOffset): BatchMeta | null {
    const start = from > startOffset ? from : startOffset;
    return this.#firstIn(id, this.#topLevelOf(id), { from: 0n, to: nextOffset }, start, timestamp);
  }

  /** The greatest timestamp that the shard holds. */
  maxTimestamp(shard: ShardState): bigint | null {
    return this.maxTimestampBefore(shard, shard.nextOffset);
  }

  /** The greatest timestamp of the batches that begin before an offset. */
  maxTimestampBefore(shard: ShardState, offset: bigint, parts = this.parts(shard)): bigint | null {
    let max: bigint | null = null;
    for (const part of parts) {
      if (part.firstOffset >= offset) break;
      const isCut = part.level > 0 && part.lastOffset >= offset;
      const maxTimestamp = isCut ? this.maxTimestampBefore(shard, offset, this.partsOf(shard, part)) : part.maxTimestamp;
      if (maxTimestamp === null) continue;
      if (max === null || maxTimestamp > max) max = maxTimestamp;
    }
    return max;
  }

  /**
   * What covers the shard without overlap, in its order: the widest summaries, or what they are made of where a part of one is trimmed.
   * Not more than SUMMARY_FANOUT of each level, and twice as many where a trim has cut.
   */
  parts({ id, startOffset, nextOffset, recordsTotal }: ShardState): TimePart[] {
    const parts = [...this.#partsOf(id, this.#topLevelOf(id), { from: 0n, to: nextOffset }, startOffset)];
    return counted(parts, recordsTotal);
  }

  /** What a part is made of, one level further down; what was trimmed meanwhile is not among it. */
  partsOf({ id, startOffset }: ShardState, { level, firstOffset, lastOffset, recordsBefore, records }: TimePart): TimePart[] {
    const parts = [...this.#partsOf(id, level - 1, { from: firstOffset, to: lastOffset }, startOffset)];
    return counted(parts, recordsBefore + BigInt(records));
  }

  #topLevelOf(shardId: number): number {
    return this.#topLevel.get(shardId) ?? 0;
  }

  #firstIn(shardId: number, level: number, { from, to }: Stretch, start: bigint, timestamp: bigint): BatchMeta | null {
    if (level === 0) {
      const row = this.#firstBatch.get(shardId, from > start ? from : start, to, timestamp);
      return row ? metaFromRow(row) : null;
    }
    let behind = from;
    for (const row of this.#full.all(shardId, level, from, to)) {
      const { firstOffset, lastOffset, maxTimestamp } = summaryFromRow(row);
      behind = lastOffset + 1n;
      if (lastOffset < start || maxTimestamp < timestamp) continue;
      const found = this.#firstIn(shardId, level - 1, { from: firstOffset, to: lastOffset }, start, timestamp);
      if (found) return found;
    }
    return behind <= to ? this.#firstIn(shardId, level - 1, { from: behind, to }, start, timestamp) : null;
  }

  *#partsOf(shardId: number, level: number, { from, to }: Stretch, start: bigint): Generator<TimePart, void, undefined> {
    if (level === 0) {
      for (const row of this.#batches.all(shardId, from > start ? from : start, to)) yield { ...summaryOf(metaFromRow(row)), level };
      return;
    }
    let behind = from;
    for (const row of this.#full.all(shardId, level, from, to)) {
      const summary = summaryFromRow(row);
      behind = summary.lastOffset + 1n;
      if (summary.lastOffset < start) continue;
      if (summary.firstOffset < start) {
        yield* this.#partsOf(shardId, level - 1, { from: summary.firstOffset, to: summary.lastOffset }, start);
      } else {
        yield { ...summary, level };
      }
    }
    if (behind <= to) yield* this.#partsOf(shardId, level - 1, { from: behind, to }, start);
  }
}

/**
 * Records as told by what stands before each part, and before what follows the last. Summaries that were written before 0.2 count the first
 * batch after each start of their broker twice.
 */
function counted(parts: TimePart[], recordsAtEnd: bigint): TimePart[] {
  for (const [index, part] of parts.entries())
    part.records = Number((parts[index + 1]?.recordsBefore ?? recordsAtEnd) - part.recordsBefore);
  return parts;
}
