/**
 * The reading end of one stream. It holds at most as many items as it gave credit for. Taking the next item acknowledges
 * the one taken before, which gives one more credit: a reader that shows each item before it takes the next is never run over.
 */
import type { LabError } from '../api/errors.ts';
import { broken } from './failures.ts';

interface Waiting {
  resolve: (result: IteratorResult<unknown>) => void;
  reject: (error: LabError) => void;
}

export interface ReaderEvents {
  /** n more items may come. */
  credit: (n: number) => void;
  /** The reader wants no more. Not called when the other side ended the stream. */
  cancel: () => void;
  /** Called once, by whichever side the stream was ended. */
  over: () => void;
}

const done: IteratorResult<unknown> = { done: true, value: undefined };

export class StreamReader implements AsyncIterator<unknown> {
  readonly #events: ReaderEvents;
  readonly #arrived: unknown[] = [];
  readonly #waiting: Waiting[] = [];
  #taken = 0; // and not yet acknowledged
  #allowed: number;
  #over = false;
  #error: LabError | undefined;

  constructor(credit: number, events: ReaderEvents) {
    this.#allowed = credit;
    this.#events = events;
  }

  next(): Promise<IteratorResult<unknown>> {
    this.#acknowledge();
    if (this.#arrived.length > 0) return Promise.resolve(this.#take());
    if (this.#over) return this.#finish();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<unknown>> {
    if (!this.#over) this.#events.cancel();
    this.end();
    this.#arrived.length = 0;
    this.#error = undefined;
    return Promise.resolve(done);
  }

  /** An item came in. Throws a LabError `protocol` when no credit was left for it. */
  item(value: unknown): void {
    if (--this.#allowed < 0) throw broken('a stream sent more items than it had credit for');
    this.#arrived.push(value);
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    waiting.resolve(this.#take());
    // Whoever waits behind has asked for the item after this one already.
    if (this.#waiting.length > 0) this.#acknowledge();
  }

  /** The stream is over; items that came before can still be taken, then the error, if any, is thrown once. */
  end(error?: LabError): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#events.over();
    for (const waiting of this.#waiting.splice(0)) void this.#finish().then(waiting.resolve, waiting.reject);
  }

  /** As {@link end}, but on the reader's own wish: what came before is of no interest any more. */
  abort(error: LabError): void {
    if (this.#over) return;
    this.#arrived.length = 0;
    this.#events.cancel();
    this.end(error);
  }

  #take(): IteratorResult<unknown> {
    this.#taken++;
    return { done: false, value: this.#arrived.shift() };
  }

  #acknowledge(): void {
    const n = this.#taken;
    this.#taken = 0;
    if (n === 0 || this.#over) return;
    this.#allowed += n;
    this.#events.credit(n);
  }

  #finish(): Promise<IteratorResult<unknown>> {
    const error = this.#error;
    this.#error = undefined;
    return error ? Promise.reject(error) : Promise.resolve(done);
  }
}
