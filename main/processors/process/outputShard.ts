/** To which shard goes what a processor emits. */
import { shardForKey } from '../../api/murmur2.ts';

/** `from`: the shard in which it was emitted. Without a key they stay together, and always in the same place. */
export function shardOf(key: Uint8Array | null, from: number, shards: number): number {
  if (key === null) return from % shards;
  return shards === 1 ? 0 : shardForKey(key, shards);
}
