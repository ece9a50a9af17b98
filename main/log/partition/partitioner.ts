/** Which shard a record goes to, by the rules of Kafka's default partitioner (KIP-480). */
import { LabError } from '../../api/errors.ts';
import { shardForKey } from '../../api/murmur2.ts';

export interface Partitioner {
  /**
   * An explicit shard wins; then the key decides (an empty key is a key, null is none); a record with neither goes where
   * the ones before it went, until the batch is closed. Throws `no-such-shard`.
   */
  shardFor(record: { key: Uint8Array | null; shard?: number | undefined }): number;
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
    shardFor({ key, shard }) {
      if (shard !== undefined) {
        if (!Number.isInteger(shard) || shard < 0 || shard >= shardCount) {
          throw new LabError('no-such-shard', `There is no shard ${shard}: the stream has shards 0 to ${shardCount - 1}.`);
        }
        return shard;
      }
      return key === null ? sticky : shardForKey(key, shardCount);
    },
    newBatch() {
      if (shardCount > 1) sticky = (sticky + 1 + pick(shardCount - 1)) % shardCount;
    },
  };
}
