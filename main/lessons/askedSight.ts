/** What a step of a lesson looks for in requests: which programs of others have written to a stream, or read it. */
import type { KafkaRequest, RequestFilter } from '../api/clients.ts';
import type { Check } from './content.ts';

type Asked = Extract<Check, { asked: unknown }>['asked'];

/** The requests that are remembered, then those that come. */
export type FollowRequests = (filter: RequestFilter, signal: AbortSignal) => AsyncIterable<{ requests: KafkaRequest[] }>;

export class AskedSight {
  /** By kind of request and stream: who asked, by what they call themselves and their library. */
  readonly #programs = new Map<string, Set<string>>();
  readonly #gone = new AbortController();
  readonly #idOf: (stream: string) => string | undefined;

  /** `changed`: called back when requests have come. */
  constructor(checks: readonly Asked[], follow: FollowRequests, idOf: (stream: string) => string | undefined, changed: () => void) {
    this.#idOf = idOf;
    for (const api of new Set(checks.map((check) => check.api))) {
      const streams = checks.filter((check) => check.api === api).map(({ stream }) => stream);
      void this.#follow(api, [...new Set(streams)], follow, changed);
    }
  }

  hasSeen({ api, stream, programs }: Asked): boolean {
    return (this.#programs.get(`${api} ${stream}`)?.size ?? 0) >= programs;
  }

  close(): void {
    this.#gone.abort();
  }

  async #follow(api: string, streams: string[], follow: FollowRequests, changed: () => void): Promise<void> {
    try {
      for await (const { requests } of follow({ api }, this.#gone.signal)) {
        for (const request of requests) for (const stream of streams) this.#look(request, stream);
        changed();
      }
    } catch {
      // It was closed, or the engine is about to.
    }
  }

  #look({ api, clientId, software, request, errors }: KafkaRequest, stream: string): void {
    const id = this.#idOf(stream);
    // Newer versions name a stream by its id alone. The text may be cut, so it is not parsed.
    const names = [`"name":"${stream}"`, `"topic":"${stream}"`, ...(id === undefined ? [] : [`"topicId":"${id}"`])];
    if (errors.length > 0 || !names.some((name) => request?.includes(name))) return;
    const key = `${api} ${stream}`;
    if (!this.#programs.has(key)) this.#programs.set(key, new Set());
    this.#programs.get(key)!.add(JSON.stringify([clientId, software?.name]));
  }
}
