/**
 * One client's connection. Requests are answered in their order. One is under way at a time, but for those of Produce, which are handed to the log
 * one after another and committed together. Where too many wait, or the client does not take its answers, it is not read from.
 */
import type { Socket } from 'node:net';
import type { AskingClient, BrokerParts } from './asked.ts';
import { nameOfKey } from './apiKeys.ts';
import { type Answered, type Exchange, readExchange, Unreadable } from './exchange.ts';
import { FRAME_LENGTH_BYTES, Frames } from './frames.ts';
import type { Memory } from './memory.ts';
import type { ConnectionRecord, Recorder } from './recorder.ts';

/** Requests of one connection that wait for their answers. */
const REQUESTS_WAITING_MAX = 64;
/** The same in bytes: one may be larger. */
const REQUESTS_WAITING_BYTES_MAX = 32 * 1024 * 1024;
/** Answers of one connection that its client has not taken, bytes, before the next request is taken up. */
const UNSENT_BYTES_MAX = 8 * 1024 * 1024;
/** A connection on which nothing happens for so long is closed, milliseconds, as Kafka does. */
export const IDLE_MS_MAX = 10 * 60_000;

/** Why what it asked for is given up; said once, for making a reason costs more than the rest of the closing. */
const GONE = new Error('The client has gone.');

interface Slot {
  exchange: Exchange;
  bytes: number;
  at: number;
  began: number;
  isUnderWay: boolean;
  /** Undefined until it is there. */
  answer?: Answered | null;
}

type Refusal = Parameters<ConnectionRecord['unanswered']>[0];

export interface ConnectionParts {
  broker: BrokerParts;
  memory: Memory;
  recorder: Recorder;
  now: () => number;
}

export class Connection {
  readonly #socket: Socket;
  readonly #parts: ConnectionParts;
  readonly #frames = new Frames();
  readonly #record: ConnectionRecord;
  readonly #client: AskingClient = { software: null };
  readonly #abort = new AbortController();
  readonly #stopWaiting: () => void;
  /** In the order in which they came, until they are answered. */
  readonly #slots: Slot[] = [];
  #slotBytes = 0;
  /** Bytes that this connection has told the memory of. */
  #held = 0;
  /** What is told of what could not be read; nothing behind it is looked at. */
  #refusal: Refusal | null = null;
  /** The refusal has been told of; what was answered is on its way. */
  #isEnding = false;
  #isClosed = false;

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#record = parts.recorder.connected(`${socket.remoteAddress}:${socket.remotePort}`);
    this.#stopWaiting = parts.memory.onRoom(() => this.#goOn());
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_MS_MAX, () => {
      if (this.#slots.length === 0) this.close();
    });
    socket.on('data', (piece: Buffer) => this.#receive(piece));
    socket.on('drain', () => this.#goOn());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting();
    this.#abort.abort(GONE);
    this.#socket.destroy();
    this.#hold(-this.#held);
    this.#record.disconnected();
  }

  #receive(piece: Buffer): void {
    if (this.#isClosed || this.#refusal) return;
    const { memory } = this.#parts;
    this.#record.bytesIn += piece.length;
    this.#hold(piece.length);
    try {
      for (const frame of this.#frames.take(piece)) this.#take(frame);
    } catch (error) {
      this.#refusal = this.#refused(error);
    }
    if (memory.isExhausted) return this.close();
    this.#goOn();
  }

  #take(frame: Buffer): void {
    const at = this.#parts.now();
    const exchange = readExchange(frame);
    this.#record.clientId = exchange.header.clientId;
    const bytes = FRAME_LENGTH_BYTES + frame.length;
    this.#slots.push({ exchange, bytes, at, began: performance.now(), isUnderWay: false });
    this.#slotBytes += bytes;
  }

  /** Takes up what may be taken up, and reads on or not. */
  #goOn(): void {
    if (this.#isClosed) return;
    for (let slot = this.#next(); slot; slot = this.#next()) void this.#answer(slot);
    if (this.#refusal) return this.#endRefused(this.#refusal);
    const isFull = this.#slots.length >= REQUESTS_WAITING_MAX || this.#slotBytes >= REQUESTS_WAITING_BYTES_MAX;
    const mayRead = !isFull && (this.#frames.bytes > 0 || this.#parts.memory.mayReceive);
    if (mayRead === this.#socket.isPaused()) this.#socket[mayRead ? 'resume' : 'pause']();
  }

  #next(): Slot | undefined {
    if (this.#socket.writableLength >= UNSENT_BYTES_MAX || !this.#parts.memory.mayAnswer) return undefined;
    const slot = this.#slots.find(({ isUnderWay }) => !isUnderWay);
    const underWay = this.#slots.filter(({ isUnderWay, answer }) => isUnderWay && answer === undefined);
    if (!slot || underWay.length === 0) return slot;
    return slot.exchange.mayOverlap && underWay.every(({ exchange }) => exchange.mayOverlap) ? slot : undefined;
  }

  async #answer(slot: Slot): Promise<void> {
    slot.isUnderWay = true;
    try {
      slot.answer = await slot.exchange.answer(this.#parts.broker, this.#client, this.#abort.signal);
      this.#record.software = this.#client.software;
    } catch (error) {
      if (this.#isClosed) return;
      this.#record.unanswered({ ...told(slot), why: (error as Error).message });
      return this.close();
    }
    if (this.#isClosed) return;
    while (this.#slots[0]?.answer !== undefined) this.#send(this.#slots.shift()!);
    this.#goOn();
  }

  #send(slot: Slot): void {
    this.#slotBytes -= slot.bytes;
    const { response = null, pieces = [] } = slot.answer ?? {};
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#record.answered({ ...told(slot), response, bytesOut: bytes });
    if (bytes > 0) this.#write(pieces, bytes);
    // Whoever waits for room, this connection too, goes on at once: only behind the answer.
    this.#hold(-slot.bytes);
  }

  #write(pieces: readonly Uint8Array[], bytes: number): void {
    const { memory } = this.#parts;
    memory.unsent(bytes);
    this.#socket.cork();
    // The last one is called back for when all are gone, or can not go any more.
    pieces.forEach((piece, index) => this.#socket.write(piece, index === pieces.length - 1 ? () => memory.unsent(-bytes) : undefined));
    this.#socket.uncork();
  }

  #refused(error: unknown): Refusal {
    // Of a frame that is too long, so much as has come.
    const unreadable = error instanceof Unreadable ? error : new Unreadable(error, null, this.#frames.bytes);
    const { header, bytes, message: why } = unreadable;
    if (header) this.#record.clientId = header.clientId;
    return {
      ...{ api: header ? nameOfKey(header.key) : 'unreadable', version: header?.version ?? null, request: null, bytesIn: bytes },
      ...{ at: this.#parts.now(), durationMs: 0, why },
    };
  }

  /** What still comes meanwhile is read and passed over: what lies unread when a socket is closed would take the answers along. */
  #endRefused(refusal: Refusal): void {
    this.#socket.resume();
    if (this.#slots.length > 0 || this.#isEnding) return;
    this.#isEnding = true;
    this.#record.unanswered(refusal);
    this.#socket.destroySoon();
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#parts.memory.received(bytes);
  }
}

function told({ exchange, bytes, at, began }: Slot) {
  const { api, header, request } = exchange;
  return { api, version: header.version, request, bytesIn: bytes, at, durationMs: performance.now() - began };
}
