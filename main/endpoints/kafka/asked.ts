/** What answers a request. */
import type { Fields } from './wire/fields.ts';
import type { Api, RequestOf, ResponseOf } from './wire/api.ts';
import type { Log } from '../../log/index.ts';
import type { Controller, KnownTopology } from './topology.ts';
import type { ShardWaits } from './shardWaits.ts';

/** What a broker answers with. */
export interface BrokerParts {
  brokerId: number;
  log: Log;
  /** Its SQLite file. */
  file: string;
  topology: KnownTopology;
  controller: Controller;
  waits: ShardWaits;
  /** Appends of all clients that wait for their answers: a commit may wait a moment for the others (log/committer.ts). */
  appends: { underWay: number };
}

/** A request, as its answer sees it. */
export interface Asked extends BrokerParts {
  version: number;
  client: AskingClient;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** Who asks; what it says of itself comes with ApiVersions. */
export interface AskingClient {
  software: { name: string; version: string } | null;
}

/**
 * Resolves with the answer; null where the client wants none. A failure that the answer has no place for is thrown: the connection is closed.
 * Before its first await a request of Produce hands its batches to the log: several of one connection are appended in their order.
 */
export type Answer<A> =
  A extends Api<Fields, Fields> ? (request: RequestOf<A>, asked: Asked) => Promise<ResponseOf<A> | null> | ResponseOf<A> : never;
