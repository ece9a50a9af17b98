/** The frames of a byte stream: a length, int32, and so many bytes. What has come in of one is kept in pieces until it is whole. */
import { malformed } from './wire/reader.ts';

/** Largest request, bytes: several of the largest batches. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
const LENGTH_BYTES = 4;

export class Frames {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Bytes of a frame that is not whole yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The frames that are whole now, without their lengths. Throws `protocol` for one that is too long, before it is there. */
  take(piece: Buffer): Buffer[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const frames: Buffer[] = [];
    for (let length = this.#nextLength(); length !== null && this.#bytes >= LENGTH_BYTES + length; length = this.#nextLength()) {
      const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
      frames.push(all.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      const rest = all.subarray(LENGTH_BYTES + length);
      this.#pieces = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
    }
    return frames;
  }

  #nextLength(): number | null {
    if (this.#bytes < LENGTH_BYTES) return null;
    if (this.#pieces[0]!.length < LENGTH_BYTES) this.#pieces = [Buffer.concat(this.#pieces)];
    const length = this.#pieces[0]!.readInt32BE(0);
    if (length >= 0 && length <= REQUEST_BYTES_MAX) return length;
    throw malformed(`a request of ${length} bytes (REQUEST_BYTES_MAX)`);
  }
}
