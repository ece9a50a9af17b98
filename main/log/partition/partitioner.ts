/** Which shard a record goes to, by the rules of Kafka's default partitioner (KIP-480). */
import { shardForKey } from '../../api/murmur2.ts';

export interface Partitioner {
  /**
   * The key decides (an empty key is a key, null is none); a record without one goes where the ones before it went, until the batch is
   * closed. A producer that names a shard itself does not ask.
   */
  shardFor(key: Uint8Array | null): number;
  /** The batch of records without a key is closed: the next ones go to another shard. */
  newBatch(): void;
}

/** `random` gives numbers from 0 up to, not including, 1. */
export function createPartitioner(shardCount: number, random: () => number): Partitioner {
  let sticky = pick(shardCount);

  function pick(among: number): number {
    return Math.floor(random() * among);
  }

  return {
    shardFor: (key) => (key === null ? sticky : shardForKey(key, shardCount)),
    newBatch() {
      if (shardCount > 1) sticky = (sticky + 1 + pick(shardCount - 1)) % shardCount;
    },
  };
}
