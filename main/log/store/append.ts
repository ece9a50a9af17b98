/** Appending: one transaction for all batches handed in together. */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { patchBatch } from '../batch/layout.ts';
import type { VerifiedHeader } from '../batch/verify.ts';
import { ClientSequences } from './clientSequences.ts';
import type { AppendClock } from './clock.ts';
import { isPositionsShard, type PositionTable } from './positionTable.ts';
import type { ProducerTable } from './producerTable.ts';
import type { ShardState, ShardTable } from './shardTable.ts';
import type { Summaries } from './summaries.ts';

export interface BatchToAppend {
  shardId: number;
  /** Given away: base offset and leader epoch are written into them. */
  bytes: Uint8Array;
  /** What verifyBatch returned for these bytes. */
  header: VerifiedHeader;
  /**
   * For a batch that was in another log before: its append time there, microseconds. It keeps that, its base offset and its leader epoch; it is
   * refused (`batch-invalid`) where one of them does not follow upon what the shard has.
   */
  restoredFrom?: bigint | undefined;
  /** The offset that it must get; else it is refused (`fenced`): somebody else has written to the shard meanwhile. */
  expectedOffset?: bigint | undefined;
  /** It is held against the sequence of its producer (producerTable.ts): what is in the shard already is not written again. */
  isInSequence?: boolean | undefined;
  /** The same for a client that numbers its batches as Kafka's idempotent producers do (clientSequences.ts). */
  isOfClient?: boolean | undefined;
}

export interface AppendOptions {
  /** Where one batch is refused, none is appended, and the refusal is thrown. */
  allOrNone?: boolean;
}

/** A batch of a producer's sequence that was there already has the offset -1, for it is not looked up where; that of a client has its offsets. */
export interface Appended {
  shardId: number;
  baseOffset: bigint;
  lastOffset: bigint;
  recordsBefore: bigint;
  appendTimeUs: bigint;
}

/** A LabError (`no-such-shard`, `batch-invalid`, `out-of-sequence`, `fenced`) concerns its batch alone; the others are in. */
export type AppendResult = Appended | LabError;

const INT64_MAX = 2n ** 63n - 1n;

/** What is made of batches, and written with them. */
export interface Views {
  summaries: Summaries;
  positions: PositionTable;
  producers: ProducerTable;
}

export class Appender {
  readonly #clock: AppendClock;
  readonly #shards: ShardTable;
  readonly #summaries: Summaries;
  readonly #positions: PositionTable;
  readonly #producers: ProducerTable;
  readonly #clients: ClientSequences;
  readonly #insert: Database.Statement;
  readonly #insertEpoch: Database.Statement<[number, number, bigint]>;
  readonly #write: (batches: readonly BatchToAppend[], ends: Map<number, ShardState>, options: AppendOptions) => AppendResult[];

  constructor(
    db: Database.Database,
    { shards, summaries, clock, positions, producers }: Views & { shards: ShardTable; clock: AppendClock },
  ) {
    this.#clock = clock;
    this.#shards = shards;
    this.#summaries = summaries;
    this.#positions = positions;
    this.#producers = producers;
    this.#clients = new ClientSequences(db);
    this.#insert = db.prepare(
      `INSERT INTO batch (shard_id, base_offset, last_offset, record_count, records_before, min_timestamp, max_timestamp, append_time,
         leader_epoch, producer_id, producer_epoch, first_sequence, attributes, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertEpoch = db.prepare('INSERT OR IGNORE INTO leader_epoch (shard_id, epoch, start_offset) VALUES (?, ?, ?)');
    this.#write = db.transaction(this.#writeAll.bind(this)).immediate;
  }

  /** Returns once all of it is committed; when it throws, none of it is in the log. */
  append(batches: readonly BatchToAppend[], options: AppendOptions = {}): AppendResult[] {
    const ends = new Map<number, ShardState>();
    try {
      const results = this.#write(batches, ends, options);
      for (const end of ends.values()) this.#shards.committed(end);
      this.#summaries.committed();
      return results;
    } finally {
      this.#summaries.rolledBack();
    }
  }

  #writeAll(batches: readonly BatchToAppend[], ends: Map<number, ShardState>, { allOrNone }: AppendOptions): AppendResult[] {
    const time = this.#clock.next();
    const results = batches.map((batch) => {
      const known = ends.get(batch.shardId) ?? this.#shards.get(batch.shardId);
      if (batch.restoredFrom !== undefined) return this.#restoreOne(batch, batch.restoredFrom, known, ends);
      if (known?.state !== 'open') return refusal(batch.shardId, known);
      const end = ends.get(batch.shardId) ?? { ...known, lastAppendTimeUs: time - 1n };
      ends.set(batch.shardId, end);
      return this.#judgeAndWrite(batch, end);
    });
    // Thrown, it takes back what was written before it.
    const refused = allOrNone && results.find((result) => result instanceof LabError);
    if (refused) throw refused;
    for (const end of ends.values()) {
      this.#shards.write(end);
      this.#clock.advance(end.lastAppendTimeUs);
    }
    return results;
  }

  /** Also into a shard that is closed: it was open when the batch first came. */
  #restoreOne(batch: BatchToAppend, appendTimeUs: bigint, known: ShardState | undefined, ends: Map<number, ShardState>): AppendResult {
    const { shardId, header } = batch;
    if (!known || known.state === 'deleted') return refusal(shardId, known);
    const { baseOffset, leaderEpoch } = header;
    const follows = baseOffset >= known.nextOffset && baseOffset + BigInt(header.lastOffsetDelta) < INT64_MAX;
    if (!follows || appendTimeUs <= known.lastAppendTimeUs || leaderEpoch < 0 || leaderEpoch > known.leaderEpoch) {
      return new LabError('batch-invalid', `The record batch at offset ${baseOffset} does not follow upon those before it.`);
    }
    const end = ends.get(shardId) ?? { ...known };
    ends.set(shardId, end);
    this.#insertEpoch.run(shardId, leaderEpoch, baseOffset);
    // It may be one of a sequence that is to go on here.
    if (header.producerId >= 0n) this.#producers.appended(shardId, header);
    return this.#writeAt(batch, end, { baseOffset, leaderEpoch, appendTimeUs });
  }

  #judgeAndWrite(batch: BatchToAppend, end: ShardState): AppendResult {
    const { shardId, header, expectedOffset, isInSequence, isOfClient } = batch;
    if (expectedOffset !== undefined && expectedOffset !== end.nextOffset) return fenced(end, expectedOffset);
    if (isOfClient && header.producerId >= 0n) return this.#writeOfClient(batch, end);
    if (!isInSequence) return this.#writeOne(batch, end);
    const judged = this.#producers.judge(shardId, header);
    if (judged instanceof LabError) return judged;
    if (judged === 'there already')
      return { shardId, baseOffset: -1n, lastOffset: -1n, recordsBefore: -1n, appendTimeUs: end.lastAppendTimeUs };
    this.#producers.appended(shardId, header);
    return this.#writeOne(batch, end);
  }

  #writeOfClient(batch: BatchToAppend, end: ShardState): AppendResult {
    const { shardId, header } = batch;
    const judged = this.#clients.judge(shardId, header);
    if (judged instanceof LabError) return judged;
    if (judged !== 'append') return { shardId, ...judged, recordsBefore: -1n, appendTimeUs: end.lastAppendTimeUs };
    const appended = this.#writeOne(batch, end);
    this.#clients.appended(header, appended);
    return appended;
  }

  /** Writes a batch at the end of its shard, and moves that end. */
  #writeOne(batch: BatchToAppend, end: ShardState): Appended {
    const at = { baseOffset: end.nextOffset, leaderEpoch: end.leaderEpoch, appendTimeUs: end.lastAppendTimeUs + 1n };
    patchBatch(batch.bytes, at);
    return this.#writeAt(batch, end, at);
  }

  #writeAt(
    { shardId, bytes, header }: BatchToAppend,
    end: ShardState,
    { baseOffset, leaderEpoch, appendTimeUs }: { baseOffset: bigint; leaderEpoch: number; appendTimeUs: bigint },
  ): Appended {
    const lastOffset = baseOffset + BigInt(header.lastOffsetDelta);
    const recordsBefore = end.recordsTotal;
    this.#insert.run(
      ...[shardId, baseOffset, lastOffset, header.recordCount, recordsBefore, header.minTimestamp, header.maxTimestamp, appendTimeUs],
      ...[leaderEpoch, header.producerId, header.producerEpoch, header.firstSequence, header.attributes, bytes],
    );
    if (isPositionsShard(end)) this.#positions.apply(shardId, bytes, lastOffset + 1n);
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

function fenced({ number, stream, nextOffset }: ShardState, expected: bigint): LabError {
  return new LabError(
    'fenced',
    `Shard ${number} of stream ${stream} goes on at offset ${nextOffset}, not at ${expected}: somebody else writes to it.`,
  );
}

function refusal(shardId: number, shard: ShardState | undefined): LabError {
  if (shard?.state === 'closed') {
    return new LabError('no-such-shard', `Shard ${shard.number} of stream ${shard.stream} is closed: it takes no more records.`);
  }
  if (shard) return new LabError('no-such-shard', `Shard ${shard.number} of stream ${shard.stream} is deleted.`);
  return new LabError('no-such-shard', `This broker has no shard with the id ${shardId}.`);
}
