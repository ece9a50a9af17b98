/**
 * The request log: what came, newest first. While it is paused nothing is taken in; the brokers remember the last ones, and how many were
 * forgotten meanwhile is said.
 */
import type { KafkaRequest, RequestFilter } from '../../../../main/api/clients.ts';
import { toLabError } from '../../../../main/api/errors.ts';
import type { LabState } from '../../state/lab.svelte.ts';

/** Requests that the page keeps; the oldest leave first. */
export const REQUESTS_SHOWN_MAX = 2_000;

export class RequestLog {
  rows = $state.raw<KafkaRequest[]>([]);
  missed = $state(0);
  paused = $state(false);
  clientId = $state<string | null>(null);
  api = $state<string | null>(null);
  errorsOnly = $state(false);
  selected = $state.raw<KafkaRequest | null>(null);
  /** Of all that were seen, so that a filter offers what there is. */
  apis = $state.raw<string[]>([]);
  names = $state.raw<string[]>([]);
  readonly #lab: LabState;
  #resume: (() => void) | null = null;

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  /** In an effect: begins anew with each filter, and when the connection is back. Answers how to end it. */
  follow(): () => void {
    const gone = new AbortController();
    const filter: RequestFilter = {
      ...(this.clientId === null ? {} : { clientId: this.clientId }),
      ...(this.api === null ? {} : { api: this.api }),
      ...(this.errorsOnly ? { errorsOnly: true } : {}),
    };
    if (this.#lab.connection === 'up') void this.#take(filter, gone.signal);
    return () => gone.abort();
  }

  async #take(filter: RequestFilter, signal: AbortSignal): Promise<void> {
    this.rows = [];
    this.missed = 0;
    try {
      for await (const { requests, missed } of this.#lab.client.requests.watch({ filter }, { signal })) {
        while (this.paused && !signal.aborted) await this.#resumed(signal);
        if (signal.aborted) return;
        this.missed += missed;
        this.rows = [...requests.toReversed(), ...this.rows].slice(0, REQUESTS_SHOWN_MAX);
        this.#learn(requests);
      }
    } catch (thrown) {
      const error = toLabError(thrown);
      if (!signal.aborted && error.code !== 'disconnected') this.#lab.notify(error, { reading: true });
    }
  }

  #learn(requests: readonly KafkaRequest[]): void {
    const added = (known: string[], all: (string | null)[]): string[] => {
      const fresh = all.filter((one, at): one is string => one !== null && !known.includes(one) && all.indexOf(one) === at);
      return fresh.length === 0 ? known : [...known, ...fresh].sort();
    };
    this.apis = added(
      this.apis,
      requests.map(({ api }) => api),
    );
    this.names = added(
      this.names,
      requests.map(({ clientId }) => clientId),
    );
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#resume?.();
  }

  clear(): void {
    this.rows = [];
    this.missed = 0;
    this.selected = null;
  }

  #resumed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
