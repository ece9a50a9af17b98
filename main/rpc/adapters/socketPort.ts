/**
 * A port over a stream socket of node:net: frames one after another, each
 *
 *   length  u32, big-endian, bytes of the frame
 *   frame   as many bytes
 */
import type { Socket } from 'node:net';
import { FRAME_BYTES_MAX, type Port } from '../port.ts';
import { Ends } from './ends.ts';
import { FRAME_TOO_LARGE } from './sizes.ts';
import { Waiters } from './waiters.ts';

/** How long a closing port tries to send what is still waiting, milliseconds. */
const CLOSE_FLUSH_MS = 1_000;

const LENGTH_BYTES = 4;

export class SocketPort implements Port {
  /** Frames larger than this close the port; a handshake sets it low, so that strangers cannot take memory. */
  acceptBytesMax = FRAME_BYTES_MAX;
  readonly #socket: Socket;
  readonly #ends = new Ends();
  readonly #waiters = new Waiters(() => (this.#ends.isClosed ? 0 : this.#socket.writableLength));
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthFilled = 0;
  /** The frame under way when it came in more than one piece. */
  #frame: Uint8Array | undefined;
  #frameFilled = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('end', () => this.close());
    // 'close' follows, and is told then.
    socket.on('error', () => {});
    socket.on('close', () => this.close());
  }

  send(frame: Uint8Array): boolean {
    if (this.#ends.isClosed) return true;
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(frame.byteLength);
    // Everything sent in this turn goes out in one system call, without being copied together.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(length);
    this.#socket.write(frame, () => this.#waiters.check());
    return this.#waiters.hasRoom;
  }

  drained(): Promise<void> {
    return this.#waiters.drained();
  }

  onFrame(receive: (frame: Uint8Array) => void): void {
    this.#ends.onFrame(receive);
  }

  /** See {@link Ends.onNextFrame}. */
  onNextFrame(receive: (frame: Uint8Array) => void): void {
    this.#ends.onNextFrame(receive);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  onClose(closed: (reason?: string) => void): void {
    this.#ends.onClose(closed);
  }

  close(reason?: string): void {
    if (!this.#ends.close(reason)) return;
    this.#frame = undefined;
    this.#waiters.check();
    // What still comes in is read and dropped, since a paused socket would not see the other side's end.
    this.#socket.resume();
    this.#socket.destroySoon();
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_FLUSH_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength && !this.#ends.isClosed) {
      at = this.#frame ? this.#readFrame(this.#frame, chunk, at) : this.#readStart(chunk, at);
    }
  }

  /** Reads the length, or a part of it. A frame that is whole in the chunk is passed on as a view of it. */
  #readStart(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#lengthFilled < LENGTH_BYTES && at < chunk.byteLength) this.#length[this.#lengthFilled++] = chunk[at++]!;
    if (this.#lengthFilled < LENGTH_BYTES) return at;
    this.#lengthFilled = 0;
    const bytes = this.#length.readUInt32BE();
    if (bytes > this.acceptBytesMax) {
      this.close(FRAME_TOO_LARGE);
    } else if (bytes <= chunk.byteLength - at) {
      this.#ends.deliver(chunk.subarray(at, at + bytes));
      at += bytes;
    } else {
      this.#frame = Buffer.allocUnsafeSlow(bytes);
      this.#frameFilled = 0;
    }
    return at;
  }

  #readFrame(frame: Uint8Array, chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.byteLength, at + frame.byteLength - this.#frameFilled);
    frame.set(chunk.subarray(at, end), this.#frameFilled);
    this.#frameFilled += end - at;
    if (this.#frameFilled === frame.byteLength) {
      this.#frame = undefined;
      this.#ends.deliver(frame);
    }
    return end;
  }
}
