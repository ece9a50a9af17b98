/**
 * Reads Kafka's wire format: big-endian integers, lengths before strings and arrays. Whatever is read lies within the message: a length that
 * points beyond it breaks the protocol, before anything is made room for.
 */
import { LabError } from '../../../api/errors.ts';

/** Elements of all arrays of one message together: an element may be a single byte on the wire and an object in memory. */
export const ELEMENTS_MAX = 100_000;
/** An int32 takes at most five bytes as a varint. */
const VARINT_BYTES_MAX = 5;

export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #elementsLeft = ELEMENTS_MAX;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  /** At most 2³² − 1. */
  unsignedVarint(): number {
    let value = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#bytes.readUInt8(this.#take(1));
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw malformed('a varint that is too long');
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  /** Checked before an array of so many elements is made. */
  elements(count: number): number {
    if (count > this.left) throw malformed(`an array of ${count} elements in ${this.left} bytes`);
    this.#elementsLeft -= count;
    if (this.#elementsLeft < 0) throw malformed(`more than ${ELEMENTS_MAX} elements (ELEMENTS_MAX)`);
    return count;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || length > this.#end - at) throw malformed(`${length} bytes where ${this.#end - at} are left`);
    this.#at += length;
    return at;
  }
}

/** A message that breaks Kafka's protocol. */
export class Malformed extends LabError {
  /** What is wrong alone, as a sentence: for where it is plain that it is a message of Kafka's. */
  readonly reason: string;

  constructor(what: string) {
    super('protocol', `A message of Kafka’s protocol is malformed: ${what}.`);
    this.reason = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  }
}

export const malformed = (what: string): Malformed => new Malformed(what);
