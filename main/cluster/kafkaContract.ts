/** What a broker answers to the engine about its Kafka listener. */
import * as v from 'valibot';
import { call, stream, type } from '../api/contract.ts';
import { nothing } from '../api/values.ts';
import type { KafkaClient, KafkaRequest } from '../api/clients.ts';

/** The engine hears of clients and requests at most this often, milliseconds. */
export const KAFKA_WATCH_INTERVAL_MS = 200;

/** Requests that a watcher has not seen yet, oldest first; so many more, `missed`, were forgotten meanwhile. */
export interface RequestNews {
  requests: KafkaRequest[];
  missed: number;
}

export const kafkaContract = {
  kafka: {
    /** Listens on loopback, if it does not yet. `isAsked`: on this port, or it is an error (`port-taken`); else on the next free one. 0: any. */
    open: call(v.strictObject({ port: v.number(), isAsked: v.boolean() }), type<{ port: number }>(), { errors: ['port-taken'] }),
    /** Answers when its clients are told of nothing older than this generation of the topology. */
    reached: call(v.strictObject({ generation: v.number() }), type<void>()),
    clients: call(nothing, type<KafkaClient[]>()),
    /** Those that are connected; newest wins. */
    watchClients: stream(nothing, type<KafkaClient[]>()),
    /** The newest that are remembered, then what comes, and beside it what is older, backwards. */
    watchRequests: stream(nothing, type<RequestNews>()),
  },
};
