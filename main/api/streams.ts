/** Streams: make, list, watch and delete them. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing, shardCount, streamName } from './values.ts';

/** One shard as it stands now. Counts and bytes are of what the log still holds. */
export interface ShardSummary {
  shard: number;
  state: 'open' | 'closed';
  /** Offset of the oldest event still held. */
  startOffset: bigint;
  /** Offset that the next event will get. */
  endOffset: bigint;
  events: number;
  bytes: number;
  leaderEpoch: number;
  brokerId: number;
  /** False while the broker that holds it is down. */
  available: boolean;
}

export interface StreamSummary {
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** None where there is a problem. */
  shards: ShardSummary[];
  /** A sentence where the stream is listed but can be neither read nor written: the file that held its shards is gone. It can be deleted. */
  problem: string | null;
  events: number;
  bytes: number;
  /** Over the last few seconds. */
  eventsPerSecond: number;
  bytesPerSecond: number;
}

export const streams = {
  list: call(nothing, type<StreamSummary[]>()),
  /** All streams, again at each change; newest wins. */
  watch: stream(nothing, type<StreamSummary[]>()),
  create: call(v.strictObject({ name: streamName, shards: shardCount }), type<StreamSummary>(), {
    errors: ['bad-stream-name', 'stream-exists', 'broker-down', 'disk-full'],
  }),
  /** Deletes the stream with all its events. There is no way back. */
  delete: call(v.strictObject({ name: streamName }), type<void>(), { errors: ['no-such-stream', 'broker-down'] }),
};
