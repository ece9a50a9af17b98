/** Appending: one transaction for all batches handed in together. */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { patchBatch } from '../batch/layout.ts';
import type { VerifiedHeader } from '../batch/verify.ts';
import type { AppendClock } from './clock.ts';
import type { ShardState, ShardTable } from './shardTable.ts';
import type { Summaries } from './summaries.ts';

export interface BatchToAppend {
  shardId: number;
  /** Given away: base offset and leader epoch are written into them. */
  bytes: Uint8Array;
  /** What verifyBatch returned for these bytes. */
  header: VerifiedHeader;
}

export interface Appended {
  shardId: number;
  baseOffset: bigint;
  lastOffset: bigint;
  recordsBefore: bigint;
  appendTimeUs: bigint;
}

/** A LabError (`no-such-shard`) concerns its batch alone; the others are in. */
export type AppendResult = Appended | LabError;

export class Appender {
  readonly #clock: AppendClock;
  readonly #shards: ShardTable;
  readonly #summaries: Summaries;
  readonly #insert: Database.Statement;
  readonly #write: (batches: readonly BatchToAppend[], ends: Map<number, ShardState>) => AppendResult[];

  constructor(db: Database.Database, shards: ShardTable, summaries: Summaries, clock: AppendClock) {
    this.#clock = clock;
    this.#shards = shards;
    this.#summaries = summaries;
    this.#insert = db.prepare(
      `INSERT INTO batch (shard_id, base_offset, last_offset, record_count, records_before, min_timestamp, max_timestamp, append_time,
         leader_epoch, producer_id, producer_epoch, first_sequence, attributes, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#write = db.transaction(this.#writeAll.bind(this)).immediate;
  }

  /** Returns once all of it is committed; when it throws, none of it is in the log. */
  append(batches: readonly BatchToAppend[]): AppendResult[] {
    const ends = new Map<number, ShardState>();
    try {
      const results = this.#write(batches, ends);
      for (const end of ends.values()) this.#shards.committed(end);
      this.#summaries.committed();
      return results;
    } finally {
      this.#summaries.rolledBack();
    }
  }

  #writeAll(batches: readonly BatchToAppend[], ends: Map<number, ShardState>): AppendResult[] {
    const time = this.#clock.next();
    const results = batches.map((batch) => {
      const known = ends.get(batch.shardId) ?? this.#shards.get(batch.shardId);
      if (known?.state !== 'open') return refusal(batch.shardId, known);
      const end = ends.get(batch.shardId) ?? { ...known, lastAppendTimeUs: time - 1n };
      ends.set(batch.shardId, end);
      return this.#writeOne(batch, end);
    });
    for (const end of ends.values()) {
      this.#shards.write(end);
      this.#clock.advance(end.lastAppendTimeUs);
    }
    return results;
  }

  /** Writes a batch at the end of its shard, and moves that end. */
  #writeOne({ shardId, bytes, header }: BatchToAppend, end: ShardState): Appended {
    const baseOffset = end.nextOffset;
    const lastOffset = baseOffset + BigInt(header.lastOffsetDelta);
    const recordsBefore = end.recordsTotal;
    const appendTimeUs = end.lastAppendTimeUs + 1n;
    patchBatch(bytes, { baseOffset, leaderEpoch: end.leaderEpoch });
    this.#insert.run(
      ...[shardId, baseOffset, lastOffset, header.recordCount, recordsBefore, header.minTimestamp, header.maxTimestamp, appendTimeUs],
      ...[end.leaderEpoch, header.producerId, header.producerEpoch, header.firstSequence, header.attributes, bytes],
    );
    this.#summaries.add(shardId, {
      ...{ firstOffset: baseOffset, lastOffset, recordsBefore, records: header.recordCount, bytes: bytes.length },
      ...{ minTimestamp: header.minTimestamp, maxTimestamp: header.maxTimestamp },
    });
    end.nextOffset = lastOffset + 1n;
    end.recordsTotal += BigInt(header.recordCount);
    end.bytes += bytes.length;
    end.lastAppendTimeUs = appendTimeUs;
    return { shardId, baseOffset, lastOffset, recordsBefore, appendTimeUs };
  }
}

function refusal(shardId: number, shard: ShardState | undefined): LabError {
  if (shard?.state === 'closed') {
    return new LabError('no-such-shard', `Shard ${shard.number} of stream ${shard.stream} is closed: it takes no more records.`);
  }
  if (shard) return new LabError('no-such-shard', `Shard ${shard.number} of stream ${shard.stream} is deleted.`);
  return new LabError('no-such-shard', `This broker has no shard with the id ${shardId}.`);
}
