/** Reading batches over a read-only connection: never blocked by the writer, and never blocking it. */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { damaged, nameOf } from './assertWhole.ts';
import { batchFromRow, META_COLUMNS, type BatchMeta, type BatchRow, type StoredBatch } from './batchRow.ts';
import { BatchIndex, type From } from './batchIndex.ts';
import { openReader } from './connection.ts';
import { preparePositionRead } from './positionTable.ts';
import type { ReaderPosition } from '../positions.ts';
import { prepareShardRead, type ShardState } from './shardTable.ts';
import { decodeStored } from './decodeStored.ts';
import { guarded } from './sqliteError.ts';
import { TimeIndex, type TimePart } from './timeIndex.ts';

/**
 * What a reader may see of a shard: everything acknowledged, or what waits for the disk, too. The latter only for one who writes nothing on the
 * strength of it but to the same file: what comes behind it in the write-ahead log is never there without it (../walSync.ts).
 */
export const VISIBILITIES = ['highWatermark', 'committed'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface ReadOptions {
  upTo: Visibility;
  /** Whole batches are returned up to this many bytes, and at least one even if it is larger. */
  bytesMax: number;
}

export interface ReadResult {
  batches: StoredBatch[];
  startOffset: bigint;
  endOffset: bigint;
}

export interface HeadersOptions {
  from: From;
  /** `forward` begins with the batch at `from`, or the next one after it; `backward` with the one at `from`, or the last before. */
  direction: 'forward' | 'backward';
  limit: number;
}

/** A record, by its timestamp. */
export interface TimedOffset {
  offset: bigint;
  timestamp: bigint;
}

/** Any method may throw `file-unreadable`, and after close `broker-down`. */
export class StoreReader {
  readonly #path: string;
  readonly #highWatermark: (shardId: number) => bigint | undefined;
  readonly #db: Database.Database;
  readonly #shard: (id: number) => ShardState | undefined;
  readonly #positions: (shardId: number, reader: string) => ReaderPosition[];
  readonly #index: BatchIndex;
  readonly #times: TimeIndex;
  readonly #nextEpoch: Database.Statement<[number, number], bigint>;
  readonly #ownEpoch: Database.Statement<[number, number], bigint>;
  readonly #sizes: Database.Statement<[number, bigint], [bigint, bigint]>;
  readonly #batches: Database.Statement<[number, bigint, bigint], [...BatchRow, bigint]>;

  /**
   * The file must have been opened by its writer before. `highWatermark`: offset up to which a shard is acknowledged, for {@link read};
   * undefined where everything committed is.
   */
  constructor(path: string, highWatermark: (shardId: number) => bigint | undefined = () => undefined) {
    this.#path = path;
    this.#highWatermark = highWatermark;
    this.#db = openReader(path);
    this.#shard = prepareShardRead(this.#db);
    this.#positions = preparePositionRead(this.#db);
    this.#index = new BatchIndex(this.#db);
    this.#times = new TimeIndex(this.#db);
    this.#nextEpoch = this.#db
      .prepare<[number, number], bigint>('SELECT start_offset FROM leader_epoch WHERE shard_id = ? AND epoch > ? ORDER BY epoch LIMIT 1')
      .pluck()
      .safeIntegers();
    this.#ownEpoch = this.#db
      .prepare<[number, number], bigint>('SELECT epoch FROM leader_epoch WHERE shard_id = ? AND epoch <= ? ORDER BY epoch DESC LIMIT 1')
      .pluck()
      .safeIntegers();
    this.#sizes = this.#db
      .prepare<[number, bigint], [bigint, bigint]>(
        'SELECT base_offset, length(bytes) FROM batch WHERE shard_id = ? AND base_offset >= ? ORDER BY base_offset',
      )
      .raw()
      .safeIntegers();
    this.#batches = this.#db
      .prepare<[number, bigint, bigint], [...BatchRow, bigint]>(
        // Joined with itself, so that what a row says comes from the row: SQLite takes what it can from the index, where a flipped bit would
        // give a shard the batch of another.
        `SELECT ${META_COLUMNS}, bytes, indexed_offset
         FROM (SELECT rowid AS id, base_offset AS indexed_offset FROM batch WHERE shard_id = ? AND base_offset BETWEEN ? AND ?)
           CROSS JOIN batch ON batch.rowid = id
         ORDER BY indexed_offset`,
      )
      .raw()
      .safeIntegers();
  }

  /**
   * Batches from the one that holds `from`, or the next after it where `from` lies in a gap. At the end: none.
   * Throws `offset-out-of-range`, `no-such-shard`, and `file-unreadable` where a batch is not to be found that must be there. Bytes are
   * returned as stored, unchecked.
   */
  read(shardId: number, from: bigint, { upTo, bytesMax }: ReadOptions): ReadResult {
    return this.#snapshot(shardId, (shard) => {
      const { startOffset, stream, number } = shard;
      const endOffset = upTo === 'committed' ? shard.nextOffset : this.#endOf(shard);
      if (from < startOffset || from > endOffset) {
        const held = `shard ${number} of stream ${stream} holds offsets from ${startOffset} up to, not including, ${endOffset}`;
        throw new LabError('offset-out-of-range', `Offset ${from} is out of range: ${held}.`);
      }
      const first = this.#index.byOffset(shardId, from);
      const batches = first === null ? [] : this.#readFrom(shard, first.baseOffset, bytesMax);
      this.#assertContinues(shard, from, batches);
      return { batches: batches.filter((batch) => batch.lastOffset < endOffset), startOffset, endOffset };
    });
  }

  /**
   * Where the batches of a leader's epoch, or of the last one before it, end, as Kafka's OffsetForLeaderEpoch defines it; null for an epoch
   * that is yet to come. Throws `no-such-shard`.
   */
  epochEnd(shardId: number, epoch: number): { epoch: number; endOffset: bigint } | null {
    return this.#snapshot(shardId, (shard) => {
      if (epoch > shard.leaderEpoch) return null;
      if (epoch === shard.leaderEpoch) return { epoch, endOffset: this.#endOf(shard) };
      const next = this.#nextEpoch.get(shardId, epoch);
      const own = this.#ownEpoch.get(shardId, epoch) ?? BigInt(epoch);
      return next === undefined ? null : { epoch: Number(own), endOffset: next };
    });
  }

  /** What a positions shard has of a reader (../positions.ts). Throws `no-such-shard`. */
  positions(shardId: number, reader: string): ReaderPosition[] {
    return this.#snapshot(shardId, () => this.#positions(shardId, reader));
  }

  /** Batches without their bytes, in the order asked for. Throws `no-such-shard`. */
  headers(shardId: number, { from, direction, limit }: HeadersOptions): BatchMeta[] {
    return this.#snapshot(shardId, (shard) =>
      direction === 'forward' ? this.#index.forward(shard, from, limit) : this.#index.backward(shard, from, limit),
    );
  }

  /**
   * The batch at an offset or an ordinal, or the next one after it; by append time the first batch appended then or later.
   * Null at the end. Throws `no-such-shard`.
   */
  locate(shardId: number, from: From): BatchMeta | null {
    return this.#snapshot(shardId, (shard) => this.#index.locate(shard, from));
  }

  /**
   * The first record, by offset, with this timestamp (milliseconds) or a later one, as Kafka's ListOffsets defines it; null where there is
   * none below the high watermark. A damaged batch is passed over. Throws `no-such-shard`. https://kafka.apache.org/protocol#The_Messages_ListOffsets
   */
  offsetForTime(shardId: number, timestamp: bigint): TimedOffset | null {
    return this.#snapshot(shardId, (shard) => this.#offsetForTime(shard, timestamp, this.#endOf(shard)));
  }

  /** The first record, by offset, with the greatest timestamp of the shard; null where it is empty. Throws `no-such-shard`. */
  maxTimestamp(shardId: number): TimedOffset | null {
    return this.#snapshot(shardId, (shard) => {
      const greatest = this.#times.maxTimestamp(shard);
      return greatest === null ? null : this.#offsetForTime(shard, greatest, shard.nextOffset);
    });
  }

  /** The greatest timestamp of the batches that begin before an offset; null where none does. Throws `no-such-shard`. */
  maxTimestampBefore(shardId: number, offset: bigint): bigint | null {
    return this.#snapshot(shardId, (shard) => this.#times.maxTimestampBefore(shard, offset));
  }

  /** Summaries that cover the shard (timeIndex.ts); or, of one of them, what it is made of. Throws `no-such-shard`. */
  timeParts(shardId: number, within?: TimePart): TimePart[] {
    return this.#snapshot(shardId, (shard) => (within ? this.#times.partsOf(shard, within) : this.#times.parts(shard)));
  }

  /** The timestamps of a batch's records; null where it is damaged, or trimmed meanwhile. */
  timestamps(shardId: number, baseOffset: bigint): bigint[] | null {
    this.#assertOpen();
    return guarded(this.#path, () => {
      const [row] = this.#batches.all(shardId, baseOffset, baseOffset);
      try {
        return row ? decodeStored(batchFromRow(row as unknown as BatchRow)).map(({ timestamp }) => timestamp) : null;
      } catch (thrown) {
        if (thrown instanceof LabError && thrown.code === 'batch-damaged') return null;
        throw thrown;
      }
    });
  }

  close(): void {
    this.#db.close();
  }

  /** A shard may have been trimmed beyond what was acknowledged of it. */
  #endOf({ id, startOffset, nextOffset }: ShardState): bigint {
    const highWatermark = this.#highWatermark(id) ?? nextOffset;
    if (highWatermark >= nextOffset) return nextOffset;
    return highWatermark > startOffset ? highWatermark : startOffset;
  }

  #assertOpen(): void {
    if (!this.#db.open) throw new LabError('broker-down', 'The broker is closing: nothing can be read any more.');
  }

  #offsetForTime(shard: ShardState, timestamp: bigint, end: bigint): TimedOffset | null {
    for (let from = shard.startOffset; ;) {
      const meta = this.#times.firstSince(shard, timestamp, from);
      if (meta === null || meta.baseOffset >= end) return null;
      const found = this.#recordIn(meta, (record) => record.timestamp >= timestamp);
      if (found) return found;
      from = meta.lastOffset + 1n;
    }
  }

  /** Undefined also where the batch is damaged. */
  #recordIn({ shardId, baseOffset }: BatchMeta, isSought: (record: TimedOffset) => boolean): TimedOffset | undefined {
    const [batch] = this.#batches.all(shardId, baseOffset, baseOffset).map((row) => batchFromRow(row as unknown as BatchRow));
    try {
      const record = batch && decodeStored(batch).find(isSought);
      return record && { offset: record.offset, timestamp: record.timestamp };
    } catch (thrown) {
      if (thrown instanceof LabError && thrown.code === 'batch-damaged') return undefined;
      throw thrown;
    }
  }

  #readFrom(shard: ShardState, baseOffset: bigint, bytesMax: number): StoredBatch[] {
    let last: bigint | undefined;
    let bytes = 0;
    for (const [offset, size] of this.#sizes.iterate(shard.id, baseOffset)) {
      bytes += Number(size);
      if (bytes > bytesMax && last !== undefined) break;
      last = offset;
    }
    if (last === undefined) return [];
    return this.#batches.all(shard.id, baseOffset, last).map((row) => {
      const batch = batchFromRow(row as unknown as BatchRow);
      if (batch.shardId !== shard.id || batch.baseOffset !== row.at(-1)) throw this.#indexDamaged(shard, row.at(-1) as bigint);
      return batch;
    });
  }

  /**
   * Offsets may have gaps; records may not. So where a batch does not follow right upon the one before, the count of records tells whether
   * the index has lost one in between, or given its place to another.
   */
  #assertContinues(shard: ShardState, from: bigint, batches: readonly StoredBatch[]): void {
    const { startOffset, nextOffset, recordsTotal, recordsTrimmed } = shard;
    const endOf = (batch: BatchMeta | undefined): bigint => (batch ? batch.recordsBefore + BigInt(batch.recordCount) : recordsTrimmed);
    /** Records before `from`, where no batch holds it. Asked at `from`: what comes right before the batch found may be there all the same. */
    const recordsUpToFrom = (): bigint => endOf(this.#index.backward(shard, { offset: from }, 1)[0]);
    const [first] = batches;
    if (!first) {
      if (from < nextOffset && recordsUpToFrom() !== recordsTotal) throw this.#indexDamaged(shard, from);
      return;
    }
    if (first.lastOffset < from || (first.baseOffset > from && recordsUpToFrom() !== first.recordsBefore)) {
      throw this.#indexDamaged(shard, from);
    }
    if (from === startOffset && first.recordsBefore !== recordsTrimmed) throw this.#indexDamaged(shard, from);
    const last = batches.at(-1) as StoredBatch;
    const next = this.#index.forward(shard, { offset: last.baseOffset }, 2)[1];
    for (const [index, batch] of batches.entries()) {
      const following = batches[index + 1] ?? next;
      const follows = following?.baseOffset ?? nextOffset;
      if (follows === batch.lastOffset + 1n) continue;
      if (follows <= batch.lastOffset || endOf(batch) !== (following?.recordsBefore ?? recordsTotal)) {
        throw this.#indexDamaged(shard, batch.lastOffset + 1n);
      }
    }
  }

  #indexDamaged(shard: ShardState, offset: bigint): LabError {
    return damaged(this.#path, `what ${nameOf(shard)} has at offset ${offset} and after can not be found`);
  }

  /** Shard and batches as of one moment. */
  #snapshot<T>(shardId: number, work: (shard: ShardState) => T): T {
    this.#assertOpen();
    return guarded(this.#path, () =>
      this.#db.transaction(() => {
        const shard = this.#shard(shardId);
        if (shard === undefined) throw new LabError('no-such-shard', `This broker has no shard with the id ${shardId}.`);
        if (shard.state === 'deleted') throw new LabError('no-such-shard', `Shard ${shard.number} of stream ${shard.stream} is deleted.`);
        return work(shard);
      })(),
    );
  }
}
