/**
 * Record => length varint, attributes int8 (0), timestamp delta varlong, offset delta varint, key length varint and bytes
 *           (-1: null), value length varint and bytes (-1: null), header count varint, headers
 * Header => name length varint and UTF-8, value length varint and bytes (-1: null)
 * Source: https://kafka.apache.org/documentation/#record
 *
 * A first pass takes the sizes, the second writes into one buffer: nothing is allocated for a record. Then the records are compressed.
 */
import { crc32c } from '@node-rs/crc32';
import { LabError } from '../../api/errors.ts';
import { compress, DECOMPRESSED_BYTES_MAX } from './compression.ts';
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_TIMESTAMP_AT,
  BATCH_BYTES_MAX,
  BATCH_LENGTH_AT,
  CRC_AT,
  FIRST_SEQUENCE_AT,
  LAST_OFFSET_DELTA_AT,
  LEADER_EPOCH_AT,
  LENGTH_OVERHEAD_BYTES,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_AT,
  RECORD_COUNT_AT,
  compressionOf,
  type NewRecord,
} from './layout.ts';
import { isExact, sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts';

export interface NewBatch {
  /** At least one. */
  records: readonly NewRecord[];
  baseOffset?: bigint;
  leaderEpoch?: number;
  attributes?: number;
  producerId?: bigint;
  producerEpoch?: number;
  firstSequence?: number;
}

/** Encodes records with consecutive offsets as one batch. Throws `batch-invalid` for none, `value-too-large` beyond BATCH_BYTES_MAX. */
export function encodeBatch(batch: NewBatch): Buffer {
  const { records, attributes = 0 } = batch;
  const first = records[0];
  if (first === undefined) throw new LabError('batch-invalid', 'A record batch holds at least one record.');
  const codec = compressionOf(attributes);

  const sizes = measure(records, first.timestamp);
  // What is larger than a batch may be uncompressed is not tried: nothing that the lab makes comes near.
  assertFits(sizes.totalBytes, codec === 'none' ? BATCH_BYTES_MAX : DECOMPRESSED_BYTES_MAX);
  let buffer = Buffer.allocUnsafe(sizes.totalBytes);
  let at = RECORDS_AT;
  for (let index = 0; index < records.length; index++) {
    at = writeRecord(buffer, at, records[index] as NewRecord, index, sizes);
  }
  if (codec !== 'none') {
    buffer = Buffer.concat([buffer.subarray(0, RECORDS_AT), compress(codec, buffer.subarray(RECORDS_AT))]);
    assertFits(buffer.length, BATCH_BYTES_MAX);
  }

  buffer.writeBigInt64BE(batch.baseOffset ?? 0n, BASE_OFFSET_AT);
  buffer.writeInt32BE(buffer.length - LENGTH_OVERHEAD_BYTES, BATCH_LENGTH_AT);
  buffer.writeInt32BE(batch.leaderEpoch ?? 0, LEADER_EPOCH_AT);
  buffer.writeInt8(MAGIC, MAGIC_AT);
  buffer.writeInt16BE(attributes, ATTRIBUTES_AT);
  buffer.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA_AT);
  buffer.writeBigInt64BE(first.timestamp, BASE_TIMESTAMP_AT);
  buffer.writeBigInt64BE(sizes.maxTimestamp, MAX_TIMESTAMP_AT);
  buffer.writeBigInt64BE(batch.producerId ?? -1n, PRODUCER_ID_AT);
  buffer.writeInt16BE(batch.producerEpoch ?? -1, PRODUCER_EPOCH_AT);
  buffer.writeInt32BE(batch.firstSequence ?? -1, FIRST_SEQUENCE_AT);
  buffer.writeInt32BE(records.length, RECORD_COUNT_AT);
  buffer.writeUInt32BE(crc32c(buffer.subarray(ATTRIBUTES_AT)), CRC_AT);
  return buffer;
}

function assertFits(bytes: number, most: number): void {
  if (bytes <= most) return;
  const mebibytes = most / 1024 / 1024;
  throw new LabError('value-too-large', `A record batch has at most ${mebibytes} MiB; this one would have ${bytes} bytes.`);
}

interface Sizes {
  totalBytes: number;
  maxTimestamp: bigint;
  bodyBytes: number[];
  timestampDeltas: (number | bigint)[];
}

function measure(records: readonly NewRecord[], baseTimestamp: bigint): Sizes {
  const base = Number(baseTimestamp);
  const sizes: Sizes = { totalBytes: RECORDS_AT, maxTimestamp: baseTimestamp, bodyBytes: [], timestampDeltas: [] };
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as NewRecord;
    const { timestamp } = record;
    if (timestamp > sizes.maxTimestamp) sizes.maxTimestamp = timestamp;
    const delta = timestampDelta(timestamp, baseTimestamp, base);
    const bodyBytes =
      1 + sizeOfVarlong(delta) + sizeOfVarint(index) + sizeOfBytes(record.key) + sizeOfBytes(record.value) + sizeOfHeaders(record.headers);
    sizes.timestampDeltas.push(delta);
    sizes.bodyBytes.push(bodyBytes);
    sizes.totalBytes += sizeOfVarint(bodyBytes) + bodyBytes;
  }
  return sizes;
}

/** Two int64 can be further apart than an int64 says: the difference wraps around, as in Java, and wraps back on decode. */
function timestampDelta(timestamp: bigint, baseTimestamp: bigint, base: number): number | bigint {
  const delta = Number(timestamp) - base;
  if (isExact(delta) && Number.isSafeInteger(base) && Number.isSafeInteger(base + delta)) return delta;
  return BigInt.asIntN(64, timestamp - baseTimestamp);
}

function sizeOfBytes(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function sizeOfHeaders(headers: NewRecord['headers']): number {
  let size = sizeOfVarint(headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    size += sizeOfVarint(nameBytes) + nameBytes + sizeOfBytes(value);
  }
  return size;
}

function writeRecord(buffer: Buffer, start: number, record: NewRecord, index: number, sizes: Sizes): number {
  let at = writeVarint(buffer, start, sizes.bodyBytes[index] as number);
  buffer[at++] = 0;
  at = writeVarlong(buffer, at, sizes.timestampDeltas[index] as number | bigint);
  at = writeVarint(buffer, at, index);
  at = writeBytes(buffer, at, record.key);
  at = writeBytes(buffer, at, record.value);
  at = writeVarint(buffer, at, record.headers.length);
  for (const [name, value] of record.headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(name));
    at += buffer.write(name, at);
    at = writeBytes(buffer, at, value);
  }
  return at;
}

function writeBytes(buffer: Buffer, start: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(buffer, start, -1);
  const at = writeVarint(buffer, start, bytes.length);
  buffer.set(bytes, at);
  return at + bytes.length;
}
