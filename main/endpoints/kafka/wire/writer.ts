/** Writes Kafka's wire format into pieces: record batches are put between them as they are, not copied. */

const PIECE_BYTES = 512;
/** Bytes that are shorter are copied: a piece of their own would cost more. */
const ATTACHED_BYTES_MIN = 4_096;

export class Writer {
  readonly #pieces: Uint8Array[] = [];
  #piece: Buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #at = 0;
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  int8(value: number): void {
    const at = this.#room(1);
    this.#piece.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.#room(2);
    this.#piece.writeInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.#room(4);
    this.#piece.writeInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.#room(8);
    this.#piece.writeBigInt64BE(value, at);
  }

  unsignedVarint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#room(1);
      this.#piece.writeUInt8((rest % 0x80) | 0x80, at);
      rest = Math.floor(rest / 0x80);
    }
    const at = this.#room(1);
    this.#piece.writeUInt8(rest, at);
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.length >= ATTACHED_BYTES_MIN) {
      this.#endPiece();
      this.#pieces.push(bytes);
      this.#length += bytes.length;
    } else {
      const at = this.#room(bytes.length);
      this.#piece.set(bytes, at);
    }
  }

  /** `length` in bytes, as Buffer.byteLength says it. */
  text(value: string, length: number): void {
    const at = this.#room(length);
    this.#piece.write(value, at, length, 'utf8');
  }

  /** What was written; nothing can be written any more. */
  pieces(): Uint8Array[] {
    this.#endPiece();
    return this.#pieces;
  }

  /** Where so many bytes may be written. */
  #room(length: number): number {
    if (this.#at + length > this.#piece.length) {
      const size = Math.max(length, this.#piece.length * 2);
      this.#endPiece();
      this.#piece = Buffer.allocUnsafe(size);
    }
    const at = this.#at;
    this.#at += length;
    this.#length += length;
    return at;
  }

  #endPiece(): void {
    if (this.#at > 0) this.#pieces.push(this.#piece.subarray(0, this.#at));
    this.#piece = this.#piece.subarray(this.#at);
    this.#at = 0;
  }
}
