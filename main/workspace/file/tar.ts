/**
 * The container of a workspace's file: a tar (POSIX.1-1988, "ustar") of plain files, so that any machine can list and unpack one. Written and
 * read here as the small part of it that we write: a package for tar also reads long names, links, sparse files and extended headers, each a
 * way for a file from elsewhere to ask for memory or a path, and brings a dozen packages for two blocks of 512 bytes.
 * https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 *
 *    0  name       100   345  prefix   155  (not used)
 *  100  mode         8   156  type       1  "0"
 *  108  uid, gid    16   257  magic      6  "ustar\0"
 *  124  size        12   263  version    2  "00"
 *  136  mtime       12
 *  148  checksum     8   sum of all bytes of the header, these as blanks
 *
 * After each header the bytes of the entry, filled up to 512; two blocks of zeros are the end. Numbers are octal text.
 */
import { LabError } from '../../api/errors.ts';

export const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const CHECKSUM_AT = 148;

/** The header of a file with this name, size (bytes) and time (milliseconds since 1970). */
export function tarHeader(name: string, size: number, time: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, NAME_BYTES_MAX, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write('0000000\0', 108, 'latin1');
  header.write('0000000\0', 116, 'latin1');
  header.write(`${octal(size, 11)}\0`, 124, 'latin1');
  header.write(`${octal(Math.floor(time / 1000), 11)}\0`, 136, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\0', 257, 'latin1');
  header.write('00', 263, 'latin1');
  header.write(`${octal(checksumOf(header), 6)}\0 `, CHECKSUM_AT, 'latin1');
  return header;
}

/** What fills an entry of this size up to a whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);

export type TarPart = { kind: 'begin'; name: string; size: number } | { kind: 'bytes'; bytes: Buffer } | { kind: 'end' };

/** Reads a tar as it comes, in pieces of any size. Throws `not-a-log` where it does not begin as one, `file-unreadable` where it is damaged. */
export class TarReader {
  #header: Buffer[] = [];
  #headerBytes = 0;
  /** Bytes of the entry that are still to come, and of what fills its last block. */
  #left = 0;
  #padding = 0;
  #inEntry = false;
  #entries = 0;
  #zeroBlocks = 0;

  *push(piece: Buffer): Generator<TarPart, void, undefined> {
    let at = 0;
    while (at < piece.length) {
      if (this.#inEntry) {
        const bytes = piece.subarray(at, at + this.#left);
        at += bytes.length;
        this.#left -= bytes.length;
        if (bytes.length > 0) yield { kind: 'bytes', bytes };
        if (this.#left === 0) yield this.#endEntry();
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, piece.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else {
        const part = piece.subarray(at, at + BLOCK_BYTES - this.#headerBytes);
        at += part.length;
        const begun = this.#pushHeader(part);
        if (!begun) continue;
        yield begun;
        // One without bytes ends where it begins, perhaps with the piece.
        if (begun.size === 0) yield this.#endEntry();
      }
    }
  }

  /** There is no more. Throws `file-unreadable` where it ends too early. */
  finish(): void {
    if (this.#entries === 0) throw foreign();
    if (this.#zeroBlocks >= 2) {
      if (this.#headerBytes > 0) throw damaged('something follows its end');
      return;
    }
    throw new LabError('file-unreadable', 'The file is cut short: its end is missing. Get the whole file, and try again.');
  }

  #endEntry(): TarPart {
    this.#inEntry = false;
    return { kind: 'end' };
  }

  #pushHeader(part: Buffer): { kind: 'begin'; name: string; size: number } | null {
    this.#header.push(part);
    this.#headerBytes += part.length;
    if (this.#headerBytes < BLOCK_BYTES) return null;
    const block = Buffer.concat(this.#header);
    this.#header = [];
    this.#headerBytes = 0;
    if (block.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return null;
    }
    if (this.#zeroBlocks > 0) throw damaged('something follows its end');
    const { name, size } = this.#decode(block);
    this.#entries++;
    this.#inEntry = true;
    this.#left = size;
    this.#padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    return { kind: 'begin', name, size };
  }

  #decode(block: Buffer): { name: string; size: number } {
    const isTar = block.toString('latin1', 257, 262) === 'ustar';
    const isOurs = isTar && fieldOf(block, CHECKSUM_AT, 8) === checksumOf(block);
    if (!isOurs) throw this.#entries === 0 ? foreign() : damaged('one of its parts does not begin as it should');
    const type = block.toString('latin1', 156, 157);
    const size = fieldOf(block, 124, 12);
    if ((type !== '0' && type !== '\0') || block[345] !== 0 || size === null) {
      throw this.#entries === 0 ? foreign() : damaged('it holds a part that no workspace’s file has');
    }
    return { name: block.toString('latin1', 0, NAME_BYTES_MAX).replace(/\0.*$/s, ''), size };
  }
}

export function damaged(why: string, cause?: unknown): LabError {
  return new LabError('file-unreadable', `The file is damaged: ${why}.`, { cause });
}

export function foreign(): LabError {
  return new LabError(
    'not-a-log',
    'This is no file of a workspace. Choose one that “Export workspace” has made; its name ends in .loglab.',
  );
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** The octal number of a field, null for anything else. */
function fieldOf(block: Buffer, at: number, length: number): number | null {
  const digits = /^ *([0-7]+)[\0 ]*$/.exec(block.toString('latin1', at, at + length))?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 8);
}

function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= CHECKSUM_AT && at < CHECKSUM_AT + 8 ? 0x20 : block[at]!;
  return sum;
}
