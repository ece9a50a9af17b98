/** Where events without a key go, in the same words wherever it is said. “Sticky” is Kafka's word for it (KIP-480). */
export function keylessSentence(shards: number | null): string {
  return shards === 1
    ? 'The stream has one shard.'
    : 'Sticky: events without a key that are appended together go to one shard, the next ones to another.';
}
