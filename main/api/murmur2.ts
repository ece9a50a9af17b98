/**
 * MurmurHash2, 32 bits, with the seed and the variant Kafka's producers use to place a key, so that the same key lands in the
 * same shard whoever produced it. Source: org.apache.kafka.common.utils.Utils#murmur2.
 */
const SEED = 0x9747b28c | 0;
const MULTIPLIER = 0x5bd1e995;
const ROTATION = 24;

/** The hash as a signed int32. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const whole = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    const word = byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    let mixed = Math.imul(word, MULTIPLIER);
    mixed ^= mixed >>> ROTATION;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed, MULTIPLIER);
  }
  const rest = length - whole;
  if (rest > 2) hash ^= byteAt(bytes, whole + 2) << 16;
  if (rest > 1) hash ^= byteAt(bytes, whole + 1) << 8;
  if (rest > 0) hash = Math.imul(hash ^ byteAt(bytes, whole), MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

/** The shard number of a key among `shardCount` shards. The sign bit is dropped, as Kafka's `toPositive` does. */
export function shardForKey(key: Uint8Array, shardCount: number): number {
  return (murmur2(key) & 0x7fffffff) % shardCount;
}
