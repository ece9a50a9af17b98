/**
 * What the engine answers to its brokers, over the connection that each of them has to it: which streams there are and where their shards lie, and
 * changes to them that clients of an endpoint ask for. The streams of the lab's own are not among them.
 */
import * as v from 'valibot';
import { call, stream, type } from '../api/contract.ts';
import { streamSettings, type StreamSettings } from '../api/streams.ts';
import { nothing, SHARDS_MAX, streamName } from '../api/values.ts';

/** Brokers hear of a changed topology at most this often, milliseconds. */
export const TOPOLOGY_INTERVAL_MS = 5;

export interface PlacedShard {
  number: number;
  brokerId: number;
  shardId: number;
  leaderEpoch: number;
}

export interface PlacedStream {
  /** A UUID. */
  id: string;
  name: string;
  settings: StreamSettings;
  /** In the order of their numbers. None where their file is lost. */
  shards: PlacedShard[];
}

export interface Topology {
  /** Rises with each change. */
  generation: number;
  /** 22 characters, as Kafka's cluster ids. */
  clusterId: string;
  /** Those that are up and can be reached. */
  brokers: { id: number; kafkaPort: number }[];
  streams: PlacedStream[];
  /** Whether asking for a stream that is not there makes it; how many shards one gets where nothing is said. */
  creation: { isOnUse: boolean; shards: number };
}

/** A change is in every topology from this generation on. */
export interface Changed {
  generation: number;
  stream: PlacedStream;
}

const shards = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SHARDS_MAX));
const partialSettings = v.partial(streamSettings);

export const controllerContract = {
  controller: {
    topology: call(nothing, type<Topology>()),
    /** The whole of it; newest wins. */
    watchTopology: stream(nothing, type<Topology>()),
    /** `brokerIds`: of each shard in turn, where its place is chosen. With `isOnlyChecked` nothing is made. */
    createStream: call(
      v.strictObject({
        name: streamName,
        shards,
        brokerIds: v.nullable(v.array(v.number())),
        settings: partialSettings,
        isOnlyChecked: v.boolean(),
      }),
      type<Changed | null>(),
      { errors: ['bad-stream-name', 'stream-exists', 'too-many', 'broker-down', 'bad-input'] },
    ),
    /** `brokerIds`: of each shard that is added, in turn, where its place is chosen. */
    grow: call(
      v.strictObject({ name: streamName, shards, brokerIds: v.nullable(v.array(v.number())), isOnlyChecked: v.boolean() }),
      type<Changed | null>(),
      { errors: ['no-such-stream', 'bad-input', 'broker-down'] },
    ),
    /** Those that are named. */
    changeSettings: call(v.strictObject({ name: streamName, settings: partialSettings }), type<Changed>(), { errors: ['no-such-stream'] }),
    deleteStream: call(v.strictObject({ name: streamName }), type<{ generation: number }>(), { errors: ['no-such-stream', 'broker-down'] }),
  },
};
