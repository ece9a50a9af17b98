/**
 * Summaries of batches, for searches by timestamp and for histograms: record timestamps need not rise, so an index over them can not tell
 * which batch is the first to reach a time. SUMMARY_FANOUT batches that follow each other make a row of level 1, as many rows of level 1
 * one of level 2, and so on; a row is written once, when it is full, in the transaction that fills it. What is not full yet is kept in
 * memory, and made anew from the rows below it when the file is opened.
 *
 * After a trim the first row of each level may still tell of batches that are gone: its range is too wide, never too narrow.
 */
import type Database from 'better-sqlite3';
import type { BatchMeta } from './batchRow.ts';
import { META_COLUMNS, metaFromRow, type MetaRow } from './batchRow.ts';

/** Batches in a summary of level 1, and summaries in one of the next level. */
export const SUMMARY_FANOUT = 32;

const INT64_MAX = 2n ** 63n - 1n;

export interface Summary {
  firstOffset: bigint;
  lastOffset: bigint;
  /** Records ever appended to the shard before it. */
  recordsBefore: bigint;
  records: number;
  bytes: number;
  minTimestamp: bigint;
  maxTimestamp: bigint;
}

/** A summary that is not full yet. */
interface Filling extends Summary {
  children: number;
}

type SummaryRow = [bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export const SUMMARY_COLUMNS = 'first_offset, last_offset, records_before, records, bytes, min_timestamp, max_timestamp';

export function summaryFromRow(row: bigint[]): Summary {
  const [firstOffset, lastOffset, recordsBefore, records, bytes, minTimestamp, maxTimestamp] = row as SummaryRow;
  return { firstOffset, lastOffset, recordsBefore, records: Number(records), bytes: Number(bytes), minTimestamp, maxTimestamp };
}

/** A batch as the summary of itself. */
export function summaryOf(meta: BatchMeta): Summary {
  const { baseOffset, lastOffset, recordsBefore, recordCount, sizeBytes, minTimestamp, maxTimestamp } = meta;
  return { firstOffset: baseOffset, lastOffset, recordsBefore, records: recordCount, bytes: sizeBytes, minTimestamp, maxTimestamp };
}

/** The writer's side. Within a transaction it works on drafts; {@link committed} makes them what is. */
export class Summaries {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #delete: Database.Statement<[number, number, bigint, bigint]>;
  /** By shard, what is not full, from level 1 up. */
  readonly #filling = new Map<number, (Filling | null)[]>();
  readonly #drafts = new Map<number, (Filling | null)[]>();

  constructor(db: Database.Database) {
    this.#db = db;
    this.#insert = db.prepare(`INSERT INTO summary (shard_id, level, ${SUMMARY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#delete = db.prepare('DELETE FROM summary WHERE shard_id = ? AND level = ? AND first_offset < ? AND last_offset < ?');
  }

  /** A new batch at the end of a shard. */
  add(shardId: number, batch: Summary): void {
    let draft = this.#drafts.get(shardId);
    if (!draft) {
      draft = (this.#filling.get(shardId) ?? this.#load(shardId, batch.firstOffset)).map((filling) => filling && { ...filling });
      this.#drafts.set(shardId, draft);
    }
    this.#addTo(shardId, draft, 1, batch);
  }

  /** The transaction is in the log. */
  committed(): void {
    for (const [shardId, draft] of this.#drafts) this.#filling.set(shardId, draft);
    this.#drafts.clear();
  }

  /** The transaction is not in the log; after {@link committed} there is nothing to undo. */
  rolledBack(): void {
    this.#drafts.clear();
  }

  /** Within a transaction that deletes batches from the start of a shard: the rows of which nothing is left go too. */
  deleteBefore(shardId: number, offset: bigint): void {
    for (let level = this.#topLevel(shardId); level >= 1; level--) this.#delete.run(shardId, level, offset, offset);
  }

  forget(shardId: number): void {
    this.#filling.delete(shardId);
  }

  /** Summarizes all batches of a shard that has no summaries yet. */
  fill(shardId: number): void {
    const levels: (Filling | null)[] = [];
    for (const row of this.#batchesFrom(shardId, null, null)) this.#addTo(shardId, levels, 1, summaryOf(metaFromRow(row)));
  }

  #addTo(shardId: number, levels: (Filling | null)[], level: number, part: Summary): void {
    const filling = levels[level - 1] ?? null;
    const grown: Filling = filling ? joined(filling, part) : { ...part, children: 1 };
    if (grown.children < SUMMARY_FANOUT) {
      levels[level - 1] = grown;
      return;
    }
    const { firstOffset, lastOffset, recordsBefore, records, bytes, minTimestamp, maxTimestamp } = grown;
    this.#insert.run(shardId, level, firstOffset, lastOffset, recordsBefore, records, bytes, minTimestamp, maxTimestamp);
    levels[level - 1] = null;
    this.#addTo(shardId, levels, level + 1, grown);
  }

  /** What was not full when the file was closed: at each level what lies behind the last full summary of the next, and before `end`. */
  #load(shardId: number, end: bigint): (Filling | null)[] {
    const levels: (Filling | null)[] = [];
    for (let level = this.#topLevel(shardId) + 1; level >= 1; level--) {
      const covered = this.#lastOffset(shardId, level);
      const parts = level === 1 ? this.#batchesFrom(shardId, covered, end) : this.#summariesFrom(shardId, level - 1, covered);
      let filling: Filling | null = null;
      for (const row of parts) {
        const part = level === 1 ? summaryOf(metaFromRow(row)) : summaryFromRow(row);
        filling = filling ? joined(filling, part) : { ...part, children: 1 };
      }
      levels[level - 1] = filling;
    }
    return levels;
  }

  #topLevel(shardId: number): number {
    const query = 'SELECT level FROM summary WHERE shard_id = ? ORDER BY level DESC LIMIT 1';
    return this.#db.prepare<[number], number>(query).pluck().get(shardId) ?? 0;
  }

  /** Where the last full summary of a level ends. */
  #lastOffset(shardId: number, level: number): bigint | null {
    const query = 'SELECT last_offset FROM summary WHERE shard_id = ? AND level = ? ORDER BY first_offset DESC LIMIT 1';
    return this.#db.prepare<[number, number], bigint>(query).pluck().safeIntegers().get(shardId, level) ?? null;
  }

  #batchesFrom(shardId: number, after: bigint | null, before: bigint | null): Iterable<MetaRow> {
    const query = `SELECT ${META_COLUMNS} FROM batch WHERE shard_id = ? AND base_offset > ? AND base_offset < ? ORDER BY base_offset`;
    return this.#db
      .prepare<[number, bigint, bigint], MetaRow>(query)
      .raw()
      .safeIntegers()
      .all(shardId, after ?? -1n, before ?? INT64_MAX);
  }

  #summariesFrom(shardId: number, level: number, after: bigint | null): Iterable<bigint[]> {
    const query = `SELECT ${SUMMARY_COLUMNS} FROM summary WHERE shard_id = ? AND level = ? AND first_offset > ? ORDER BY first_offset`;
    return this.#db
      .prepare<[number, number, bigint], bigint[]>(query)
      .raw()
      .safeIntegers()
      .all(shardId, level, after ?? -1n);
  }
}

function joined(filling: Filling, part: Summary): Filling {
  return {
    firstOffset: filling.firstOffset,
    lastOffset: part.lastOffset,
    recordsBefore: filling.recordsBefore,
    records: filling.records + part.records,
    bytes: filling.bytes + part.bytes,
    minTimestamp: part.minTimestamp < filling.minTimestamp ? part.minTimestamp : filling.minTimestamp,
    maxTimestamp: part.maxTimestamp > filling.maxTimestamp ? part.maxTimestamp : filling.maxTimestamp,
    children: filling.children + 1,
  };
}
