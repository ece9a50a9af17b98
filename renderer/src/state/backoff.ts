/** Waiting between attempts: longer each time, and cut short when there is reason to try at once. */
export const BACKOFF_MS_FIRST = 250;
export const BACKOFF_MS_MAX = 5_000;

export class Backoff {
  #next = BACKOFF_MS_FIRST;
  #wake: (() => void) | null = null;

  reset(): void {
    this.#next = BACKOFF_MS_FIRST;
  }

  /** Waits for the next, longer time, or until `wake`. */
  wait(): Promise<void> {
    const ms = this.#next;
    this.#next = Math.min(BACKOFF_MS_MAX, ms * 2);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake?.();
  }
}
