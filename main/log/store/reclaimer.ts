/**
 * Gives the space of deleted shards, and of what retention trims, back to the file system, a slice at a time: each slice is one short
 * transaction that deletes some batches and hands free pages at the end of the file back. https://sqlite.org/pragma.html#pragma_incremental_vacuum
 */
import type Database from 'better-sqlite3';
import type { ShardTable } from './shardTable.ts';
import { SLICE_BATCHES_MAX, SLICE_BYTES_MAX, SLICE_PAGES_MAX } from './slices.ts';
import type { Views } from './append.ts';
import type { Trimmer } from './trimmer.ts';

export class Reclaimer {
  readonly #db: Database.Database;
  readonly #shards: ShardTable;
  readonly #views: Views;
  readonly #trimmer: Trimmer;
  readonly #slice: () => number | undefined;

  constructor(db: Database.Database, shards: ShardTable, views: Views, trimmer: Trimmer) {
    this.#db = db;
    this.#shards = shards;
    this.#views = views;
    this.#trimmer = trimmer;
    this.#slice = db.transaction(this.#reclaimSlice.bind(this)).immediate;
  }

  /** Goes on slice by slice until the budget is used up; true while more is left. */
  run(budgetMs: number): boolean {
    const until = performance.now() + budgetMs;
    while (this.isDue()) {
      this.#trimmer.slice();
      const gone = this.#slice();
      if (gone !== undefined) this.#shards.forget(gone);
      if (performance.now() >= until) return this.isDue();
    }
    return false;
  }

  /** Whether there is something to trim, to delete or to give back. */
  isDue(): boolean {
    return this.#shards.deletedIds().length > 0 || this.#freePages() > 0 || this.#trimmer.isDue();
  }

  #freePages(): number {
    return this.#db.pragma('freelist_count', { simple: true }) as number;
  }

  /** The id of the shard whose last batches this slice deleted, if it did. */
  #reclaimSlice(): number | undefined {
    const [shardId] = this.#shards.deletedIds();
    const isGone = shardId !== undefined && this.#deleteSome(shardId);
    this.#db.pragma(`incremental_vacuum(${SLICE_PAGES_MAX})`);
    return isGone ? shardId : undefined;
  }

  /** True once nothing of the shard is left. */
  #deleteSome(shardId: number): boolean {
    const sizes = this.#db
      .prepare<[number, number], { rowid: bigint; size: bigint; lastOffset: bigint }>(
        'SELECT rowid, length(bytes) AS size, last_offset AS lastOffset FROM batch WHERE shard_id = ? ORDER BY base_offset LIMIT ?',
      )
      .safeIntegers()
      .all(shardId, SLICE_BATCHES_MAX);
    const remove = this.#db.prepare('DELETE FROM batch WHERE rowid = ?');
    let bytes = 0;
    let removed = 0;
    for (const { rowid, size } of sizes) {
      bytes += Number(size);
      if (bytes > SLICE_BYTES_MAX && removed > 0) break;
      remove.run(rowid);
      removed++;
    }
    const last = sizes[removed - 1];
    if (last) this.#views.summaries.deleteBefore(shardId, last.lastOffset + 1n);
    if (removed === SLICE_BATCHES_MAX || removed < sizes.length) return false;
    this.#deleteShard(shardId);
    return true;
  }

  /** The last trace of a shard. What its append times were is kept: the clock must not go back behind them. */
  #deleteShard(shardId: number): void {
    this.#db
      .prepare(`UPDATE meta SET value = max(value, (SELECT last_append_time FROM shard WHERE id = ?)) WHERE name = 'last_append_time'`)
      .run(shardId);
    this.#db.prepare('DELETE FROM summary WHERE shard_id = ?').run(shardId);
    this.#views.positions.forget(shardId);
    this.#views.producers.forget(shardId);
    this.#db.prepare('DELETE FROM leader_epoch WHERE shard_id = ?').run(shardId);
    this.#db.prepare('DELETE FROM shard WHERE id = ?').run(shardId);
  }
}
