/**
 * Who is connected to this broker, and the last requests. Nothing is made of them but a short copy, without the bytes of record batches; it
 * becomes text when somebody looks.
 */
import { type KafkaClient, type KafkaRequest, REQUESTS_AT_ONCE_MAX, REQUESTS_KEPT_MAX } from '../../api/clients.ts';
import { KAFKA_WATCH_INTERVAL_MS, type RequestNews } from '../../cluster/kafkaContract.ts';
import { conflate } from '../../rpc/conflate.ts';
import { digestOf, errorsIn, textOf } from './digest.ts';
import type { Message } from './wire/api.ts';

interface Told {
  api: string;
  version: number | null;
  /** Null where it could not be read. */
  request: Message | null;
  bytesIn: number;
  at: number;
  durationMs: number;
}

/** Counts for one connection. */
export interface ConnectionRecord {
  clientId: string | null;
  software: KafkaClient['software'];
  bytesIn: number;
  /** `response`: null where none was wanted. */
  answered(told: Told & { response: Message | null; bytesOut: number }): void;
  /** It was the last: the connection is closed. */
  unanswered(told: Told & { why: string }): void;
  disconnected(): void;
}

export interface Recorder {
  connected(address: string): ConnectionRecord;
  clients(): KafkaClient[];
  watchClients(signal: AbortSignal): AsyncIterable<KafkaClient[]>;
  watchRequests(signal: AbortSignal): AsyncIterable<RequestNews>;
}

/** `request` and `response` as digests. */
type Kept = Omit<KafkaRequest, 'id' | 'request' | 'response'> & { request: unknown; response: unknown };

export function createRecorder(brokerId: number, now: () => number): Recorder {
  const clients = new Set<KafkaClient>();
  const listeners = new Set<() => void>();
  const ring: Kept[] = [];
  /** Requests ever kept; the last of them is at this number less one. */
  let count = 0;
  let connections = 0;

  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const allClients = (): KafkaClient[] => [...clients].map((client) => ({ ...client }));

  function keep(kept: Kept): void {
    ring[count % REQUESTS_KEPT_MAX] = kept;
    count += 1;
    changed();
  }

  function connected(address: string): ConnectionRecord {
    const client: KafkaClient = {
      ...{ id: `${brokerId}-${++connections}`, brokerId, clientId: null, software: null, address, connectedAt: now() },
      ...{ requests: 0, errors: 0, bytesIn: 0, bytesOut: 0 },
    };
    clients.add(client);
    changed();
    const keptOf = ({ request, ...told }: Told, rest: Pick<Kept, 'bytesOut' | 'response' | 'errors'>): Kept => ({
      ...{ brokerId, connectionId: client.id, clientId: client.clientId, software: client.software, address },
      ...{ ...told, request: request && digestOf(request), ...rest },
    });
    return {
      set clientId(clientId: string | null) {
        client.clientId = clientId;
      },
      set software(software: KafkaClient['software']) {
        client.software = software;
      },
      get bytesIn() {
        return client.bytesIn;
      },
      set bytesIn(bytes: number) {
        client.bytesIn = bytes;
      },
      answered({ response, bytesOut, ...told }) {
        const errors = errorsIn(response?.value, told);
        client.requests += 1;
        client.bytesOut += bytesOut;
        if (errors.length > 0) client.errors += 1;
        keep(keptOf(told, { response: response && digestOf(response), bytesOut, errors }));
      },
      unanswered({ why, ...told }) {
        client.requests += 1;
        client.errors += 1;
        keep(keptOf(told, { response: null, bytesOut: 0, errors: [why] }));
      },
      disconnected() {
        clients.delete(client);
        changed();
      },
    };
  }

  const oldestKept = (): number => Math.max(0, count - REQUESTS_KEPT_MAX);

  function requestsIn(from: number, to: number): KafkaRequest[] {
    return Array.from({ length: to - from }, (_, index) => {
      const number = from + index;
      const { request, response, ...rest } = ring[number % REQUESTS_KEPT_MAX]!;
      return { id: `${brokerId}-${number}`, ...rest, request: textOf(request), response: textOf(response) };
    });
  }

  /** The newest first, then what comes; as much as there is room for of the older ones, backwards. */
  function newsFromNow(): () => { news: RequestNews; isMore: boolean } | undefined {
    /** What is not told yet: from `next` on, and within `older`. */
    let next = Math.max(oldestKept(), count - REQUESTS_AT_ONCE_MAX);
    const older = { from: oldestKept(), to: next };
    return () => {
      const from = Math.max(next, oldestKept());
      const to = Math.min(count, from + REQUESTS_AT_ONCE_MAX);
      const forgotten = Math.min(Math.max(0, oldestKept() - older.from), older.to - older.from);
      older.from += forgotten;
      const olderFrom = Math.max(older.from, older.to - (REQUESTS_AT_ONCE_MAX - (to - from)));
      const news = { requests: [...requestsIn(olderFrom, older.to), ...requestsIn(from, to)], missed: from - next + forgotten };
      next = to;
      older.to = olderFrom;
      if (news.requests.length === 0 && news.missed === 0) return undefined;
      return { news, isMore: next < count || older.from < older.to };
    };
  }

  return {
    connected,
    clients: allClients,
    watchClients: (signal) => conflate({ subscribe, take: allClients, intervalMs: KAFKA_WATCH_INTERVAL_MS, signal }),
    watchRequests(signal) {
      const take = newsFromNow();
      let again: () => void = () => {};
      return conflate({
        subscribe(listener) {
          again = listener;
          return subscribe(listener);
        },
        take() {
          const found = take();
          if (found?.isMore) again();
          return found?.news;
        },
        intervalMs: KAFKA_WATCH_INTERVAL_MS,
        signal,
      });
    },
  };
}
