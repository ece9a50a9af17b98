/**
 * Retention: what a shard need not keep any longer is deleted from its start, whole batches only, a slice at a time. Each slice is one short
 * transaction that deletes some batches and moves the start offset behind them, so that what can be read and what is there never differ.
 * Age is that of the append, not of the record: an event of the year 718 that came today is new. Only who asks for a start at an offset
 * gets it inside of a batch, too (cutter.ts): as a slice of its own, as long as that one batch takes.
 */
import type Database from 'better-sqlite3';
import { Cutter } from './cutter.ts';
import type { ShardState, ShardTable } from './shardTable.ts';
import type { Summaries } from './summaries.ts';
import { SLICE_BATCHES_MAX, SLICE_BYTES_MAX } from './slices.ts';

interface Oldest {
  rowid: bigint;
  lastOffset: bigint;
  records: bigint;
  appendTimeUs: bigint;
  size: bigint;
}

export class Trimmer {
  readonly #shards: ShardTable;
  /** The wall clock, milliseconds. */
  readonly #now: () => number;
  readonly #oldest: Database.Statement<[number, number], Oldest>;
  readonly #remove: Database.Statement<[bigint]>;
  readonly #summaries: Summaries;
  /** Offsets before which shards need not keep anything, as they were told by {@link trimBefore}. */
  readonly #before = new Map<number, bigint>();
  /** Offsets at which shards are to begin, as they were told by {@link beginAt}. */
  readonly #begin = new Map<number, bigint>();
  readonly #cutter: Cutter;
  readonly #write: (shard: ShardState, batches: readonly Oldest[]) => ShardState;

  constructor(db: Database.Database, shards: ShardTable, summaries: Summaries, now: () => number) {
    this.#shards = shards;
    this.#now = now;
    this.#oldest = db
      .prepare<[number, number], Oldest>(
        `SELECT rowid, last_offset AS lastOffset, record_count AS records, append_time AS appendTimeUs, length(bytes) AS size
         FROM batch WHERE shard_id = ? ORDER BY base_offset LIMIT ?`,
      )
      .safeIntegers();
    this.#remove = db.prepare('DELETE FROM batch WHERE rowid = ?');
    this.#summaries = summaries;
    this.#cutter = new Cutter(db, shards, summaries);
    this.#write = db.transaction(this.#trim.bind(this)).immediate;
  }

  /** From now on whole batches before this offset need not be kept. Forgotten when the file is closed: who asked for it asks again. */
  trimBefore(shardId: number, offset: bigint): void {
    this.#before.set(shardId, offset);
  }

  /** Whether what {@link trimBefore} asked for is not done yet. */
  isTrimming(shardId: number): boolean {
    return this.#looked().some(({ id }) => id === shardId && this.#before.has(id));
  }

  /** What lies before this offset, or before the end, is not to be kept, no record of it. Forgotten when the file is closed. */
  beginAt(shardId: number, offset: bigint): void {
    const end = this.#shards.get(shardId)?.nextOffset ?? 0n;
    const wanted = offset < end ? offset : end;
    if (wanted > (this.#begin.get(shardId) ?? 0n)) this.#begin.set(shardId, wanted);
  }

  /** Whether what {@link beginAt} asked for is neither done yet nor found to be impossible. */
  isBeginning(shardId: number): boolean {
    return this.#looked().some(({ id }) => id === shardId && this.#begin.has(id));
  }

  isDue(): boolean {
    return this.#looked().some((shard) => this.#begin.has(shard.id) || this.#expired(shard, 1).length > 0);
  }

  /** Trims one slice of one shard; false where nothing was to be trimmed. */
  slice(): boolean {
    for (const shard of this.#looked()) {
      const batches = this.#expired(shard, SLICE_BATCHES_MAX);
      const begin = this.#begin.get(shard.id);
      if (batches.length > 0) this.#shards.committed(this.#write(shard, batches));
      else if (begin === undefined) continue;
      else {
        this.#cutter.cut(shard, begin);
        this.#begin.delete(shard.id);
      }
      return true;
    }
    return false;
  }

  #looked(): ShardState[] {
    const trimmed = new Set<ShardState>();
    for (const wanted of [this.#before, this.#begin]) {
      for (const [id, offset] of wanted) {
        const shard = this.#shards.get(id);
        if (shard && shard.state !== 'deleted' && shard.startOffset < offset) trimmed.add(shard);
        else wanted.delete(id);
      }
    }
    return [...trimmed, ...this.#shards.withRetention()];
  }

  /** The oldest batches that the shard need not keep, up to a slice of them. */
  #expired({ id, bytes, retention }: ShardState, most: number): Oldest[] {
    const since = retention.ms === null ? null : BigInt(Math.floor((this.#now() - retention.ms) * 1000));
    const wanted = [this.#before.get(id) ?? 0n, this.#begin.get(id) ?? 0n] as const;
    const before = wanted[0] > wanted[1] ? wanted[0] : wanted[1];
    const expired: Oldest[] = [];
    let gone = 0;
    for (const batch of this.#oldest.all(id, most)) {
      const size = Number(batch.size);
      const isOld = since !== null && batch.appendTimeUs < since;
      const isOver = retention.bytes !== null && bytes - gone - size >= retention.bytes;
      if (!isOld && !isOver && batch.lastOffset >= before) break;
      gone += size;
      if (gone > SLICE_BYTES_MAX && expired.length > 0) break;
      expired.push(batch);
    }
    return expired;
  }

  #trim(shard: ShardState, batches: readonly Oldest[]): ShardState {
    const trimmed = { ...shard };
    for (const { rowid, lastOffset, records, size } of batches) {
      this.#remove.run(rowid);
      trimmed.startOffset = lastOffset + 1n;
      trimmed.recordsTrimmed += records;
      trimmed.bytes -= Number(size);
    }
    this.#summaries.deleteBefore(shard.id, trimmed.startOffset);
    this.#shards.writeStart(trimmed);
    return trimmed;
  }
}
