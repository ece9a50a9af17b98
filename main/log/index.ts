/**
 * The log: an ordered, append-only sequence of records for each shard. Records travel and are stored in record batches (batch/), a
 * key decides its shard (partition/), a broker keeps the batches of its shards in one SQLite file (store/), which it reads in the thread
 * that answers (log.ts) and writes in a thread of its own (writerThread.ts, committer.ts, housekeeper.ts, checkpoints.ts, walSync.ts); a lock keeps every other process
 * from writing it.
 *
 * Promised: an append is acknowledged after its commit, offsets of a shard rise and are never given twice, bytes once appended
 * never change but for base offset and leader epoch (and those of the batch inside of which a shard is to begin, store/cutter.ts), and a
 * damaged batch is never served as good.
 */
export {
  BATCH_BYTES_MAX,
  attributesOf,
  LENGTH_OVERHEAD_BYTES,
  compressionOf,
  decodeBatchHeader,
  isControl,
  isTransactional,
  patchBatch,
  RECORDS_AT,
  type BatchHeader,
  type LogRecord,
  type NewRecord,
} from './batch/layout.ts';
export { DECOMPRESSED_BYTES_MAX } from './batch/compression.ts';
export { batchBytesOf, encodeBatch, tooLarge, type NewBatch, type Numbered } from './batch/encode.ts';
export { BatchWriter, NO_HEADERS, type Content, type NewHeaders } from './batch/writer.ts';
export type { RecordColumns } from './batch/columns.ts';
export { type BatchLease, BatchMemory } from './batch/memory.ts';
export { decodeBatch, iterateBatch } from './batch/decode.ts';
export { recordBytes } from './batch/recordBytes.ts';
export { crcMatches, verifyBatch, type VerifiedHeader } from './batch/verify.ts';
export { positionOf, positionRecord, POSITIONS_STREAM, STATE_STREAM_PREFIX, type PositionKey, type ReaderPosition } from './positions.ts';
export { createPartitioner, type Partitioner } from './partition/partitioner.ts';
export { openStore, type Store, type StoreOptions } from './store/store.ts';
export {
  StoreReader,
  VISIBILITIES,
  type HeadersOptions,
  type ReadOptions,
  type ReadResult,
  type TimedOffset,
  type Visibility,
} from './store/reader.ts';
export { WAL_BYTES_MAX } from './store/connection.ts';
export { HEADERS_LIMIT_MAX, type From } from './store/batchIndex.ts';
export { decodeStored, storedColumns } from './store/decodeStored.ts';
export type { Appended, AppendOptions, AppendResult, BatchToAppend } from './store/append.ts';
export type { TimePart } from './store/timeIndex.ts';
export type { BatchMeta, StoredBatch } from './store/batchRow.ts';
export type { CheckpointState } from './store/checkpointer.ts';
export type { NewShard, RestoredShard, Retention, ShardState } from './store/shardTable.ts';
export { COMMIT_BYTES_MAX, createCommitter, type Committer } from './committer.ts';
export { COMMIT_QUEUE_BYTES_MAX, openLog, type Log, type LogOptions } from './log.ts';
export type { AppendOutcome } from './writerMessages.ts';
export type { Durability } from './walSync.ts';
export { guarded } from './store/sqliteError.ts';
export { acquireLock, type Lock, type LockHolder } from './lock.ts';
