/** A task that has nothing to do: it waits for events, for the time of what is due, for a commit, or to be woken. */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import type { Input } from './input.ts';
import type { Health } from './taskParts.ts';

/** Longest wait for events in one request, milliseconds. */
const AWAIT_MS = 10_000;

export class Waiting {
  readonly #brokers: ReadonlyMap<number, BrokerClient>;
  readonly #inputs: ReadonlyMap<number, readonly Input[]>;
  readonly #health: Health;
  /** Brokers that are asked to say when there is more; what they are asked stands until they answer. */
  readonly #asked = new Set<number>();
  readonly #gone = new AbortController();
  #wake: (() => void) | null = null;

  constructor(inputs: readonly Input[], brokers: ReadonlyMap<number, BrokerClient>, health: Health) {
    this.#brokers = brokers;
    this.#inputs = Map.groupBy(
      inputs.filter(({ isBounded }) => !isBounded),
      ({ brokerId }) => brokerId,
    );
    this.#health = health;
  }

  wake(): void {
    this.#wake?.();
  }

  /** Resolves when there may be more of an input, after so many milliseconds, with `or`, or when it is woken. */
  async forMore(ms: number, or: Promise<unknown> | null): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = setTimeout(woken.resolve, Math.max(0, Math.min(AWAIT_MS, ms)));
    void or?.then(() => woken.resolve());
    for (const [brokerId, inputs] of this.#inputs) {
      if (!this.#asked.has(brokerId)) this.#ask(brokerId, inputs);
    }
    await woken.promise;
    clearTimeout(timer);
    this.#wake = null;
  }

  /** Resolves with `over`, or when it is woken, and asks for nothing more meanwhile. */
  async until(over: Promise<unknown>): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    void over.then(() => woken.resolve());
    await woken.promise;
    this.#wake = null;
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.#gone.abort();
  }

  #ask(brokerId: number, inputs: readonly Input[]): void {
    this.#asked.add(brokerId);
    this.#brokers
      .get(brokerId)!
      .awaitMore({ places: inputs.map(({ awaited }) => awaited), ms: AWAIT_MS, upTo: inputs[0]!.upTo }, { signal: this.#gone.signal })
      .then(() => inputs.forEach((input) => input.woken()))
      .catch((error: unknown) => {
        if (!this.#gone.signal.aborted) this.#health.fail(error);
      })
      .finally(() => {
        this.#asked.delete(brokerId);
        this.wake();
      });
  }
}
