/**
 * Variable-length integers as in Protocol Buffers: zigzag (sign in the lowest bit), then seven bits a byte, lowest first,
 * the high bit says that another byte follows. A varint is an int32 in at most 5 bytes, a varlong an int64 in at most 10.
 * Numbers that fit 48 bits never become a BigInt: deltas between timestamps of one batch nearly always do.
 */
import { LabError } from '../../api/errors.ts';

export const VARINT_BYTES_MAX = 5;
export const VARLONG_BYTES_MAX = 10;
/** Varlongs of up to this many bytes (49 bits with the sign) are exact in a Number. */
const EXACT_BYTES_MAX = 7;
const EXACT_DELTA_LIMIT = 2 ** 48;

/** Whether {@link writeVarlong} may take the value as a Number. */
export function isExact(value: number): boolean {
  return value > -EXACT_DELTA_LIMIT && value < EXACT_DELTA_LIMIT;
}

/** A varlong of an int32 is written as a varint is, which is quicker. */
function isSmall(value: number): boolean {
  return (value | 0) === value;
}

export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag > 0x7f) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}

/** A Number must be {@link isExact}. */
export function sizeOfVarlong(value: number | bigint): number {
  if (typeof value === 'number') {
    if (isSmall(value)) return sizeOfVarint(value);
    let zigzag = zigzagOf(value);
    let size = 1;
    for (; zigzag > 0x7f; size++) zigzag = Math.floor(zigzag / 128);
    return size;
  }
  let zigzag = zigzagOfBig(value);
  let size = 1;
  for (; zigzag > 0x7fn; size++) zigzag >>= 7n;
  return size;
}

/** A Number must be {@link isExact}. Returns the position after the last byte. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value === 'number') {
    if (isSmall(value)) return writeVarint(bytes, at, value);
    let zigzag = zigzagOf(value);
    while (zigzag > 0x7f) {
      bytes[at++] = (zigzag % 128) | 0x80;
      zigzag = Math.floor(zigzag / 128);
    }
    bytes[at++] = zigzag;
    return at;
  }
  let zigzag = zigzagOfBig(value);
  while (zigzag > 0x7fn) {
    bytes[at++] = Number(zigzag & 0x7fn) | 0x80;
    zigzag >>= 7n;
  }
  bytes[at++] = Number(zigzag);
  return at;
}

function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function zigzagOfBig(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

/** Reads forward through bytes up to `end`, and no further. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint(): number {
    let shift = 0;
    let zigzag = 0;
    for (let count = 0; count < VARINT_BYTES_MAX && this.at < this.end; count++) {
      const byte = this.bytes[this.at++] as number;
      zigzag |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (zigzag >>> 1) ^ -(zigzag & 1);
      shift += 7;
    }
    throw brokenNumber(this.at, this.end);
  }

  /** A Number where it is exact whatever the value, else a BigInt. */
  varlong(): number | bigint {
    const start = this.at;
    let factor = 1;
    let zigzag = 0;
    for (let count = 0; count < EXACT_BYTES_MAX && this.at < this.end; count++) {
      const byte = this.bytes[this.at++] as number;
      zigzag += (byte & 0x7f) * factor;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      factor *= 128;
    }
    this.at = start;
    return this.#bigVarlong();
  }

  #bigVarlong(): bigint {
    let shift = 0n;
    let zigzag = 0n;
    for (let count = 0; count < VARLONG_BYTES_MAX && this.at < this.end; count++) {
      const byte = this.bytes[this.at++] as number;
      zigzag |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
      shift += 7n;
    }
    throw brokenNumber(this.at, this.end);
  }
}

function brokenNumber(at: number, end: number): LabError {
  const why = at >= end ? 'ends in the middle of a number' : 'holds a number that is too long';
  return new LabError('batch-invalid', `The record batch ${why}, at byte ${at}.`);
}
