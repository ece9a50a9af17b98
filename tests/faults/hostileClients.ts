/**
 * Runs in a thread of its own: clients that send hostile frames over many connections at once, until so many were answered, passed over or have
 * ended their connection. Each sends a few in one go and waits for what becomes of them; behind one that ends the connection, or that the broker
 * waits over, those that were not looked at are sent once more over a new one, so that each frame is looked at.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createFrames, type HostileFrame, LENGTH_BYTES } from './hostileFrames.ts';

export interface HostileWork {
  address: string;
  seed: number;
  frames: number;
}

export interface HostileCount {
  answered: number;
  /** Frames to which no answer is due, with answers behind them. */
  silent: number;
  /** Connections that the broker ended. */
  closed: number;
  /** Frames whose client went away inside them, or while the broker waited for what they ask for. */
  left: number;
}

/** Connections at once. */
const CLIENTS = 64;
/** Frames in one go. One in four ends its connection, so more of them would mostly be sent again. */
const AT_ONCE = 8;
/** How long one client waits for the next answer before it goes away, milliseconds: some requests wait, as long as they say. */
const SILENCE_MS_MAX = 400;
/** Stands behind each go: what nobody can refuse, ApiVersions 0 of no client. */
const LAST_ID = 0x7fff_fffe;
const LAST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0x7f, 0xff, 0xff, 0xfe, 0xff, 0xff]);

const { address, seed, frames } = workerData as HostileWork;
const [host, port] = address.split(':') as [string, string];
const count: HostileCount = { answered: 0, silent: 0, closed: 0, left: 0 };
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

interface Numbered extends HostileFrame {
  id: number;
}

/** One go after another, over the same connection until it is ended. */
async function attack(number: number): Promise<void> {
  const next = createFrames(seeded(seed + number));
  let connection: Connection | null = null;
  let waiting: Numbered[] = [];
  for (let id = 0; begun < frames || waiting.length > 0;) {
    for (; waiting.length < AT_ONCE && begun < frames; id++, begun++) waiting.push({ id, ...next(id) });
    connection ??= new Connection();
    if (!waiting[0]!.isEnded) {
      // It dies inside this one.
      await connection.die(waiting.shift()!.bytes);
      count.left += 1;
      connection = null;
      continue;
    }
    const unfinished = waiting.findIndex(({ isEnded }) => !isEnded);
    const together = unfinished < 0 ? waiting : waiting.slice(0, unfinished);
    const { answered, end } = await connection.send(together);
    const last = end === 'all' ? together.length - 1 : together.findLastIndex(({ id: of }) => answered.has(of));
    const answeredHere = together.filter(({ id: of }) => answered.has(of)).length;
    count.answered += answeredHere;
    count.silent += last + 1 - answeredHere;
    waiting = waiting.slice(last + 1);
    if (end === 'all') continue;
    connection = null;
    // All were answered, and then it ended: over none of them.
    if (last === together.length - 1) continue;
    count[end] += 1;
    waiting.shift();
  }
  connection?.end();
}

type End = 'all' | 'closed' | 'left';

class Connection {
  readonly #socket: Socket = connect(Number(port), host);
  #rest: Buffer = Buffer.alloc(0);
  #answered = new Set<number>();
  #settle: (end: End) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor() {
    this.#socket.setNoDelay(true);
    for (const event of ['error', 'close', 'end']) this.#socket.on(event, () => this.#ended('closed'));
    this.#socket.on('data', (piece: Buffer) => this.#take(piece));
  }

  /** What becomes of frames that are sent in one go. */
  async send(together: readonly HostileFrame[]): Promise<{ answered: ReadonlySet<number>; end: End }> {
    this.#answered = new Set();
    if (this.#isOver) return { answered: this.#answered, end: 'closed' };
    const { promise, resolve } = Promise.withResolvers<End>();
    this.#settle = resolve;
    this.#timer = setTimeout(() => this.#ended('left'), SILENCE_MS_MAX);
    this.#socket.write(Buffer.concat([...together.map(({ bytes }) => bytes), LAST]));
    const end = await promise;
    clearTimeout(this.#timer);
    return { answered: this.#answered, end };
  }

  async die(bytes: Buffer): Promise<void> {
    if (this.#isOver) return;
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    this.end();
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

  #take(piece: Buffer): void {
    this.#timer?.refresh();
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, piece]) : piece;
    while (bytes.length >= LENGTH_BYTES && bytes.length >= LENGTH_BYTES + bytes.readInt32BE(0)) {
      const id = bytes.readInt32BE(LENGTH_BYTES);
      bytes = bytes.subarray(LENGTH_BYTES + bytes.readInt32BE(0));
      this.#answered.add(id);
      if (id === LAST_ID) this.#settle('all');
    }
    this.#rest = bytes;
  }
}

await Promise.all(Array.from({ length: CLIENTS }, (_, number) => attack(number)));
parentPort!.postMessage(count);
