/** Lines out of the pieces of a file, whatever the pieces' borders are. */

const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface Line {
  /** From 1. */
  number: number;
  /** Of a row of CSV the line in which it ends, where that is another one. */
  lastNumber?: number;
  /** Without its end of line; a view of the piece where it lies whole in it. */
  bytes: Uint8Array;
  /** The line was longer than the limit: `bytes` is only its beginning. */
  isCut: boolean;
  /** Bytes of the file up to the next line. */
  end: number;
}

/** Where a line begins: what a file is read on from. */
export interface LinePlace {
  /** Bytes of the file before it. */
  bytes: number;
  /** Lines before it. */
  lines: number;
}

export const FILE_START: LinePlace = { bytes: 0, lines: 0 };

/** Pieces of a file in, lines or rows out. */
export interface Splitter {
  /** The lines that this piece completes. */
  push(bytes: Uint8Array): Generator<Line>;
  /** The last line, where the file does not end with a newline. */
  finish(): Generator<Line>;
}

/** Of a line beyond the limit so many bytes are kept, so that a report can show its beginning. */
const CUT_BYTES = 1_024;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** What may be around a line and does not count: a byte order mark before it, CR behind it. */
const AROUND_BYTES_MAX = BYTE_ORDER_MARK.length + 1;

/** Splits at LF, takes off CR before it and a byte order mark before everything. A line over `lineBytesMax` is cut, never held. */
export class LineSplitter implements Splitter {
  readonly #lineBytesMax: number;
  #number: number;
  /** Bytes of the file before the piece at hand. */
  #before: number;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #isCut = false;

  constructor(lineBytesMax: number, from = FILE_START) {
    this.#lineBytesMax = lineBytesMax;
    this.#number = from.lines;
    this.#before = from.bytes;
  }

  *push(bytes: Uint8Array): Generator<Line> {
    // Once a piece, so that its lines are Buffers without being made so one by one.
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    for (;;) {
      const end = piece.indexOf(NEWLINE, start);
      if (end < 0) break;
      yield this.#line(piece.subarray(start, end), this.#before + end + 1);
      start = end + 1;
    }
    if (start < piece.length) this.#keep(piece.subarray(start));
    this.#before += piece.length;
  }

  *finish(): Generator<Line> {
    if (this.#restBytes > 0) yield this.#line(new Uint8Array(0), this.#before);
  }

  #keep(part: Uint8Array): void {
    this.#restBytes += part.length;
    if (this.#isCut) return;
    this.#isCut = this.#restBytes > this.#lineBytesMax + AROUND_BYTES_MAX;
    // A copy: the piece it came in is given back. (Not by slice(), which of a Buffer is a view.)
    this.#rest.push(Buffer.from(this.#isCut ? part.subarray(0, CUT_BYTES + BYTE_ORDER_MARK.length) : part));
  }

  #line(rest: Uint8Array, end: number): Line {
    this.#number += 1;
    let bytes = rest;
    if (this.#restBytes > 0) {
      bytes = Buffer.concat([...this.#rest, this.#isCut ? new Uint8Array(0) : rest]);
      this.#rest = [];
      this.#restBytes = 0;
    }
    if (!this.#isCut && bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    if (this.#number === 1 && BYTE_ORDER_MARK.equals(bytes.subarray(0, BYTE_ORDER_MARK.length)))
      bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    const isCut = this.#isCut || bytes.length > this.#lineBytesMax;
    this.#isCut = false;
    return { number: this.#number, bytes: isCut ? bytes.subarray(0, CUT_BYTES) : bytes, isCut, end };
  }
}
