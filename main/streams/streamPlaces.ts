/** A stream as the engine knows it: where its shards are. */
import type { StreamSettings } from '../api/streams.ts';
import type { ShardPlace } from '../cluster/shardPlace.ts';

/** A stream and its shards in their order. */
export interface StreamPlaces {
  id: string;
  name: string;
  createdAt: number;
  shards: ShardPlace[];
  settings: StreamSettings;
}

/** One that the catalog has and whose shards no broker has: its file was lost or replaced. */
export interface LostStream extends StreamPlaces {
  problem: string;
}

export function isLost(stream: StreamPlaces): stream is LostStream {
  return 'problem' in stream;
}
