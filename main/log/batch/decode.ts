/**
 * Records out of a batch; the layout stands in layout.ts and encode.ts. Structure is checked (nothing is read past its
 * end), the checksum is not: verify.ts and the store's decodeStored do that where bytes enter or leave.
 */
import { LabError } from '../../api/errors.ts';
import { plainRecords } from './compression.ts';
import { decodeBatchHeader, hasLogAppendTime, type BatchHeader, type LogRecord } from './layout.ts';
import { Cursor } from './varint.ts';

/** All records of a batch. Throws `batch-invalid`. */
export function decodeBatch(bytes: Uint8Array): LogRecord[] {
  const reader = new RecordReader(bytes);
  const records: LogRecord[] = [];
  for (let left = reader.header.recordCount; left > 0; left--) records.push(reader.next());
  return records;
}

/** The same one at a time, for a reader that may stop early. */
export function* iterateBatch(bytes: Uint8Array): Generator<LogRecord, void, undefined> {
  const reader = new RecordReader(bytes);
  for (let left = reader.header.recordCount; left > 0; left--) yield reader.next();
}

export class RecordReader {
  readonly header: BatchHeader;
  readonly #cursor: Cursor;
  readonly #buffer: Buffer;
  readonly #timestampOf: (delta: number | bigint) => bigint;
  readonly #offsetOf: (delta: number) => bigint;

  /** `plain`: its records, where they are decompressed already; then {@link at} says which one is read. */
  constructor(bytes: Uint8Array, plain?: Buffer) {
    this.header = decodeBatchHeader(bytes);
    const records = plain ? { bytes: plain, at: plain.length } : plainRecords(bytes, this.header.attributes);
    this.#buffer = records.bytes;
    this.#cursor = new Cursor(this.#buffer, records.at, this.#buffer.length);
    this.#timestampOf = timestamps(this.header);
    this.#offsetOf = offsets(this.header.baseOffset);
  }

  /** The one that begins at this byte. */
  at(start: number): LogRecord {
    this.#cursor.at = start;
    return this.next();
  }

  next(): LogRecord {
    const cursor = this.#cursor;
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < 1 || end > cursor.end) throw malformed(cursor.at, 'a record reaches beyond the end');
    cursor.at++; // attributes of the record: unused by the format
    const timestamp = this.#timestampOf(cursor.varlong());
    const offset = this.#offsetOf(cursor.varint());
    const key = this.#bytes();
    const value = this.#bytes();
    const headers = this.#headers();
    if (cursor.at !== end) throw malformed(cursor.at, 'a record is not as long as it says');
    return { key, value, headers, timestamp, offset };
  }

  #headers(): [string, Uint8Array | null][] {
    const headers: [string, Uint8Array | null][] = [];
    const count = this.#cursor.varint();
    if (count < 0) throw malformed(this.#cursor.at, 'a record has a negative number of headers');
    for (let left = count; left > 0; left--) {
      const name = this.#bytes();
      if (name === null) throw malformed(this.#cursor.at, 'a header has no name');
      headers.push([name.toString(), this.#bytes()]);
    }
    return headers;
  }

  #bytes(): Buffer | null {
    const cursor = this.#cursor;
    const length = cursor.varint();
    if (length < 0) return null;
    const start = cursor.at;
    if (start + length > cursor.end) throw malformed(start, 'a field reaches beyond the end');
    cursor.at = start + length;
    return this.#buffer.subarray(start, start + length);
  }
}

function timestamps({ attributes, baseTimestamp, maxTimestamp }: BatchHeader): (delta: number | bigint) => bigint {
  if (hasLogAppendTime(attributes)) return () => maxTimestamp;
  const base = Number(baseTimestamp);
  const exact = Number.isSafeInteger(base);
  return (delta) => {
    if (delta === 0) return baseTimestamp;
    if (exact && typeof delta === 'number' && Number.isSafeInteger(base + delta)) return BigInt(base + delta);
    return BigInt.asIntN(64, baseTimestamp + BigInt(delta));
  };
}

function offsets(baseOffset: bigint): (delta: number) => bigint {
  const base = Number(baseOffset);
  return Number.isSafeInteger(base + 2 ** 31) && base >= 0 ? (delta) => BigInt(base + delta) : (delta) => baseOffset + BigInt(delta);
}

/** `at`: the byte. */
export function malformed(at: number, why: string): LabError {
  return new LabError('batch-invalid', `The record batch is malformed: ${why}, at byte ${at}.`);
}
