/**
 * Record => length varint, attributes int8 (0), timestamp delta varlong, offset delta varint, key length varint and bytes
 *           (-1: null), value length varint and bytes (-1: null), header count varint, headers
 * Header => name length varint and UTF-8, value length varint and bytes (-1: null)
 * Source: https://kafka.apache.org/documentation/#record
 *
 * The records are written into one buffer that is large enough for sure: nothing is allocated for a record. Then they are compressed.
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
  attributesOf,
  compressionOf,
  type NewRecord,
} from './layout.ts';
import type { BatchLease } from './memory.ts';
import { isExact, sizeOfVarint, sizeOfVarlong, VARINT_BYTES_MAX, VARLONG_BYTES_MAX, writeVarint, writeVarlong } from './varint.ts';

/** Its length, attributes, timestamp delta, offset delta, and the lengths of key, value and headers. */
export const RECORD_OVERHEAD_BYTES_MAX = 1 + VARLONG_BYTES_MAX + 5 * VARINT_BYTES_MAX;
/** Of one UTF-16 code unit. */
export const UTF8_BYTES_MAX = 3;

/** Who made it, as its header says; nobody where nothing is said. */
export interface Numbered {
  producerId?: bigint;
  producerEpoch?: number;
  firstSequence?: number;
}

export interface NewBatch extends Numbered {
  /** At least one. */
  records: readonly NewRecord[];
  baseOffset?: bigint;
  leaderEpoch?: number;
  attributes?: number;
  /** The most that it may have, bytes. */
  bytesMax?: number;
}

/**
 * Encodes records with consecutive offsets as one batch, into memory that `take` gives for it. Throws `batch-invalid` for none,
 * `batch-too-large` beyond `bytesMax`, which is BATCH_BYTES_MAX where nothing is said.
 */
export function encodeBatch(batch: NewBatch, take: BatchLease['take'] = Buffer.allocUnsafe): Buffer {
  const { records, attributes = 0 } = batch;
  const first = records[0];
  if (first === undefined) throw new LabError('batch-invalid', 'A record batch holds at least one record.');
  const buffer = take(mostBytesOf(records));
  const { end, maxTimestamp } = writeRecords(buffer, records, first.timestamp);
  return seal(buffer.subarray(0, end), { ...batch, attributes, count: records.length, baseTimestamp: first.timestamp, maxTimestamp });
}

/** What the header tells besides. */
interface Sealed extends Omit<NewBatch, 'records'> {
  attributes: number;
  count: number;
  baseTimestamp: bigint;
  maxTimestamp: bigint;
  /** Where it is left out, offsets have no gaps. */
  lastOffsetDelta?: number;
}

/**
 * Compresses the records, which stand behind the room for the header, and writes the header. They stay as they are where only so they fit: what can
 * not be compressed becomes larger by it. Throws `batch-too-large` as {@link encodeBatch} does.
 */
export function seal(plain: Buffer, { count, baseTimestamp, maxTimestamp, bytesMax = BATCH_BYTES_MAX, ...batch }: Sealed): Buffer {
  const codec = compressionOf(batch.attributes);
  // What is larger than a batch may be uncompressed is not tried: nothing that the lab makes comes near.
  assertFits(plain.length, codec === 'none' ? bytesMax : DECOMPRESSED_BYTES_MAX);
  let { attributes } = batch;
  let buffer = plain;
  if (codec !== 'none') {
    const compressed = Buffer.concat([plain.subarray(0, RECORDS_AT), compress(codec, plain.subarray(RECORDS_AT))]);
    if (compressed.length > bytesMax && plain.length <= bytesMax) attributes = attributesOf('none');
    else buffer = compressed;
    assertFits(buffer.length, bytesMax);
  }
  buffer.writeBigInt64BE(batch.baseOffset ?? 0n, BASE_OFFSET_AT);
  buffer.writeInt32BE(buffer.length - LENGTH_OVERHEAD_BYTES, BATCH_LENGTH_AT);
  buffer.writeInt32BE(batch.leaderEpoch ?? 0, LEADER_EPOCH_AT);
  buffer.writeInt8(MAGIC, MAGIC_AT);
  buffer.writeInt16BE(attributes, ATTRIBUTES_AT);
  buffer.writeInt32BE(batch.lastOffsetDelta ?? count - 1, LAST_OFFSET_DELTA_AT);
  buffer.writeBigInt64BE(baseTimestamp, BASE_TIMESTAMP_AT);
  buffer.writeBigInt64BE(maxTimestamp, MAX_TIMESTAMP_AT);
  buffer.writeBigInt64BE(batch.producerId ?? -1n, PRODUCER_ID_AT);
  buffer.writeInt16BE(batch.producerEpoch ?? -1, PRODUCER_EPOCH_AT);
  buffer.writeInt32BE(batch.firstSequence ?? -1, FIRST_SEQUENCE_AT);
  buffer.writeInt32BE(count, RECORD_COUNT_AT);
  buffer.writeUInt32BE(crc32c(buffer.subarray(ATTRIBUTES_AT)), CRC_AT);
  return buffer;
}

function assertFits(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw tooLarge('A record batch', bytes, most);
}

/** `what` would make a batch of so many bytes. */
export function tooLarge(what: string, bytes: number, most: number): LabError {
  const [has, takes] = [bytes.toLocaleString('en'), most.toLocaleString('en')];
  return new LabError(
    'batch-too-large',
    `${what} would have ${has} bytes; the stream takes batches of at most ${takes} (“Largest batch”, in its settings).`,
  );
}

/** What a batch of this record alone has uncompressed, bytes. */
export function batchBytesOf({ key, value, headers }: Omit<NewRecord, 'timestamp'>): number {
  const body = 1 + sizeOfVarlong(0) + sizeOfVarint(0) + sizeOfBytes(key) + sizeOfBytes(value) + sizeOfHeaders(headers);
  return RECORDS_AT + sizeOfVarint(body) + body;
}

/** What the batch has at most, bytes, if every number in it were as long as it can be. */
function mostBytesOf(records: readonly NewRecord[]): number {
  let bytes = RECORDS_AT + records.length * RECORD_OVERHEAD_BYTES_MAX;
  for (const { key, value, headers } of records) {
    bytes += (key?.length ?? 0) + (value?.length ?? 0);
    if (headers.length > 0)
      for (const [name, content] of headers) {
        bytes += 2 * VARINT_BYTES_MAX + name.length * UTF8_BYTES_MAX + (content?.length ?? 0);
      }
  }
  return bytes;
}

/** Returns where the last one ends, and the greatest timestamp. */
function writeRecords(buffer: Buffer, records: readonly NewRecord[], baseTimestamp: bigint): { end: number; maxTimestamp: bigint } {
  const deltas = new Deltas(baseTimestamp);
  let maxTimestamp = baseTimestamp;
  let at = RECORDS_AT;
  for (let index = 0; index < records.length; index++) {
    const { timestamp, key, value, headers } = records[index] as NewRecord;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const delta = deltas.to(timestamp);
    const bodyBytes =
      1 +
      sizeOfVarlong(delta) +
      sizeOfVarint(index) +
      sizeOfBytes(key) +
      sizeOfBytes(value) +
      (headers.length === 0 ? 1 : sizeOfHeaders(headers));
    at = writeVarint(buffer, at, bodyBytes);
    buffer[at++] = 0;
    at = writeVarlong(buffer, at, delta);
    at = writeVarint(buffer, at, index);
    at = writeBytes(buffer, at, key);
    at = writeBytes(buffer, at, value);
    at = headers.length === 0 ? writeVarint(buffer, at, 0) : writeHeaders(buffer, at, headers);
  }
  return { end: at, maxTimestamp };
}

/**
 * From one timestamp to others. Two int64 can be further apart than an int64 says: the difference wraps around, as in Java, and wraps back
 * on decode. The halves of an int64 are taken as Numbers, for arithmetic on a BigInt costs ten times as much.
 */
export class Deltas {
  readonly #base: bigint;
  readonly #halves = new DataView(new ArrayBuffer(8));
  readonly #baseHigh: number;
  readonly #baseLow: number;

  constructor(base: bigint) {
    this.#base = base;
    this.#halves.setBigInt64(0, base);
    this.#baseHigh = this.#halves.getInt32(0);
    this.#baseLow = this.#halves.getUint32(4);
  }

  /** A Number where it is exact. */
  to(timestamp: bigint): number | bigint {
    this.#halves.setBigInt64(0, timestamp);
    const delta = (this.#halves.getInt32(0) - this.#baseHigh) * 2 ** 32 + (this.#halves.getUint32(4) - this.#baseLow);
    return isExact(delta) ? delta : BigInt.asIntN(64, timestamp - this.#base);
  }
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

function writeHeaders(buffer: Buffer, start: number, headers: NewRecord['headers']): number {
  let at = writeVarint(buffer, start, headers.length);
  for (const [name, content] of headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(name));
    at += buffer.write(name, at);
    at = writeBytes(buffer, at, content);
  }
  return at;
}

function writeBytes(buffer: Buffer, start: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(buffer, start, -1);
  const at = writeVarint(buffer, start, bytes.length);
  buffer.set(bytes, at);
  return at + bytes.length;
}
