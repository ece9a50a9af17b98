/**
 * Runs in a thread of its own: clients that send hostile frames over many connections at once, until so many were answered or have ended their
 * connection. Each waits for what becomes of a frame before it sends the next one, so that each frame is looked at.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createFrames, type HostileFrame } from './hostileFrames.ts';

export interface HostileWork {
  address: string;
  seed: number;
  frames: number;
}

export interface HostileCount {
  answered: number;
  /** Connections that the broker ended. */
  closed: number;
  /** Frames whose client went away inside them, or while the broker waited for what they ask for. */
  left: number;
}

/** Connections at once. */
const CLIENTS = 32;
/** How long one client waits for an answer before it goes away, milliseconds: some requests wait, as long as they say. */
const SILENCE_MS_MAX = 400;

const { address, seed, frames } = workerData as HostileWork;
const [host, port] = address.split(':') as [string, string];
const count: HostileCount = { answered: 0, closed: 0, left: 0 };
let begun = 0;

/** As openLab.ts has it: that file would bring the whole lab into this thread. */
function seeded(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One frame after another, over the same connection until it is ended. */
async function attack(number: number): Promise<void> {
  const next = createFrames(seeded(seed + number));
  let connection: Connection | null = null;
  for (let correlationId = 0; begun < frames; correlationId++) {
    begun += 1;
    connection ??= new Connection();
    const how = await connection.send(next(correlationId));
    count[how] += 1;
    if (how !== 'answered') connection = null;
  }
  connection?.end();
}

class Connection {
  readonly #socket: Socket = connect(Number(port), host);
  #counted: Counted = { answered: 0, missing: 0, head: Buffer.alloc(0) };
  #settle: (how: keyof HostileCount) => void = () => {};
  #isOver = false;

  constructor() {
    this.#socket.setNoDelay(true);
    for (const event of ['error', 'close', 'end']) this.#socket.on(event, () => this.#ended('closed'));
    this.#socket.on('data', (piece: Buffer) => {
      const before = this.#counted.answered;
      this.#counted = counted(piece, this.#counted);
      if (this.#counted.answered > before) this.#settle('answered');
    });
  }

  /** What becomes of the frame. Behind one that is not answered nothing can be sent any more. */
  async send({ bytes, isEnded }: HostileFrame): Promise<keyof HostileCount> {
    if (this.#isOver) return 'closed';
    const { promise, resolve } = Promise.withResolvers<keyof HostileCount>();
    this.#settle = resolve;
    const timer = setTimeout(() => this.#ended('left'), SILENCE_MS_MAX);
    this.#socket.write(bytes);
    if (!isEnded) setImmediate(() => this.#ended('left'));
    const how = await promise;
    clearTimeout(timer);
    return how;
  }

  /** At once: thousands of connections a second would use up the ports. */
  end(): void {
    this.#isOver = true;
    this.#socket.resetAndDestroy();
  }

  #ended(how: 'closed' | 'left'): void {
    if (this.#isOver) return;
    this.end();
    this.#settle(how);
  }
}

interface Counted {
  /** Whole answers. */
  answered: number;
  /** Bytes of the one that has begun that are still to come. */
  missing: number;
  /** Less than the length of the next one. */
  head: Buffer<ArrayBuffer>;
}

function counted(piece: Buffer, { answered, missing, head }: Counted): Counted {
  let at = 0;
  const bytes = head.length > 0 ? Buffer.concat([head, piece]) : piece;
  let [whole, rest] = [answered, missing];
  for (;;) {
    const taken = Math.min(rest, bytes.length - at);
    at += taken;
    rest -= taken;
    if (rest > 0) return { answered: whole, missing: rest, head: Buffer.alloc(0) };
    if (taken > 0) whole += 1;
    if (bytes.length - at < 4) return { answered: whole, missing: 0, head: Buffer.from(bytes.subarray(at)) };
    rest = bytes.readInt32BE(at);
    at += 4;
  }
}

await Promise.all(Array.from({ length: CLIENTS }, (_, number) => attack(number)));
parentPort!.postMessage(count);
