/**
 * Gives the space of deleted shards back to the file system, a slice at a time: each slice is one short transaction that deletes
 * some batches and hands free pages at the end of the file back. https://sqlite.org/pragma.html#pragma_incremental_vacuum
 */
import type Database from 'better-sqlite3';
import { PAGE_BYTES } from './connection.ts';
import type { ShardTable } from './shardTable.ts';

/** A slice deletes batches up to this size, bytes; a larger one is deleted alone. */
const SLICE_BYTES_MAX = 1024 * 1024;
/** And no more than this many rows. */
const SLICE_BATCHES_MAX = 256;
/** Pages given back to the file system in a slice: as much as a slice frees, and a little more, so that it catches up. */
const SLICE_PAGES_MAX = (SLICE_BYTES_MAX / PAGE_BYTES) * 1.5;

export class Reclaimer {
  readonly #db: Database.Database;
  readonly #shards: ShardTable;
  readonly #slice: () => number | undefined;

  constructor(db: Database.Database, shards: ShardTable) {
    this.#db = db;
    this.#shards = shards;
    this.#slice = db.transaction(this.#reclaimSlice.bind(this)).immediate;
  }

  /** Goes on slice by slice until the budget is used up; true while more is left. */
  run(budgetMs: number): boolean {
    const until = performance.now() + budgetMs;
    while (this.#isWorkLeft()) {
      const gone = this.#slice();
      if (gone !== undefined) this.#shards.forget(gone);
      if (performance.now() >= until) return this.#isWorkLeft();
    }
    return false;
  }

  #isWorkLeft(): boolean {
    return this.#shards.deletedIds().length > 0 || this.#freePages() > 0;
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
      .prepare<[number, number], { rowid: number; size: number }>(
        'SELECT rowid, length(bytes) AS size FROM batch WHERE shard_id = ? ORDER BY base_offset LIMIT ?',
      )
      .all(shardId, SLICE_BATCHES_MAX);
    const remove = this.#db.prepare('DELETE FROM batch WHERE rowid = ?');
    let bytes = 0;
    for (const { rowid, size } of sizes) {
      bytes += size;
      if (bytes > SLICE_BYTES_MAX && bytes > size) return false;
      remove.run(rowid);
    }
    if (sizes.length === SLICE_BATCHES_MAX) return false;
    this.#deleteShard(shardId);
    return true;
  }

  /** The last trace of a shard. What its append times were is kept: the clock must not go back behind them. */
  #deleteShard(shardId: number): void {
    this.#db
      .prepare(`UPDATE meta SET value = max(value, (SELECT last_append_time FROM shard WHERE id = ?)) WHERE name = 'last_append_time'`)
      .run(shardId);
    this.#db.prepare('DELETE FROM leader_epoch WHERE shard_id = ?').run(shardId);
    this.#db.prepare('DELETE FROM shard WHERE id = ?').run(shardId);
  }
}
