/**
 * The request log: what came, newest first. While it is paused nothing is taken in; the brokers remember the last ones, and how many were
 * forgotten meanwhile is said.
 */
import { untrack } from 'svelte';
import type { KafkaRequest, RequestFilter } from '../../../../main/api/clients.ts';
import { toLabError } from '../../../../main/api/errors.ts';
import type { LabState } from '../../state/lab.svelte.ts';

/** Requests that the page keeps; the oldest leave first. */
export const REQUESTS_SHOWN_MAX = 2_000;

/** By when they came; those of one millisecond by their brokers and ids. */
const newestFirst = (one: KafkaRequest, other: KafkaRequest): number =>
  other.at - one.at || one.brokerId - other.brokerId || numberOf(other.id) - numberOf(one.id);

const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf('-') + 1));

export class RequestLog {
  paused = $state(false);
  clientId = $state<string | null>(null);
  api = $state<string | null>(null);
  errorsOnly = $state(false);
  selected = $state.raw<KafkaRequest | null>(null);
  missed = $state(0);
  /** Of all that were seen, so that a filter offers what there is. */
  apis = $state.raw<string[]>([]);
  names = $state.raw<string[]>([]);
  /** Those that the filter lets through, the newest first. */
  rows = $state.raw<KafkaRequest[]>([]);
  /** What has come, some of it from before the filter. */
  #taken: KafkaRequest[] = [];
  /** Counts up where what comes is to be asked for anew. */
  #asked = $state(0);
  /** What was answered before is not wanted any more, milliseconds since 1970: the lab and its page have one clock. */
  #clearedAt = 0;
  /** The filter was changed while nothing was to be taken in. */
  #isStale = false;
  readonly #lab: LabState;
  #resume: (() => void) | null = null;

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  /** In an effect: begins anew with each filter, and when the connection is back. Answers how to end it. */
  follow(): () => void {
    const gone = new AbortController();
    void this.#asked;
    const filter: RequestFilter = {
      ...(this.clientId === null ? {} : { clientId: this.clientId }),
      ...(this.api === null ? {} : { api: this.api }),
      ...(this.errorsOnly ? { errorsOnly: true } : {}),
    };
    this.#show(this.#taken);
    const isUp = this.#lab.connection === 'up';
    if (untrack(() => this.paused)) this.#isStale = true;
    else if (isUp) void this.#take(filter, gone.signal);
    return () => gone.abort();
  }

  async #take(filter: RequestFilter, signal: AbortSignal): Promise<void> {
    let isFirst = true;
    try {
      for await (const { requests, missed } of this.#lab.client.requests.watch({ filter }, { signal })) {
        while (this.paused && !signal.aborted) await this.#resumed(signal);
        if (signal.aborted) return;
        this.missed = isFirst ? missed : this.missed + missed;
        const fresh = requests.filter(({ at, durationMs }) => at + durationMs >= this.#clearedAt);
        this.#show([...fresh.toReversed(), ...(isFirst ? [] : this.#taken)].sort(newestFirst).slice(0, REQUESTS_SHOWN_MAX));
        isFirst = false;
        this.#learn(requests);
      }
    } catch (thrown) {
      const error = toLabError(thrown);
      if (!signal.aborted && error.code !== 'disconnected') this.#lab.notify(error, { reading: true });
    }
  }

  #show(taken: KafkaRequest[]): void {
    this.#taken = taken;
    this.rows = taken.filter((request) => this.#isWanted(request));
  }

  #isWanted({ clientId, api, errors }: KafkaRequest): boolean {
    if (this.clientId !== null && this.clientId !== clientId) return false;
    return (this.api === null || this.api === api) && (!this.errorsOnly || errors.length > 0);
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
    if (this.#isStale) this.#asked += 1;
    this.#isStale = false;
  }

  clear(): void {
    this.#clearedAt = Date.now();
    this.#show([]);
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
