/** A row of the table `batch`, without and with its bytes. */

/** What is known of a stored batch without reading its bytes. */
export interface BatchMeta {
  shardId: number;
  baseOffset: bigint;
  lastOffset: bigint;
  recordCount: number;
  /** Records ever appended to the shard before this batch: the ordinal of its first record. */
  recordsBefore: bigint;
  /** Milliseconds since the epoch, any int64. */
  minTimestamp: bigint;
  maxTimestamp: bigint;
  /** Microseconds since the epoch, see clock.ts. */
  appendTimeUs: bigint;
  leaderEpoch: number;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  attributes: number;
  sizeBytes: number;
}

export interface StoredBatch extends BatchMeta {
  /** As stored: to be decoded through decodeStored, which checks them. */
  bytes: Buffer;
}

/** length() of a blob is in the row's head: it reads none of the blob's pages. */
export const META_COLUMNS = `shard_id, base_offset, last_offset, record_count, records_before, min_timestamp, max_timestamp, append_time,
  leader_epoch, producer_id, producer_epoch, first_sequence, attributes, length(bytes)`;

export type MetaRow = bigint[];
export type BatchRow = [...MetaRow, Buffer];

export function metaFromRow(row: MetaRow | BatchRow): BatchMeta {
  const at = row as bigint[];
  return {
    shardId: Number(at[0]),
    baseOffset: at[1] as bigint,
    lastOffset: at[2] as bigint,
    recordCount: Number(at[3]),
    recordsBefore: at[4] as bigint,
    minTimestamp: at[5] as bigint,
    maxTimestamp: at[6] as bigint,
    appendTimeUs: at[7] as bigint,
    leaderEpoch: Number(at[8]),
    producerId: at[9] as bigint,
    producerEpoch: Number(at[10]),
    firstSequence: Number(at[11]),
    attributes: Number(at[12]),
    sizeBytes: Number(at[13]),
  };
}

export function batchFromRow(row: BatchRow): StoredBatch {
  return { ...metaFromRow(row), bytes: row[14] as Buffer };
}
