/**
 * A batch that records are added to one after the other, as text where they are text: nothing is made for a record, it is written where it stays.
 * The layout stands in encode.ts.
 */
import { Deltas, type Numbered, RECORD_OVERHEAD_BYTES_MAX, seal, UTF8_BYTES_MAX } from './encode.ts';
import { BATCH_BYTES_MAX, type NewRecord, RECORDS_AT } from './layout.ts';
import { sizeOfVarint, sizeOfVarlong, VARINT_BYTES_MAX, writeVarint, writeVarlong } from './varint.ts';

/** What it begins with, bytes; it grows. */
const START_BYTES = 4 * 1024;

/** Text of so many characters is written more quickly here than by a call into V8, where it is ASCII. */
const SHORT_MAX = 24;
const ASCII_MAX = 0x7f;

export type Content = string | Uint8Array | null;
export type NewHeaders = NewRecord['headers'];

export const NO_HEADERS: NewHeaders = [];

export class BatchWriter {
  readonly #attributes: number;
  readonly #bytesMax: number;
  #buffer = Buffer.allocUnsafe(START_BYTES);
  #end = RECORDS_AT;
  #count = 0;
  #baseTimestamp = 0n;
  #maxTimestamp = 0n;
  #deltas = new Deltas(0n);

  constructor(attributes = 0, bytesMax = BATCH_BYTES_MAX) {
    this.#attributes = attributes;
    this.#bytesMax = bytesMax;
  }

  get count(): number {
    return this.#count;
  }

  /** As large as it is uncompressed. */
  get bytes(): number {
    return this.#end;
  }

  /** Whether it fits with such a record for sure, whatever becomes of it by compression. */
  hasRoomFor(key: Content, value: Content, headers: NewHeaders): boolean {
    return this.#end + mostBytesOfRecord(key, value, headers) <= this.#bytesMax;
  }

  /** Answers how many bytes it takes. */
  add(key: Content, value: Content, headers: NewHeaders, timestamp: bigint): number {
    if (this.#count === 0) {
      this.#deltas = new Deltas(timestamp);
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const start = this.#end;
    const most = mostBytesOfRecord(key, value, headers);
    if (start + most > this.#buffer.length) this.#grow(start + most);
    const buffer = this.#buffer;

    const delta = this.#deltas.to(timestamp);
    // The length comes first and is known last. It nearly always takes as much room as it would if all text were ASCII.
    const guessed = sizeOfVarint(1 + sizeOfVarlong(delta) + sizeOfVarint(this.#count) + leastBytesOf(key) + leastBytesOf(value) + 1);
    const body = start + guessed;
    let at = body;
    buffer[at++] = 0; // attributes of the record: unused by the format
    at = writeVarlong(buffer, at, delta);
    at = writeVarint(buffer, at, this.#count);
    at = writeContent(buffer, at, key);
    at = writeContent(buffer, at, value);
    at = writeVarint(buffer, at, headers.length);
    for (const [name, content] of headers) {
      at = writeContent(buffer, at, name);
      at = writeContent(buffer, at, content);
    }
    const length = at - body;
    if (sizeOfVarint(length) !== guessed) {
      buffer.copyWithin(start + sizeOfVarint(length), body, at);
      at += sizeOfVarint(length) - guessed;
    }
    writeVarint(buffer, start, length);
    this.#end = at;
    this.#count++;
    return at - start;
  }

  /** The batch; nothing is added to it any more. It has a record. Throws `batch-too-large` beyond what it may have. */
  finish(numbered: Numbered = {}): Buffer {
    return seal(this.#buffer.subarray(0, this.#end), {
      ...numbered,
      attributes: this.#attributes,
      bytesMax: this.#bytesMax,
      count: this.#count,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
    });
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#buffer.length));
    grown.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = grown;
  }
}

function mostBytesOfRecord(key: Content, value: Content, headers: NewHeaders): number {
  return RECORD_OVERHEAD_BYTES_MAX + mostBytesOf(key) + mostBytesOf(value) + mostBytesOfHeaders(headers);
}

function mostBytesOf(content: Content): number {
  return content === null ? 0 : typeof content === 'string' ? content.length * UTF8_BYTES_MAX : content.length;
}

function mostBytesOfHeaders(headers: NewHeaders): number {
  let bytes = 0;
  for (const [name, content] of headers) bytes += 2 * VARINT_BYTES_MAX + mostBytesOf(name) + mostBytesOf(content);
  return bytes;
}

/** With its length. */
function leastBytesOf(content: Content): number {
  return content === null ? 1 : sizeOfVarint(content.length) + content.length;
}

/** Answers where it ends. */
function writeContent(buffer: Buffer, start: number, content: Content): number {
  if (content === null) return writeVarint(buffer, start, -1);
  if (typeof content !== 'string') {
    const at = writeVarint(buffer, start, content.length);
    buffer.set(content, at);
    return at + content.length;
  }
  const at = start + sizeOfVarint(content.length);
  const length = writeText(buffer, at, content);
  const moved = sizeOfVarint(length) - sizeOfVarint(content.length);
  if (moved > 0) buffer.copyWithin(at + moved, at, at + length);
  writeVarint(buffer, start, length);
  return at + moved + length;
}

/** Answers how many bytes it takes. */
function writeText(buffer: Buffer, start: number, text: string): number {
  if (text.length > SHORT_MAX) return buffer.write(text, start);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > ASCII_MAX) return buffer.write(text, start);
    buffer[start + index] = code;
  }
  return text.length;
}
