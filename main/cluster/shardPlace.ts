/** Where shards are. */

/** Where a shard of a stream is. */
export interface ShardPlace {
  number: number;
  brokerId: number;
  /** The broker's own number of the shard, never used again. */
  shardId: number;
}
