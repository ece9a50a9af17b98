/** Which events of a range are replayed, as what, and into which shard. */
import { shardForKey } from '../api/murmur2.ts';
import type { ReplayWish } from '../api/replays.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { LogRecord, NewRecord } from '../log/index.ts';
import type { ReplayPlan } from './plan.ts';

/** One for each event, in any order. */
export type Selects = (record: Pick<LogRecord, 'key' | 'timestamp' | 'headers'>) => boolean;

export function createSelection({ from, until, keys }: Pick<ReplayWish, 'from' | 'until' | 'keys'>): Selects {
  const isOfKeys = keysOf(keys);
  const begin = from.at === 'time' ? from.time : null;
  const end = until.at === 'time' ? until.time : null;
  return ({ key, timestamp }) => {
    if (begin !== null || end !== null) {
      // None is before and after no time.
      if (timestamp === NO_TIMESTAMP) return false;
      if (begin !== null && timestamp < begin) return false;
      if (end !== null && timestamp >= end) return false;
    }
    return isOfKeys(key);
  };
}

function keysOf(keys: ReplayWish['keys']): (key: Uint8Array | null) => boolean {
  if (keys === null) return () => true;
  if (keys.are === 'beginning-with') {
    const prefix = Buffer.from(keys.prefix);
    return (key) => key !== null && prefix.equals(key.subarray(0, prefix.length));
  }
  const known = new Set(keys.keys.map(textOf));
  return (key) => key !== null && known.has(textOf(key));
}

/** A string for the bytes, and no other bytes. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}

/** The shard in which an event of a shard goes: the same wherever and whenever it is asked. */
export function shardFor(shard: number, key: Uint8Array | null, sourceShards: number, targetShards: number): number {
  if (sourceShards === targetShards) return shard;
  return key === null ? shard % targetShards : shardForKey(key, targetShards);
}

export interface Passing {
  selects: Selects;
  shardOf(shard: number, record: LogRecord): number;
  /** `now`: the timestamp of one that gets a new one. */
  replayed(shard: number, record: LogRecord, now: bigint): NewRecord;
}

export function createPassing({ wish, source, target }: Pick<ReplayPlan, 'wish' | 'source' | 'target'>): Passing {
  const { keepsHeaders, timestamps } = wish;
  return {
    selects: createSelection(wish),
    shardOf: (shard, { key }) => shardFor(shard, key, source.shards, target.shards),
    replayed: (_shard, { key, value, headers, timestamp }, now) => ({
      key,
      value,
      headers: keepsHeaders ? headers : [],
      timestamp: timestamps === 'original' ? timestamp : now,
    }),
  };
}
