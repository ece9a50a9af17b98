/**
 * Which shard a key lands in: murmur2 as Kafka's DefaultPartitioner and BuiltInPartitioner have it
 * (org.apache.kafka.common.utils.Utils.murmur2), so that every Kafka client agrees with us. Used by the log, which
 * places events, and by the page, which says beforehand where one will land.
 */

const SEED = 0x9747b28c | 0;
const M = 0x5bd1e995;
const R = 24;

/** The hash of the bytes, a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const tail = length - (length % 4);
  let hash = SEED ^ length;
  for (let at = 0; at < tail; at += 4) {
    let k = Math.imul(view.getInt32(at, true), M);
    k ^= k >>> R;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  if (length > tail) {
    for (let at = length - 1; at >= tail; at--) hash ^= view.getUint8(at) << (8 * (at - tail));
    hash = Math.imul(hash, M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

/** The shard, from 0, that a key lands in. The sign bit is masked, not negated, as Kafka does it (Utils.toPositive). */
export function shardForKey(key: Uint8Array, shards: number): number {
  return (murmur2(key) & 0x7fffffff) % shards;
}
