/** A task that has nothing to do: it waits for events, for the time of what is due, or to be woken. */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { Input } from './input.ts';

/** Longest wait for events in one request, milliseconds. */
const AWAIT_MS = 10_000;

export class Waiting {
  #wake: (() => void) | null = null;

  wake(): void {
    this.#wake?.();
  }

  /**
   * Resolves when there may be more of an input, after so many milliseconds, or when it is woken. `failed`: a broker can not be asked, which
   * wakes it, too.
   */
  async forMore(
    inputs: readonly Input[],
    brokers: ReadonlyMap<number, BrokerClient>,
    ms: number,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const gone = new AbortController();
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, Math.max(0, Math.min(AWAIT_MS, ms)));
    for (const [brokerId, its] of Map.groupBy(inputs, (input) => input.brokerId)) {
      brokers
        .get(brokerId)!
        .awaitMore({ places: its.map(({ awaited }) => awaited), ms: AWAIT_MS }, { signal: gone.signal })
        .then(() => its.forEach((input) => input.woken()))
        .catch((error: unknown) => {
          if (!gone.signal.aborted) failed(error);
        })
        .finally(woken.resolve);
    }
    try {
      await woken.promise;
    } finally {
      clearTimeout(timer);
      gone.abort();
      this.#wake = null;
    }
  }
}
