/** In which order the shards of a rehearsal come: which one is next, of those that have an event. Nothing is sorted: each shard is in its order. */
import type { RehearsalOrder } from '../../api/rehearsals.ts';
import { comesBefore } from '../../events/appendOrder.ts';
import type { RecordedShard } from './recorded.ts';

/** The number of the next shard, all of which have a head or are over; -1 where all are over. */
export type NextShard = (shards: readonly RecordedShard[]) => number;

export function nextShardBy(order: RehearsalOrder): NextShard {
  switch (order.by) {
    case 'append':
      return (shards) => firstBy(shards, isAppendedBefore);
    case 'event-time':
      return (shards) => firstBy(shards, (one, other) => one.head!.timestamp < other.head!.timestamp);
    case 'shards':
      return (shards) => shards.findIndex(({ head }) => head !== null);
    case 'shuffled':
      return shuffled(order.seed);
  }
}

function firstBy(shards: readonly RecordedShard[], isBefore: (one: RecordedShard, other: RecordedShard) => boolean): number {
  let first = -1;
  for (let at = 0; at < shards.length; at++) {
    const shard = shards[at]!;
    if (shard.head !== null && (first < 0 || isBefore(shard, shards[first]!))) first = at;
  }
  return first;
}

function isAppendedBefore(one: RecordedShard, other: RecordedShard): boolean {
  if (one.appendTimeUs !== other.appendTimeUs) return one.appendTimeUs < other.appendTimeUs;
  return comesBefore(
    { time: one.runningMax, index: one.index, shard: one.place.shard },
    { time: other.runningMax, index: other.index, shard: other.place.shard },
  );
}

/** Each of the events that are left is as likely as any other to be of the next shard (gaps count as events). */
function shuffled(seed: number): NextShard {
  const random = randomBy(seed);
  return (shards) => {
    let left = 0;
    for (const shard of shards) if (shard.head !== null) left += shard.left;
    let chosen = random() * left;
    let last = -1;
    for (let at = 0; at < shards.length; at++) {
      if (shards[at]!.head === null) continue;
      last = at;
      chosen -= shards[at]!.left;
      if (chosen < 0) return at;
    }
    return last;
  };
}

/** From 0 up to, not including, 1: mulberry32 (public domain). */
function randomBy(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
