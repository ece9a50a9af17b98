/** Programs that talk to the lab over its Kafka endpoint: who is connected, and what each asks and is answered. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing } from './values.ts';

/** Requests that a broker remembers. */
export const REQUESTS_KEPT_MAX = 1_000;
/** Requests in one item of the stream of them. */
export const REQUESTS_AT_ONCE_MAX = 200;

/** A place where other programs reach a broker. */
export interface KafkaAddress {
  brokerId: number;
  host: string;
  port: number;
}

/** A connection. A program has several: one to each broker that it talks to, and often more. */
export interface KafkaClient {
  id: string;
  brokerId: number;
  /** What it calls itself; null before its first request, and where it says nothing. */
  clientId: string | null;
  /** The library and its version, where it says them: "librdkafka", "2.12.1". */
  software: { name: string; version: string } | null;
  /** host:port of its own end. */
  address: string;
  /** Milliseconds since 1970. */
  connectedAt: number;
  requests: number;
  /** Requests that were answered with an error, in part or as a whole. */
  errors: number;
  bytesIn: number;
  bytesOut: number;
}

/** A request, and what became of it. */
export interface KafkaRequest {
  /** Rises in the order in which a broker answered. */
  id: string;
  brokerId: number;
  connectionId: string;
  clientId: string | null;
  software: { name: string; version: string } | null;
  address: string;
  /** "Produce", served here or not; "API 999" where the protocol has no name for it, "unreadable" where it could not be told what it was. */
  api: string;
  /** Null where it could not be read. */
  version: number | null;
  /** When it had come in, milliseconds since 1970. */
  at: number;
  /** Until its answer was ready, milliseconds. */
  durationMs: number;
  bytesIn: number;
  /** 0 where nothing was answered. */
  bytesOut: number;
  /** What was in it, as JSON; record batches by their size and count, long lists cut. Null where it could not be read. */
  request: string | null;
  /** The same of the answer; null where there was none. */
  response: string | null;
  /**
   * Names of the errors in the answer ("UNKNOWN_TOPIC_OR_PARTITION"), each once; why there was no answer, as a sentence, where it closed the
   * connection. That a version of ApiVersions is too new is none: it is how a client finds the one that both know.
   */
  errors: string[];
}

/** What of the requests is wanted; all of what is given. */
const filter = v.strictObject({
  connectionId: v.optional(v.string()),
  clientId: v.optional(v.string()),
  api: v.optional(v.string()),
  errorsOnly: v.optional(v.boolean()),
});
export type RequestFilter = v.InferOutput<typeof filter>;

export const clients = {
  /** Where each broker is reached; none while it is down. */
  addresses: call(nothing, type<KafkaAddress[]>()),
  list: call(nothing, type<KafkaClient[]>()),
  /** Those that are connected, again at each change, a few times a second; newest wins. */
  watch: stream(nothing, type<KafkaClient[]>()),
};

export const requests = {
  /**
   * The newest that the brokers remember, then what comes, and beside it what is older, backwards: within one item the oldest first, and what
   * a later item tells may be older than what is known. `missed`: so many were forgotten before they could be told of.
   */
  watch: stream(v.strictObject({ filter }), type<{ requests: KafkaRequest[]; missed: number }>()),
};
