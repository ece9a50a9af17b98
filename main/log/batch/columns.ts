/**
 * The records of a batch for who goes through very many: all are walked and checked at once, and where their parts lie is noted in one array of numbers.
 * Of a record only what is asked for is made. The layout stands in encode.ts.
 */
import { isUtf8 } from 'node:buffer';
import { plainRecords } from './compression.ts';
import { malformed, RecordReader } from './decode.ts';
import { decodeBatchHeader, hasLogAppendTime, type LogRecord } from './layout.ts';
import { Cursor } from './varint.ts';

/** What is noted of a record: where it begins, its offset delta, where key and value begin and end (from −1 to −1 for null), its headers. */
const [START, OFFSET_DELTA, KEY_FROM, KEY_TO, VALUE_FROM, VALUE_TO, HEADERS, NOTED] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Its length, attributes, timestamp delta, offset delta, lengths of key and value, number of headers: a record has no fewer bytes. */
const RECORD_BYTES_MIN = 7;

/** What bytes become that are no UTF-8. */
const REPLACEMENT = '\ufffd';

export class RecordColumns {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #plain: Buffer;
  readonly #noted: Int32Array;
  /** Milliseconds, as near as a Number comes. */
  readonly #timestamps: Float64Array;
  readonly #baseOffset: bigint;
  /** Where an offset is exact as a Number; else NaN. */
  readonly #exactBase: number;
  #reader: RecordReader | null = null;

  /** Structure is checked, the checksum is not. Throws `batch-invalid`. */
  constructor(bytes: Uint8Array) {
    const header = decodeBatchHeader(bytes);
    const { bytes: plain, at } = plainRecords(bytes, header.attributes);
    this.count = header.recordCount;
    if (this.count * RECORD_BYTES_MIN > plain.length) throw malformed(at, 'it has not as many records as it says');
    this.#bytes = bytes;
    this.#plain = plain;
    this.#noted = new Int32Array(this.count * NOTED);
    this.#timestamps = new Float64Array(this.count);
    this.#baseOffset = header.baseOffset;
    this.#exactBase = Number.isSafeInteger(Number(header.baseOffset) + 2 ** 31) ? Number(header.baseOffset) : Number.NaN;
    this.#walk(new Cursor(plain, at, plain.length), header.baseTimestamp);
    if (hasLogAppendTime(header.attributes)) this.#timestamps.fill(Number(header.maxTimestamp));
  }

  #walk(cursor: Cursor, baseTimestamp: bigint): void {
    const noted = this.#noted;
    const base = Number(baseTimestamp);
    const isExact = Number.isSafeInteger(base);
    for (let index = 0, row = 0; index < this.count; index++, row += NOTED) {
      noted[row + START] = cursor.at;
      const length = cursor.varint();
      const end = cursor.at + length;
      if (length < 1 || end > cursor.end) throw malformed(cursor.at, 'a record reaches beyond the end');
      cursor.at++;
      const delta = cursor.varlong();
      this.#timestamps[index] =
        isExact && typeof delta === 'number' ? base + delta : Number(BigInt.asIntN(64, baseTimestamp + BigInt(delta)));
      noted[row + OFFSET_DELTA] = cursor.varint();
      const keyLength = passBytes(cursor);
      noted[row + KEY_FROM] = keyLength < 0 ? -1 : cursor.at - keyLength;
      noted[row + KEY_TO] = keyLength < 0 ? -1 : cursor.at;
      const valueLength = passBytes(cursor);
      noted[row + VALUE_FROM] = valueLength < 0 ? -1 : cursor.at - valueLength;
      noted[row + VALUE_TO] = valueLength < 0 ? -1 : cursor.at;
      const headers = cursor.varint();
      if (headers < 0) throw malformed(cursor.at, 'a record has a negative number of headers');
      noted[row + HEADERS] = headers;
      for (let left = headers; left > 0; left--) {
        if (passBytes(cursor) < 0) throw malformed(cursor.at, 'a header has no name');
        passBytes(cursor);
      }
      if (cursor.at !== end) throw malformed(cursor.at, 'a record is not as long as it says');
    }
  }

  offset(index: number): bigint {
    return this.#baseOffset + BigInt(this.#noted[index * NOTED + OFFSET_DELTA]!);
  }

  /** Decimal. */
  offsetText(index: number): string {
    const exact = this.#exactBase + this.#noted[index * NOTED + OFFSET_DELTA]!;
    return exact === exact ? String(exact) : String(this.offset(index));
  }

  /** Milliseconds, as near as a Number comes. */
  timestamp(index: number): number {
    return this.#timestamps[index]!;
  }

  hasHeaders(index: number): boolean {
    return this.#noted[index * NOTED + HEADERS] !== 0;
  }

  /** Null for none, undefined where it is not UTF-8. Without its first bytes, where so many are to be passed over. */
  keyText(index: number, pass = 0): string | null | undefined {
    return this.#text(this.#noted[index * NOTED + KEY_FROM]! + pass, this.#noted[index * NOTED + KEY_TO]!);
  }

  valueText(index: number): string | null | undefined {
    return this.#text(this.#noted[index * NOTED + VALUE_FROM]!, this.#noted[index * NOTED + VALUE_TO]!);
  }

  /** How many bytes of the key come before this one; −1 where it is not there. */
  keyBytesBefore(index: number, byte: number): number {
    const from = this.#noted[index * NOTED + KEY_FROM]!;
    const to = this.#noted[index * NOTED + KEY_TO]!;
    for (let at = from; at < to; at++) if (this.#plain[at] === byte) return at - from;
    return -1;
  }

  /** Whether the first `length` bytes of the key are this text in ASCII. */
  keyBeginsWith(index: number, text: string, length: number): boolean {
    if (text.length !== length) return false;
    const from = this.#noted[index * NOTED + KEY_FROM]!;
    for (let at = 0; at < length; at++) if (this.#plain[from + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  /** All of it. Key, value and header values are views of the batch's bytes. */
  record(index: number): LogRecord {
    this.#reader ??= new RecordReader(this.#bytes, this.#plain);
    return this.#reader.at(this.#noted[index * NOTED + START]!);
  }

  #text(from: number, to: number): string | null | undefined {
    if (to < 0) return null;
    const text = this.#plain.toString('utf8', from, to);
    // It may have been written so.
    return text.indexOf(REPLACEMENT) < 0 || isUtf8(this.#plain.subarray(from, to)) ? text : undefined;
  }
}

/** Answers how long they are; −1 for null. */
function passBytes(cursor: Cursor): number {
  const length = cursor.varint();
  if (length < 0) return -1;
  if (cursor.at + length > cursor.end) throw malformed(cursor.at, 'a field reaches beyond the end');
  cursor.at += length;
  return length;
}
