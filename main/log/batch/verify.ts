/**
 * What a batch must be before it may enter the log. Records are walked, not decoded: lengths, offset deltas and
 * timestamps only, a few nanoseconds each, so that a producer's wrong counts never become wrong offsets.
 */
import { crc32c } from '@node-rs/crc32';
import { LabError } from '../../api/errors.ts';
import { plainRecords } from './compression.ts';
import { ATTRIBUTES_AT, BATCH_BYTES_MAX, MAGIC, decodeBatchHeader, hasLogAppendTime, type BatchHeader } from './layout.ts';
import { Cursor } from './varint.ts';

/** A header whose batch has passed {@link verifyBatch}. `maxTimestamp` is what the records say, not what the header claims. */
export interface VerifiedHeader extends BatchHeader {
  minTimestamp: bigint;
}

/** Checks that the bytes are exactly one sound batch. Throws `batch-invalid`, or `value-too-large` beyond BATCH_BYTES_MAX or DECOMPRESSED_BYTES_MAX. */
export function verifyBatch(bytes: Uint8Array): VerifiedHeader {
  const header = decodeBatchHeader(bytes);
  if (header.sizeBytes !== bytes.length) {
    throw invalid(`says that it has ${header.sizeBytes} bytes, but ${bytes.length} came`);
  }
  if (bytes.length > BATCH_BYTES_MAX) {
    throw new LabError('value-too-large', `A record batch has at most ${BATCH_BYTES_MAX} bytes; this one has ${bytes.length}.`);
  }
  if (header.magic !== MAGIC) throw invalid(`is of format ${header.magic}; only format ${MAGIC} is read`);
  if (!crcMatches(bytes, header)) throw invalid('fails its checksum (CRC32C)');
  if (header.recordCount < 1) throw invalid(`says that it holds ${header.recordCount} records`);
  if (header.lastOffsetDelta < header.recordCount - 1) {
    throw invalid(`holds ${header.recordCount} records but only ${header.lastOffsetDelta + 1} offsets`);
  }
  const walked = walk(bytes, header);
  return { ...header, ...walked };
}

/** Whether the bytes after the checksum are those it was taken of. */
export function crcMatches(bytes: Uint8Array, header: BatchHeader): boolean {
  return crc32c(bytes.subarray(ATTRIBUTES_AT)) === header.crc;
}

function walk(bytes: Uint8Array, header: BatchHeader): { minTimestamp: bigint; maxTimestamp: bigint } {
  const records = plainRecords(bytes, header.attributes);
  const cursor = new Cursor(records.bytes, records.at, records.bytes.length);
  const range = new DeltaRange(header.baseTimestamp);
  let offsetDelta = -1;
  for (let index = 0; index < header.recordCount; index++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < 1 || end > cursor.end) throw invalid(`is cut off within record ${index + 1} of ${header.recordCount}`);
    cursor.at++;
    range.add(cursor.varlong());
    const delta = cursor.varint();
    if (delta <= offsetDelta || delta > header.lastOffsetDelta) throw invalid(`gives record ${index + 1} the offset delta ${delta}`);
    offsetDelta = delta;
    cursor.at = end;
  }
  if (cursor.at !== cursor.end) throw invalid(`has ${cursor.end - cursor.at} bytes after its last record`);
  if (hasLogAppendTime(header.attributes)) return { minTimestamp: header.maxTimestamp, maxTimestamp: header.maxTimestamp };
  return range.timestamps();
}

/** Least and greatest timestamp, in Numbers as long as the deltas are. */
class DeltaRange {
  readonly #base: bigint;
  readonly #exact: boolean;
  #least = Infinity;
  #greatest = -Infinity;
  readonly #bigs: bigint[] = [];

  constructor(base: bigint) {
    this.#base = base;
    this.#exact = Number.isSafeInteger(Number(base));
  }

  add(delta: number | bigint): void {
    if (typeof delta === 'number' && this.#exact) {
      if (delta < this.#least) this.#least = delta;
      if (delta > this.#greatest) this.#greatest = delta;
    } else {
      this.#bigs.push(BigInt.asIntN(64, this.#base + BigInt(delta)));
    }
  }

  timestamps(): { minTimestamp: bigint; maxTimestamp: bigint } {
    const all = this.#bigs;
    if (this.#least !== Infinity) all.push(this.#base + BigInt(this.#least), this.#base + BigInt(this.#greatest));
    return {
      minTimestamp: all.reduce((least, at) => (at < least ? at : least)),
      maxTimestamp: all.reduce((greatest, at) => (at > greatest ? at : greatest)),
    };
  }
}

function invalid(why: string): LabError {
  return new LabError('batch-invalid', `The record batch ${why}.`);
}
