/** Those who wait until a port has room: every adapter's `drained()`. */
import { PORT_BUFFER_BYTES_MAX } from '../port.ts';

export class Waiters {
  readonly #waitingBytes: () => number;
  #waiting: (() => void)[] = [];

  /** @param waitingBytes how many bytes wait to leave now; 0 once the port is closed. */
  constructor(waitingBytes: () => number) {
    this.#waitingBytes = waitingBytes;
  }

  get hasRoom(): boolean {
    return this.#waitingBytes() < PORT_BUFFER_BYTES_MAX;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  drained(): Promise<void> {
    return this.hasRoom ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** To be called when bytes have left, or the port has closed. */
  check(): void {
    if (!this.isEmpty && this.hasRoom) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
