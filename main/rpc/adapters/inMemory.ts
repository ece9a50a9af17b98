/** Two ports in one process, each the other's far end: for tests, and for a page and an engine that share a thread. */
import type { Port, ReceiveFrame } from '../port.ts';
import { Ends } from './ends.ts';
import { asFrame } from './sizes.ts';
import { Waiters } from './waiters.ts';

/** So many deliveries go by microtask, then one by timer: a conversation that never pauses would starve timers and screen else. */
const MICROTASK_DELIVERIES_MAX = 256;

export function createPortPair(): [Port, Port] {
  const a = new InMemoryPort();
  const b = new InMemoryPort();
  a.far = b;
  b.far = a;
  return [a, b];
}

class InMemoryPort implements Port {
  far!: InMemoryPort;
  readonly #ends = new Ends();
  readonly #waiters = new Waiters(() => (this.#ends.isClosed ? 0 : this.#bytes));
  /** Frames on their way to the far end. */
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #scheduled = false;
  #deliveries = 0;
  #paused = false;

  send(frame: Uint8Array): boolean {
    if (this.#ends.isClosed) return true;
    this.#queue.push(frame);
    this.#bytes += frame.byteLength;
    this.#schedule();
    return this.#waiters.hasRoom;
  }

  drained(): Promise<void> {
    return this.#waiters.drained();
  }

  onFrame(receive: ReceiveFrame): void {
    this.#ends.onFrame(receive);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.far.#schedule();
  }

  onClose(closed: (reason?: string) => void): void {
    this.#ends.onClose(closed);
  }

  close(reason?: string): void {
    if (this.#ends.isClosed) return;
    this.#ends.close(reason);
    this.#waiters.check();
    queueMicrotask(() => {
      this.#deliver();
      this.far.close(reason);
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.far.#paused || this.#queue.length === 0) return;
    this.#scheduled = true;
    if (++this.#deliveries % MICROTASK_DELIVERIES_MAX === 0) setTimeout(() => this.#deliver(), 0);
    else queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.#queue.length > 0 && !this.far.#paused) {
      const bytes = this.#queue.shift()!;
      this.#bytes -= bytes.byteLength;
      const frame = asFrame(bytes);
      if (typeof frame === 'string') return this.far.close(frame);
      this.far.#ends.deliver(frame);
    }
    this.#waiters.check();
  }
}
