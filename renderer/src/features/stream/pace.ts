/** Work that is asked for often and done seldom: one run at a time, the pause between two starts kept, the last wish never lost. */
export class Pace {
  readonly #work: () => Promise<void> | void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #startedAt = -Infinity;
  #running = false;
  #wished = false;
  #closed = false;

  constructor(work: () => Promise<void> | void) {
    this.#work = work;
  }

  /** Runs at once, or as soon as `pauseMs` have passed since the last start. */
  wish(pauseMs: number): void {
    this.#wished = true;
    if (this.#running || this.#closed) return;
    clearTimeout(this.#timer);
    const wait = this.#startedAt + pauseMs - performance.now();
    if (wait <= 0) void this.#run(pauseMs);
    else this.#timer = setTimeout(() => void this.#run(pauseMs), wait);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #run(pauseMs: number): Promise<void> {
    this.#running = true;
    this.#wished = false;
    this.#startedAt = performance.now();
    try {
      await this.#work();
    } finally {
      this.#running = false;
      if (this.#wished) this.wish(pauseMs);
    }
  }
}
