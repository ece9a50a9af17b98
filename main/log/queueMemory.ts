/**
 * Memory that the two threads of a broker share. What waits for its commit is copied into it once, and again into the same places when that
 * is over: memory that is made for each batch and handed over costs several times what copying does, most of it in collecting it again.
 */

interface Range {
  at: number;
  bytes: number;
}

export class QueueMemory {
  readonly shared: SharedArrayBuffer;
  /** All of it. */
  readonly bytes: Buffer;
  /** In order; none touches the next. */
  #free: Range[];

  /** The system gives it when it is first written to, and places near the start are taken first. */
  constructor(bytes: number) {
    this.shared = new SharedArrayBuffer(bytes);
    this.bytes = Buffer.from(this.shared);
    this.#free = [{ at: 0, bytes }];
  }

  /** Where so many bytes lie from now on; null where they do not fit. */
  take(bytes: number): number | null {
    const range = this.#free.find((free) => free.bytes >= bytes);
    if (!range) return null;
    const { at } = range;
    range.at += bytes;
    range.bytes -= bytes;
    if (range.bytes === 0) this.#free.splice(this.#free.indexOf(range), 1);
    return at;
  }

  /** What was taken. */
  giveBack(at: number, bytes: number): void {
    const after = this.#free.findIndex((free) => free.at > at);
    const index = after < 0 ? this.#free.length : after;
    this.#free.splice(index, 0, { at, bytes });
    this.#join(index);
    if (index > 0) this.#join(index - 1);
  }

  #join(index: number): void {
    const [one, next] = [this.#free[index]!, this.#free[index + 1]];
    if (one.at + one.bytes !== next?.at) return;
    one.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }
}
