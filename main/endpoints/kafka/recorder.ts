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

  function newsSince(next: number): { news: RequestNews; next: number } {
    const oldest = Math.max(next, count - REQUESTS_KEPT_MAX);
    const end = Math.min(count, oldest + REQUESTS_AT_ONCE_MAX);
    const numbers = Array.from({ length: end - oldest }, (_, index) => oldest + index);
    const requests = numbers.map((number) => {
      const { request, response, ...rest } = ring[number % REQUESTS_KEPT_MAX]!;
      return { id: `${brokerId}-${number}`, ...rest, request: textOf(request), response: textOf(response) };
    });
    return { news: { requests, missed: oldest - next }, next: end };
  }

  return {
    connected,
    clients: allClients,
    watchClients: (signal) => conflate({ subscribe, take: allClients, intervalMs: KAFKA_WATCH_INTERVAL_MS, signal }),
    watchRequests(signal) {
      let next = Math.max(0, count - REQUESTS_KEPT_MAX);
      let again: () => void = () => {};
      return conflate({
        subscribe(listener) {
          again = listener;
          return subscribe(listener);
        },
        take() {
          if (next === count) return undefined;
          const found = newsSince(next);
          next = found.next;
          if (next < count) again();
          return found.news;
        },
        intervalMs: KAFKA_WATCH_INTERVAL_MS,
        signal,
      });
    },
  };
}
