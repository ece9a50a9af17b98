/** Where shards are. */

/** Where a shard of a stream is. */
export interface ShardPlace {
  number: number;
  brokerId: number;
  /** The broker's own number of the shard, never used again. */
  shardId: number;
}

/** What is for each broker, in the order given: places, or what goes to them. */
export function byBroker<T extends ShardPlace | { place: ShardPlace }>(items: readonly T[]): [brokerId: number, own: T[]][] {
  const brokerOf = (item: ShardPlace | { place: ShardPlace }): number => ('place' in item ? item.place : item).brokerId;
  return [...Map.groupBy(items, brokerOf)];
}
