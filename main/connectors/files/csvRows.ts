/**
 * Rows of CSV (RFC 4180) out of the pieces of a file, as lines.ts gives lines: with the number of the line on which each begins, and never
 * more than the limit of one held. Not by csv-parse, whose rows behind one that is too long are lost to the end of the piece (tried with
 * 7.0.3), nor by papaparse, which tells no line numbers and has no limit.
 */
import { FILE_START, type Line, type Splitter } from './lines.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const TAB = 0x09;
const SEPARATORS = [COMMA, SEMICOLON, TAB] as const;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Of a row beyond the limit so many bytes are kept, so that a report can show its beginning. */
const CUT_BYTES = 1_024;

/** A quotation mark opens a quoted cell only at its beginning; in the middle of a cell it is a character like any other. */
type Within = 'cell start' | 'plain' | 'quoted' | 'quote in quoted';

export class CsvSplitter implements Splitter {
  readonly #rowBytesMax: number;
  /** Null until the header has been read: then any of them may be. */
  #separator: number | null = null;
  #within: Within = 'cell start';
  #rowNumber: number;
  #lineNumber: number;
  /** Bytes of the file before the piece at hand. */
  #before: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isCut = false;
  #isFirst: boolean;
  /** The last byte was a newline. */
  #endsLine = false;

  /** `header`: of a file that is read on from a later row. */
  constructor(rowBytesMax: number, from = FILE_START, header: Uint8Array | null = null) {
    this.#rowBytesMax = rowBytesMax;
    this.#lineNumber = from.lines + 1;
    this.#rowNumber = this.#lineNumber;
    this.#before = from.bytes;
    this.#isFirst = header === null;
    if (header) this.#separator = separatorOf(header);
  }

  *push(bytes: Uint8Array): Generator<Line> {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === NEWLINE) this.#lineNumber += 1;
      if (byte === NEWLINE && this.#within !== 'quoted') {
        yield this.#row(piece.subarray(start, at), this.#lineNumber - 1, this.#before + at + 1);
        start = at + 1;
      } else {
        this.#within = this.#after(byte);
      }
    }
    if (start < piece.length) this.#hold(piece.subarray(start));
    if (piece.length > 0) this.#endsLine = piece.at(-1) === NEWLINE;
    this.#before += piece.length;
  }

  *finish(): Generator<Line> {
    // Behind the last newline no line begins.
    if (this.#heldBytes > 0) yield this.#row(Buffer.alloc(0), this.#endsLine ? this.#lineNumber - 1 : this.#lineNumber, this.#before);
  }

  #after(byte: number): Within {
    switch (this.#within) {
      case 'quoted':
        return byte === QUOTE ? 'quote in quoted' : 'quoted';
      case 'quote in quoted':
        if (byte === QUOTE) return 'quoted';
        return this.#separates(byte) ? 'cell start' : 'plain';
      case 'cell start':
        if (byte === QUOTE) return 'quoted';
        // A byte order mark stands before the first cell.
        if (this.#isFirst && BYTE_ORDER_MARK.includes(byte)) return 'cell start';
        return this.#separates(byte) ? 'cell start' : 'plain';
      case 'plain':
        return this.#separates(byte) ? 'cell start' : 'plain';
    }
  }

  #separates(byte: number): boolean {
    return this.#separator === null ? byte === COMMA || byte === SEMICOLON || byte === TAB : byte === this.#separator;
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    if (this.#isCut) return;
    this.#isCut = this.#heldBytes > this.#rowBytesMax + BYTE_ORDER_MARK.length + 1;
    // A copy: the piece it came in is given back.
    this.#held.push(Buffer.from(this.#isCut ? part.subarray(0, CUT_BYTES) : part));
  }

  #row(rest: Buffer, lastLine: number, end: number): Line {
    let bytes = rest;
    if (this.#heldBytes > 0) {
      bytes = Buffer.concat([...this.#held, this.#isCut ? Buffer.alloc(0) : rest]);
      this.#held = [];
      this.#heldBytes = 0;
    }
    if (!this.#isCut && bytes.at(-1) === RETURN) bytes = bytes.subarray(0, -1);
    if (this.#isFirst && BYTE_ORDER_MARK.equals(bytes.subarray(0, BYTE_ORDER_MARK.length))) bytes = bytes.subarray(BYTE_ORDER_MARK.length);
    const isCut = this.#isCut || bytes.length > this.#rowBytesMax;
    const row: Line = { number: this.#rowNumber, bytes: isCut ? bytes.subarray(0, CUT_BYTES) : bytes, isCut, end };
    if (lastLine > row.number) row.lastNumber = lastLine;
    // Blank lines before it are no header.
    if (this.#isFirst && bytes.length > 0) {
      this.#isFirst = false;
      this.#separator = separatorOf(row.bytes);
    }
    this.#isCut = false;
    this.#within = 'cell start';
    this.#rowNumber = this.#lineNumber;
    return row;
  }
}

/** Comma, semicolon or tab, as a byte: which there are most of in the header, outside of quoted cells. */
export function separatorOf(header: Uint8Array): number {
  const counts = { [COMMA]: 0, [SEMICOLON]: 0, [TAB]: 0 };
  let isQuoted = false;
  let isCellStart = true;
  for (const byte of header) {
    const isSeparator = !isQuoted && (byte === COMMA || byte === SEMICOLON || byte === TAB);
    // In the middle of a cell a quotation mark opens nothing.
    if (byte === QUOTE && (isQuoted || isCellStart)) isQuoted = !isQuoted;
    else if (isSeparator) counts[byte] += 1;
    // A doubled one within a quoted cell closes and opens it again.
    isCellStart = isSeparator || (byte === QUOTE && !isQuoted && !isCellStart);
  }
  return SEPARATORS.reduce((best, each) => (counts[each] > counts[best] ? each : best));
}
