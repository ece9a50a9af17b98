/**
 * A port over a stream socket of node:net: frames one after another, each
 *
 *   length  u32, big-endian, bytes of the frame
 *   frame   as many bytes
 */
import { createConnection, type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { FRAME_BYTES_MAX, type Port, type ReceiveFrame } from '../port.ts';
import { Ends } from './ends.ts';
import { giveFrameBack, takeFrame } from './frameMemory.ts';
import { FRAME_TOO_LARGE } from './sizes.ts';
import { Waiters } from './waiters.ts';

/** How long a closing port tries to send what is still waiting, milliseconds. */
const CLOSE_FLUSH_MS = 1_000;

/** As soon as this much is to be sent it goes out, bytes; less waits for the end of the turn. */
const SEND_NOW_BYTES = 16 * 1024;

/** Where the starts of frames are read into, bytes; the rest of a larger frame is read into its own memory. */
const START_BYTES = 16 * 1024;

const LENGTH_BYTES = 4;

export interface OpenedPort {
  port: SocketPort;
  socket: Socket;
}

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

  /** Over a socket that {@link reading} makes. */
  private constructor(socket: Socket) {
    this.#socket = socket;
    // Flowing: what comes in goes where #reading says.
    socket.resume();
    socket.on('end', () => this.close());
    // 'close' follows, and is told then.
    socket.on('error', () => {});
    socket.on('close', () => this.close());
  }

  /** Connects. */
  static connectTo(address: string): OpenedPort {
    return SocketPort.#reading((onread) => createConnection({ path: address, onread }));
  }

  /**
   * Over a connection that a server with `pauseOnConnect` has accepted; null where it is gone already. Node lets only who makes a socket say
   * where it is read into, so one is made here, as its own server does, that takes the connection over.
   */
  static accepted(socket: Socket): OpenedPort | null {
    const owner = socket as Socket & { _handle: unknown };
    const handle = owner._handle;
    owner._handle = null;
    // No connection of the server's any more.
    socket.destroy();
    return handle ? SocketPort.#reading((onread) => new Socket({ handle, onread } as SocketConstructorOpts)) : null;
  }

  /**
   * Large frames are read straight into memory of their own, which is used again. Node would otherwise make memory for each chunk of 64 KiB,
   * to be copied together: collecting it is a fifth of what an append costs.
   */
  static #reading(open: (onread: OnReadOpts) => Socket): OpenedPort {
    const start = Buffer.allocUnsafeSlow(START_BYTES);
    const made: { port?: SocketPort } = {};
    const socket: Socket = open({
      // Asked for the first time before there is a port.
      buffer: () => (made.port && made.port.#rest()) ?? start,
      callback: (bytes, into) => {
        if (into === start) made.port!.#read(start.subarray(0, bytes));
        else made.port!.#filled(bytes);
        // A pause before it was connected is only heeded now.
        return !socket.isPaused();
      },
    });
    const port = new SocketPort(socket);
    made.port = port;
    return { port, socket };
  }

  send(frame: Uint8Array, left?: () => void): boolean {
    if (this.#ends.isClosed) return true;
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt32BE(frame.byteLength);
    // What is small goes out with all that is sent in this turn, in one system call and without being copied together.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#socket.write(length);
    this.#socket.write(frame, (failure) => {
      if (!failure) left?.();
      this.#waiters.check();
    });
    // The other side can begin with what is large while this one still works on what comes next.
    if (this.#socket.writableLength >= SEND_NOW_BYTES) this.#uncork();
    return this.#waiters.hasRoom;
  }

  drained(): Promise<void> {
    return this.#waiters.drained();
  }

  onFrame(receive: ReceiveFrame): void {
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

  #uncork(): void {
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
  }

  /** A chunk whose memory is about to be read into again. */
  #read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength && !this.#ends.isClosed) {
      at = this.#frame ? this.#readFrame(this.#frame, chunk, at) : this.#readStart(chunk, at);
    }
  }

  /** Reads the length, or a part of it. A frame that is whole in the chunk is passed on as a copy. */
  #readStart(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#lengthFilled < LENGTH_BYTES && at < chunk.byteLength) this.#length[this.#lengthFilled++] = chunk[at++]!;
    if (this.#lengthFilled < LENGTH_BYTES) return at;
    this.#lengthFilled = 0;
    const bytes = this.#length.readUInt32BE();
    if (bytes > this.acceptBytesMax) {
      this.close(FRAME_TOO_LARGE);
    } else if (bytes <= chunk.byteLength - at) {
      this.#ends.deliver(new Uint8Array(chunk.subarray(at, at + bytes)));
      at += bytes;
    } else {
      this.#frame = takeFrame(bytes);
      this.#frameFilled = 0;
    }
    return at;
  }

  #readFrame(frame: Uint8Array, chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.byteLength, at + frame.byteLength - this.#frameFilled);
    frame.set(chunk.subarray(at, end), this.#frameFilled);
    this.#filled(end - at);
    return end;
  }

  /** What the frame under way still lacks. */
  #rest(): Uint8Array | undefined {
    return this.#frame?.subarray(this.#frameFilled);
  }

  /** So many bytes more of the frame under way are there. */
  #filled(bytes: number): void {
    const frame = this.#frame;
    // Closed meanwhile: what still comes in is dropped.
    if (!frame) return;
    this.#frameFilled += bytes;
    if (this.#frameFilled < frame.byteLength) return;
    this.#frame = undefined;
    if (this.#ends.deliver(frame)) giveFrameBack(frame);
  }
}
