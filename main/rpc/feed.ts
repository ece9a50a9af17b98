/**
 * The sending end of one stream. It pulls the handler's iterable only while the reader has given credit and the port has
 * room, so it never runs ahead: a reader that acknowledges nothing holds back the source itself, and costs nothing.
 */
import { END, ITEM } from './codec.ts';
import { STREAM_CREDIT_MAX } from './limits.ts';
import type { Outlet } from './outlet.ts';

export class Feed {
  readonly abort = new AbortController();
  #credit: number;
  #wake: (() => void) | undefined;

  constructor(credit: number) {
    this.#credit = Math.min(credit, STREAM_CREDIT_MAX);
    this.abort.signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  credit(n: number): void {
    this.#credit = Math.min(this.#credit + n, STREAM_CREDIT_MAX);
    this.#wake?.();
  }

  /**
   * Sends items until the iterable ends (then the end, too) or the signal aborts. Throws what the iterable throws, or that
   * an item cannot be sent.
   */
  async run(id: number, method: string, iterable: AsyncIterable<unknown>, outlet: Outlet): Promise<void> {
    const { signal } = this.abort;
    const iterator = iterable[Symbol.asyncIterator]();
    // At once, not after the pending next(): that may be waiting for something that never happens.
    const giveUp = () => void release(iterator);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      while (await this.#mayPull(outlet)) {
        const next = await iterator.next();
        if (signal.aborted) return;
        if (next.done) return outlet.send([END, id]);
        this.#credit--;
        send(id, method, next.value, outlet, giveUp);
      }
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #mayPull(outlet: Outlet): Promise<boolean> {
    while (this.#credit === 0 && !this.abort.signal.aborted) await new Promise<void>((resolve) => (this.#wake = resolve));
    await outlet.room();
    return !this.abort.signal.aborted;
  }
}

async function release(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // It concerns nobody any more: the reader is gone, or has an error already.
  }
}

function send(id: number, method: string, value: unknown, outlet: Outlet, giveUp: () => void): void {
  try {
    outlet.sendValue([ITEM, id, value], method, 'internal');
  } catch (error) {
    giveUp();
    throw error;
  }
}
