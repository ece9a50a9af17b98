/**
 * Record batch, Kafka's format v2 (magic 2): the unit of append and of storage. All integers big-endian.
 * Source: https://kafka.apache.org/documentation/#recordbatch
 *
 *    0  base offset            int64    set by the broker, outside the CRC
 *    8  batch length           int32    bytes after this field
 *   12  leader epoch           int32    set by the broker, outside the CRC
 *   16  magic                  int8     2
 *   17  CRC                    uint32   CRC32C of everything from the attributes on
 *   21  attributes             int16    bits 0–2 compression, 3 log append time, 4 transactional, 5 control, 6 delete horizon
 *   23  last offset delta      int32
 *   27  base timestamp         int64    milliseconds; record timestamps are deltas to it
 *   35  maximum timestamp      int64
 *   43  producer id            int64    -1: none
 *   51  producer epoch         int16
 *   53  first sequence         int32
 *   57  record count           int32
 *   61  records
 */
import { LabError } from '../../api/errors.ts';
import { CODECS, type Codec } from '../../api/streams.ts';

export { BATCH_BYTES_MAX } from '../../api/streams.ts';

export const MAGIC = 2;
export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const FIRST_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;
export const RECORDS_AT = 61;

/** Bytes before `batch length` begins to count. */
export const LENGTH_OVERHEAD_BYTES = 12;

/** Sequence numbers begin anew behind the greatest. */
export const SEQUENCES = 2 ** 31;

const COMPRESSION_MASK = 0x07;
const LOG_APPEND_TIME_BIT = 0x08;
const CONTROL_BIT = 0x20;
const DELETE_HORIZON_BIT = 0x40;
const TRANSACTIONAL_OR_CONTROL_BITS = 0x30;

/** A record as it is handed in. Timestamps are milliseconds since the epoch, any int64; -1 means none. */
export interface NewRecord {
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [string, Uint8Array | null])[];
  timestamp: bigint;
}

/** A record as it comes out of a shard. Key, value and header values are views of the batch's bytes, not copies. */
export interface LogRecord extends NewRecord {
  offset: bigint;
}

export interface BatchHeader {
  baseOffset: bigint;
  /** The whole batch, bytes. */
  sizeBytes: number;
  leaderEpoch: number;
  magic: number;
  crc: number;
  attributes: number;
  lastOffsetDelta: number;
  baseTimestamp: bigint;
  maxTimestamp: bigint;
  producerId: bigint;
  producerEpoch: number;
  firstSequence: number;
  recordCount: number;
}

/** The same memory as a Buffer, for its big-endian reads and writes. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The header as it stands in the bytes; nothing but the length needed for it is checked. Throws `batch-invalid`. */
export function decodeBatchHeader(bytes: Uint8Array): BatchHeader {
  if (bytes.length < RECORDS_AT) {
    throw new LabError('batch-invalid', `A record batch has at least ${RECORDS_AT} bytes; this one has ${bytes.length}.`);
  }
  const buffer = bufferOver(bytes);
  return {
    baseOffset: buffer.readBigInt64BE(BASE_OFFSET_AT),
    sizeBytes: buffer.readInt32BE(BATCH_LENGTH_AT) + LENGTH_OVERHEAD_BYTES,
    leaderEpoch: buffer.readInt32BE(LEADER_EPOCH_AT),
    magic: buffer.readInt8(MAGIC_AT),
    crc: buffer.readUInt32BE(CRC_AT),
    attributes: buffer.readInt16BE(ATTRIBUTES_AT),
    lastOffsetDelta: buffer.readInt32BE(LAST_OFFSET_DELTA_AT),
    baseTimestamp: buffer.readBigInt64BE(BASE_TIMESTAMP_AT),
    maxTimestamp: buffer.readBigInt64BE(MAX_TIMESTAMP_AT),
    producerId: buffer.readBigInt64BE(PRODUCER_ID_AT),
    producerEpoch: buffer.readInt16BE(PRODUCER_EPOCH_AT),
    firstSequence: buffer.readInt32BE(FIRST_SEQUENCE_AT),
    recordCount: buffer.readInt32BE(RECORD_COUNT_AT),
  };
}

/** Writes what the broker decides, in place. Both fields lie outside the CRC, so the producer's checksum stays good. */
export function patchBatch(bytes: Uint8Array, { baseOffset, leaderEpoch }: { baseOffset: bigint; leaderEpoch: number }): void {
  const buffer = bufferOver(bytes);
  buffer.writeBigInt64BE(baseOffset, BASE_OFFSET_AT);
  buffer.writeInt32BE(leaderEpoch, LEADER_EPOCH_AT);
}

/** The attributes of a batch that is compressed with this codec. */
export function attributesOf(codec: Codec): number {
  return CODECS.indexOf(codec);
}

/** Whether all records have the batch's maximum timestamp, given by the broker that took them in. */
export function hasLogAppendTime(attributes: number): boolean {
  return (attributes & LOG_APPEND_TIME_BIT) !== 0;
}

/** Whether the base timestamp says when marks may be compacted away, and not when the first record was made. */
export function hasDeleteHorizon(attributes: number): boolean {
  return (attributes & DELETE_HORIZON_BIT) !== 0;
}

/** Whether the batch holds marks of a transaction instead of records. */
export function isControl(attributes: number): boolean {
  return (attributes & CONTROL_BIT) !== 0;
}

/** Whether the batch is part of a transaction, or holds marks of one instead of records. */
export function isTransactional(attributes: number): boolean {
  return (attributes & TRANSACTIONAL_OR_CONTROL_BITS) !== 0;
}

/** The codec the records are compressed with; `none` for plain records. Throws `batch-invalid` for a number that names none. */
export function compressionOf(attributes: number): Codec {
  const number = attributes & COMPRESSION_MASK;
  const codec = CODECS[number];
  if (codec === undefined)
    throw new LabError('batch-invalid', `The record batch is compressed with the codec ${number}, which is unknown.`);
  return codec;
}
