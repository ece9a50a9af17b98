/** Which events of a range are replayed, as what, and into which shard. */
import * as v from 'valibot';
import { shardForKey } from '../api/murmur2.ts';
import { replayFrom, replayKeys, replayUntil, type ReplayWish } from '../api/replays.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { LogRecord, NewRecord } from '../log/index.ts';
import { isOfGroup, redriven, shardCameFrom } from './redrives.ts';

/** Which records of a range are meant: by their timestamps, where a bound is a time, and by their keys. */
export const selectionOptions = v.strictObject({ from: replayFrom, until: replayUntil, keys: v.nullable(replayKeys) });
export type SelectionOptions = v.InferOutput<typeof selectionOptions>;

/** Also what a processor's process is told of a replay that goes through it. */
export const passingOptions = v.strictObject({
  ...selectionOptions.entries,
  timestamps: v.picklist(['original', 'new']),
  keepsHeaders: v.boolean(),
  /** The stream that is read, where it is one of bad events of which one group goes back where it came from. */
  redrives: v.nullable(
    v.strictObject({
      bad: v.string(),
      processor: v.string(),
      reason: v.string(),
      from: v.string(),
      /** Events that were sent back before. */
      except: v.array(v.strictObject({ shard: v.number(), from: v.bigint(), until: v.bigint() })),
    }),
  ),
});
export type PassingOptions = v.InferOutput<typeof passingOptions>;

export interface Passing {
  /** `shard`: where it is. */
  selects(shard: number, record: LogRecord): boolean;
  /** `now`: the timestamp of one that gets a new one. */
  replayed(shard: number, record: LogRecord, now: bigint): NewRecord;
}

export function createPassing({ redrives, timestamps, keepsHeaders, ...wish }: PassingOptions): Passing {
  const isSelected = createSelection(wish);
  return {
    selects: (shard, record) =>
      isSelected(record) &&
      (redrives === null ||
        (isOfGroup(record.headers, redrives) &&
          !redrives.except.some((each) => each.shard === shard && each.from <= record.offset && record.offset < each.until))),
    replayed(shard, { key, value, headers, timestamp, offset }, now) {
      const own = keepsHeaders ? headers : [];
      return {
        key,
        value,
        headers: redrives === null ? own : redriven(own, { stream: redrives.bad, shard, offset }),
        timestamp: timestamps === 'original' ? timestamp : now,
      };
    },
  };
}

type Selects = (record: Pick<LogRecord, 'key' | 'timestamp'>) => boolean;

export function createSelection({ from, until, keys }: SelectionOptions): Selects {
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

/** The shard into which an event of a shard goes: the same wherever and whenever it is asked. A bad event goes back to where it was. */
export function shardFor(
  shard: number,
  { key, headers }: Pick<LogRecord, 'key' | 'headers'>,
  shards: { source: number; target: number },
  redrives: PassingOptions['redrives'],
): number {
  if (redrives !== null) {
    const from = shardCameFrom(headers);
    if (from !== null && from < shards.target) return from;
  } else if (shards.source === shards.target) {
    return shard;
  }
  return key === null ? shard % shards.target : shardForKey(key, shards.target);
}
