/** The store of a broker: its shards and their batches in one SQLite file, as the one who writes it has it open. reader.ts reads it. */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { Appender, type AppendOptions, type AppendResult, type BatchToAppend, type Views } from './append.ts';
import { assertWhole, damaged } from './assertWhole.ts';
import { Checkpointer, type CheckpointState } from './checkpointer.ts';
import { AppendClock } from './clock.ts';
import { openWriter } from './connection.ts';
import { encodeBatch } from '../batch/encode.ts';
import { verifyBatch } from '../batch/verify.ts';
import { isPositionsShard, PositionTable } from './positionTable.ts';
import { ProducerTable } from './producerTable.ts';
import { Reclaimer } from './reclaimer.ts';
import { ShardTable, type NewShard, type RestoredShard, type Retention, type ShardState } from './shardTable.ts';
import { guarded } from './sqliteError.ts';
import { Summaries } from './summaries.ts';
import { Trimmer } from './trimmer.ts';

/** A positions shard is summed up, and trimmed, when its batches have more bytes than this, and a few times more than its last summary. */
const POSITIONS_BYTES_MAX = 4 * 1024 * 1024;
/** Positions in one batch of a summary. */
const SNAPSHOT_RECORDS = 10_000;
const SNAPSHOT_SHARE = 4;

export interface StoreOptions {
  /** The file; made where there is none, in a folder that exists. */
  path: string;
  brokerId: number;
  /** The wall clock, milliseconds since the epoch. */
  now: () => number;
}

/**
 * Opens or makes a broker's file. There is one writer: the caller holds the broker's lock.
 * Throws `not-a-log`, `format-too-new`, `workspace-unwritable`, `disk-full`, `file-unreadable`.
 */
export function openStore(options: StoreOptions): Store {
  try {
    return guarded(options.path, () => new Store(options));
  } catch (error) {
    // Nothing here depends on what was asked: tables that are not as we make them, values that can not be, lie in the file.
    if (error instanceof LabError && error.code === 'internal') throw damaged(options.path, `it can not be opened (${error.message})`);
    throw error;
  }
}

/** Any method may throw `disk-full` or `file-unreadable`. */
export class Store {
  readonly #path: string;
  readonly #now: () => number;
  readonly #db: Database.Database;
  readonly #shards: ShardTable;
  readonly #views: Views;
  readonly #clock: AppendClock;
  readonly #appender: Appender;
  /** Bytes of the last summary of each positions shard. */
  readonly #snapshots = new Map<number, number>();
  readonly #trimmer: Trimmer;
  readonly #reclaimer: Reclaimer;
  readonly #checkpointer: Checkpointer;

  constructor({ path, brokerId, now }: StoreOptions) {
    this.#path = path;
    this.#now = now;
    this.#db = openWriter(path, brokerId);
    try {
      this.#shards = new ShardTable(this.#db);
      assertWhole(this.#db, this.#shards, path);
      const summaries = new Summaries(this.#db);
      this.#views = { summaries, positions: new PositionTable(this.#db), producers: new ProducerTable(this.#db) };
      this.#views.positions.rebuild(this.#shards);
      this.#clock = new AppendClock(now, this.#lastAppendTimeUs());
      this.#appender = new Appender(this.#db, { ...this.#views, shards: this.#shards, clock: this.#clock });
      this.#trimmer = new Trimmer(this.#db, this.#shards, summaries, now);
      this.#reclaimer = new Reclaimer(this.#db, this.#shards, this.#views, this.#trimmer);
      this.#checkpointer = new Checkpointer(this.#db);
    } catch (thrown) {
      this.#db.close();
      throw thrown;
    }
  }

  /** All shards but the deleted ones. */
  shards(): ShardState[] {
    return this.#shards.list();
  }

  /** What has become of shards since this was last asked: those that are not what they were, and the ids of those that are gone. */
  takeChanges(): { changed: ShardState[]; gone: number[] } {
    return this.#shards.takeChanges();
  }

  /** All or none, in one transaction. Throws `stream-exists` where a stream already has a shard of that number. */
  createShards(shards: readonly NewShard[]): ShardState[] {
    return guarded(this.#path, () => this.#shards.create(shards, Math.floor(this.#now())));
  }

  /** See {@link ShardTable.restore}. */
  restoreShard(id: number, restored: RestoredShard): void {
    guarded(this.#path, () => this.#shards.restore(id, restored));
  }

  /** At once they can be neither read nor written; {@link reclaim} gives their space back. */
  deleteShards(ids: readonly number[]): void {
    guarded(this.#path, () => this.#shards.markDeleted(ids));
    for (const id of ids) this.#views.summaries.forget(id);
  }

  /** Deletes them all where nothing was ever appended to any of them; else none, and answers false. Throws `no-such-shard`. */
  deleteEmptyShards(ids: readonly number[]): boolean {
    const isThere = (id: number): boolean => (this.#shards.get(id)?.state ?? 'deleted') !== 'deleted';
    for (const id of ids) if (!isThere(id)) throw new LabError('no-such-shard', `This broker has no shard with the id ${id}.`);
    if (ids.some((id) => this.#shards.get(id)!.recordsTotal > 0n)) return false;
    this.deleteShards(ids);
    return true;
  }

  /** From now on {@link reclaim} trims what these shards need not keep. */
  setRetention(ids: readonly number[], retention: Retention): void {
    guarded(this.#path, () => this.#shards.setRetention(ids, retention));
  }

  /** {@link reclaim} trims whole batches before this offset; until the file is closed. */
  trimBefore(id: number, offset: bigint): void {
    this.#trimmer.trimBefore(id, offset);
  }

  /** {@link reclaim} trims all that lies before this offset, also inside of a batch; until the file is closed. */
  beginAt(id: number, offset: bigint): void {
    this.#trimmer.beginAt(id, offset);
  }

  /** Whether {@link beginAt} is not done yet; where it is and the shard begins before, the batch that it begins with can not be written anew. */
  isBeginning(id: number): boolean {
    return this.#trimmer.isBeginning(id);
  }

  /**
   * Trims what retention allows, and gives free space back to the file system, for about `budgetMs`, in steps below 10 ms.
   * True while more is left.
   */
  reclaim(budgetMs: number): boolean {
    return guarded(this.#path, () => {
      for (const shard of this.#longPositions()) this.#snapshotPositions(shard);
      return this.#reclaimer.run(budgetMs);
    });
  }

  /** Whether {@link reclaim} would find anything to do. */
  isReclaimDue(): boolean {
    return guarded(this.#path, () => this.#longPositions().length > 0 || this.#reclaimer.isDue());
  }

  /**
   * Appends all batches in one transaction and returns after its commit, which the machine's crash may still undo (walSync.ts). When it
   * throws, none of them is in the log.
   */
  append(batches: readonly BatchToAppend[], options: AppendOptions = {}): AppendResult[] {
    return guarded(this.#path, () => this.#appender.append(batches, options));
  }

  /**
   * An append time (microseconds) that all batches here lie before and no later one will: with it several brokers agree on a moment
   * up to which nothing can come in between any more. Not before `since`.
   */
  passTime(since: bigint): bigint {
    return this.#clock.pass(since);
  }

  /** How much waits in the write-ahead log. */
  walState(): CheckpointState {
    return guarded(this.#path, () => this.#checkpointer.look());
  }

  /** Moves the write-ahead log into the file; `isIdle`: and gives its space back. Call it between commits. When is said by checkpoints.ts. */
  checkpoint({ isIdle = false } = {}): CheckpointState {
    return guarded(this.#path, () => (isIdle ? this.#checkpointer.empty() : this.#checkpointer.run()));
  }

  close(): void {
    this.#db.close();
  }

  #longPositions(): ShardState[] {
    const most = (id: number): number => Math.max(POSITIONS_BYTES_MAX, SNAPSHOT_SHARE * (this.#snapshots.get(id) ?? 0));
    return this.#shards
      .list()
      .filter((shard) => isPositionsShard(shard) && shard.bytes > most(shard.id) && !this.#trimmer.isTrimming(shard.id));
  }

  /** What was said before all positions at once is not needed any more. */
  #snapshotPositions({ id }: ShardState): void {
    const records = this.#views.positions.snapshot(id, BigInt(Math.floor(this.#now())));
    const batches: BatchToAppend[] = [];
    for (let at = 0; at < records.length; at += SNAPSHOT_RECORDS) {
      const bytes = encodeBatch({ records: records.slice(at, at + SNAPSHOT_RECORDS) });
      batches.push({ shardId: id, bytes, header: verifyBatch(bytes) });
    }
    const [first] = this.#appender.append(batches, { allOrNone: true });
    this.#snapshots.set(
      id,
      batches.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    if (first && !(first instanceof LabError)) this.#trimmer.trimBefore(id, first.baseOffset);
  }

  #lastAppendTimeUs(): bigint {
    const gone = this.#db
      .prepare<[], bigint>(`SELECT value FROM meta WHERE name = 'last_append_time'`)
      .pluck()
      .safeIntegers()
      .get() as bigint;
    const present = this.#shards.lastAppendTimeUs();
    return gone > present ? gone : present;
  }
}
