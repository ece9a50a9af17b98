/** The frames of a byte stream: a length, int32, and so many bytes. What has come in of one is kept in pieces until it is whole. */
import { malformed } from './wire/reader.ts';

/** Largest request, bytes: several of the largest batches. */
export const REQUEST_BYTES_MAX = 32 * 1024 * 1024;
/** Of the length before each of them. */
export const FRAME_LENGTH_BYTES = 4;

export class Frames {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Bytes of a frame that is not whole yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The frames that are whole now, without their lengths, each as it is asked for. Throws `protocol` for one that is too long, before it is there
   * and behind those that came before it.
   */
  *take(piece: Buffer): Generator<Buffer, void> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    for (let length = this.#nextLength(); length !== null && this.#bytes >= FRAME_LENGTH_BYTES + length; length = this.#nextLength()) {
      const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
      const rest = all.subarray(FRAME_LENGTH_BYTES + length);
      this.#pieces = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
      yield all.subarray(FRAME_LENGTH_BYTES, FRAME_LENGTH_BYTES + length);
    }
  }

  #nextLength(): number | null {
    if (this.#bytes < FRAME_LENGTH_BYTES) return null;
    if (this.#pieces[0]!.length < FRAME_LENGTH_BYTES) this.#pieces = [Buffer.concat(this.#pieces)];
    const length = this.#pieces[0]!.readInt32BE(0);
    if (length >= 0 && length <= REQUEST_BYTES_MAX) return length;
    throw malformed(`a request of ${length} bytes (REQUEST_BYTES_MAX)`);
  }
}
