/** The calls of api/clients.ts: what the brokers know of their clients and requests, put together. */
import {
  type clients,
  type KafkaAddress,
  type KafkaClient,
  type KafkaRequest,
  type RequestFilter,
  type requests,
  REQUESTS_KEPT_MAX,
} from '../../api/clients.ts';
import type { DomainHandlers } from '../../api/contract.ts';
import type { KafkaListenerClient } from '../../cluster/brokerLink.ts';
import { KAFKA_WATCH_INTERVAL_MS } from '../../cluster/kafkaContract.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { conflate } from '../../rpc/conflate.ts';
import type { KafkaListeners } from './listeners.ts';
import { HOST } from './topology.ts';

export interface ClientsServices {
  clients: DomainHandlers<typeof clients>;
  requests: DomainHandlers<typeof requests>;
}

/** In the order of the brokers. */
export function addressesOf(listeners: Pick<KafkaListeners, 'get'>): KafkaAddress[] {
  return [...listeners.get()].sort(([a], [b]) => a - b).map(([brokerId, port]) => ({ brokerId, host: HOST, port }));
}

export function createClientsServices(cluster: Cluster, listeners: KafkaListeners): ClientsServices {
  /** Reads a stream of each broker, as often as it comes up, until the signal aborts. */
  function follow<T>(
    open: (broker: KafkaListenerClient, signal: AbortSignal) => AsyncIterable<T>,
    { got, gone }: { got: (brokerId: number, item: T) => void; gone: (brokerId: number) => void },
    signal: AbortSignal,
  ): void {
    const followed = new Set<number>();
    async function read(id: number): Promise<void> {
      followed.add(id);
      try {
        for await (const item of open(cluster.kafka(id), signal)) got(id, item);
      } catch {
        // The broker is gone; when it comes up, it is read again.
      }
      followed.delete(id);
      gone(id);
    }
    const look = (): void => {
      for (const id of listeners.get().keys()) if (cluster.isUp(id) && !followed.has(id)) void read(id);
    };
    const stop = listeners.onChange(look);
    signal.addEventListener('abort', stop);
    look();
  }

  function watchClients(signal: AbortSignal): AsyncIterable<KafkaClient[]> {
    const byBroker = new Map<number, KafkaClient[]>();
    return conflate({
      subscribe(changed) {
        const got = (id: number, connected: KafkaClient[]): void => {
          byBroker.set(id, connected);
          changed();
        };
        const gone = (id: number): void => {
          byBroker.delete(id);
          changed();
        };
        const reading = new AbortController();
        follow((broker, until) => broker.watchClients({}, { signal: until }), { got, gone }, reading.signal);
        return () => reading.abort();
      },
      take: () => [...byBroker.values()].flat(),
      intervalMs: KAFKA_WATCH_INTERVAL_MS,
      signal,
    });
  }

  function watchRequests(filter: RequestFilter, signal: AbortSignal): AsyncIterable<{ requests: KafkaRequest[]; missed: number }> {
    let waiting: KafkaRequest[] = [];
    let missed = 0;
    /** The oldest first; of too many the oldest go. */
    const putInOrder = (): void => {
      waiting.sort(inOrder);
      const tooMany = Math.max(0, waiting.length - REQUESTS_KEPT_MAX);
      waiting.splice(0, tooMany);
      missed += tooMany;
    };
    return conflate({
      subscribe(changed) {
        const reading = new AbortController();
        const got = (_id: number, news: { requests: KafkaRequest[]; missed: number }): void => {
          for (const request of news.requests) if (isWanted(request, filter)) waiting.push(request);
          missed += news.missed;
          // Who takes them puts them in order; before that only so that there are not ever more.
          if (waiting.length > 2 * REQUESTS_KEPT_MAX) putInOrder();
          changed();
        };
        follow((broker, until) => broker.watchRequests({}, { signal: until }), { got, gone: () => {} }, reading.signal);
        return () => reading.abort();
      },
      take() {
        putInOrder();
        if (waiting.length === 0 && missed === 0) return undefined;
        const item = { requests: waiting, missed };
        [waiting, missed] = [[], 0];
        return item;
      },
      intervalMs: KAFKA_WATCH_INTERVAL_MS,
      signal,
    });
  }

  return {
    clients: {
      addresses: () => addressesOf(listeners),
      async list() {
        const all = [...listeners.get().keys()].filter((id) => cluster.isUp(id)).map((id) => cluster.kafka(id).clients({}));
        return (await Promise.all(all)).flat();
      },
      watch: (_input, { signal }) => watchClients(signal),
    },
    requests: { watch: ({ filter }, { signal }) => watchRequests(filter, signal) },
  };
}

/** The oldest first. */
const inOrder = (one: KafkaRequest, other: KafkaRequest): number => one.at - other.at;

function isWanted({ connectionId, clientId, api, errors }: KafkaRequest, filter: RequestFilter): boolean {
  if (filter.connectionId !== undefined && filter.connectionId !== connectionId) return false;
  if (filter.clientId !== undefined && filter.clientId !== clientId) return false;
  if (filter.api !== undefined && filter.api !== api) return false;
  return !filter.errorsOnly || errors.length > 0;
}
