/**
 * Counts by record timestamp, in the broker that holds the shards. They go down the summaries of batches (log/store/timeIndex.ts) only where
 * one lies over a bound between two buckets: the widest first, those in which most events could be counted wrong before the others. At the
 * bottom stand single batches, which are decoded. Both ends at a limit; what is open then is spread evenly between its two times, and said.
 *
 * So the cost is bounded by the limits, and grows with the logarithm of the log and with the buckets, never with the events.
 */
import { NO_TIMESTAMP } from '../api/time.ts';
import type { StoreReader, TimePart } from '../log/index.ts';

/** What one answer reads at most. */
export const TIME_COUNTS_LIMITS = {
  /** Summaries and rows of batches, below the widest ones. */
  parts: 4_096,
  /** Records of batches that are decoded. */
  records: 32_768,
  /** And the bytes of those batches. */
  bytes: 8 * 1024 * 1024,
};
/** The thread is given back after so long, milliseconds. */
const SLICE_MS = 4;

/** Equal stretches of time, the first beginning at `from`, milliseconds. */
export interface Buckets {
  from: bigint;
  bucketMs: bigint;
  buckets: number;
}

/** What of one shard falls where (api/histogram.ts). */
export interface TimeCounts {
  counts: number[];
  before: number;
  after: number;
  timeless: number;
  spread: number;
}

/** The earliest and the latest timestamp of a shard, as its summaries know them: of what was trimmed, too, they may still tell. */
export interface TimeExtent {
  min: bigint;
  max: bigint;
  records: number;
}

/** What of a StoreReader is asked. */
type TimeReader = Pick<StoreReader, 'timeParts' | 'timestamps'>;

interface OpenPart extends TimePart {
  shardId: number;
}

/** Null where the shard is empty. Throws `no-such-shard`. */
export function timeExtent(reader: TimeReader, shardId: number): TimeExtent | null {
  let extent: TimeExtent | null = null;
  for (const { minTimestamp, maxTimestamp, records } of reader.timeParts(shardId)) {
    extent = extent
      ? {
          min: minTimestamp < extent.min ? minTimestamp : extent.min,
          max: maxTimestamp > extent.max ? maxTimestamp : extent.max,
          records: extent.records + records,
        }
      : { min: minTimestamp, max: maxTimestamp, records };
  }
  return extent;
}

/** In the order of the shards. Throws `no-such-shard`. */
export async function timeCounts(
  reader: TimeReader,
  shardIds: readonly number[],
  buckets: Buckets,
  limits = TIME_COUNTS_LIMITS,
): Promise<TimeCounts[]> {
  const tallies = new Map(shardIds.map((id) => [id, new Tally(buckets)]));
  const pause = breather();
  let open: OpenPart[] = [];
  const sort = (shardId: number, parts: readonly TimePart[]): OpenPart[] =>
    parts.flatMap((part) => (tallies.get(shardId)!.takes(part) ? [] : { ...part, shardId }));

  for (const shardId of shardIds) {
    open.push(...sort(shardId, reader.timeParts(shardId)));
    await pause();
  }
  let partsRead = 0;
  for (let level = open.reduce((top, part) => Math.max(top, part.level), 0); level > 0; level--) {
    const wide = heaviest(
      open.filter((part) => part.level === level),
      buckets,
    );
    const next = open.filter((part) => part.level < level);
    for (const part of wide) {
      await pause();
      if (partsRead >= limits.parts) {
        tallies.get(part.shardId)!.spread(part);
        continue;
      }
      const parts = reader.timeParts(part.shardId, part);
      partsRead += parts.length;
      next.push(...sort(part.shardId, parts));
    }
    open = next;
  }

  let [records, bytes] = [0, 0];
  for (const batch of heaviest(open, buckets)) {
    await pause();
    const tally = tallies.get(batch.shardId)!;
    [records, bytes] = [records + batch.records, bytes + batch.bytes];
    const isNear = records <= limits.records && bytes <= limits.bytes;
    const timestamps = isNear ? reader.timestamps(batch.shardId, batch.firstOffset) : null;
    if (timestamps) for (const timestamp of timestamps) tally.add(timestamp);
    else tally.spread(batch);
  }
  return shardIds.map((id) => tallies.get(id)!.result);
}

/** Those in which most events could be counted wrong come first. */
function heaviest(parts: readonly OpenPart[], { bucketMs }: Buckets): OpenPart[] {
  const weight = ({ records, minTimestamp, maxTimestamp }: OpenPart): number =>
    records * (Number(maxTimestamp - minTimestamp) / Number(bucketMs) + 1);
  return parts
    .map((part) => ({ part, weight: weight(part) }))
    .sort((a, b) => b.weight - a.weight)
    .map(({ part }) => part);
}

/** Gives the thread to others every SLICE_MS. */
function breather(): () => Promise<void> | void {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE_MS) return;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now();
        resolve();
      }),
    );
  };
}

/** The counts of one shard as they come together. */
class Tally {
  readonly result: TimeCounts;
  readonly #from: bigint;
  readonly #bucketMs: bigint;
  readonly #to: bigint;

  constructor({ from, bucketMs, buckets }: Buckets) {
    this.#from = from;
    this.#bucketMs = bucketMs;
    this.#to = from + bucketMs * BigInt(buckets);
    this.result = { counts: new Array<number>(buckets).fill(0), before: 0, after: 0, timeless: 0, spread: 0 };
  }

  /** Counts all of a part where it all belongs to one place; false where it does not. */
  takes({ minTimestamp, maxTimestamp, records }: TimePart): boolean {
    const place = this.#placeOf(minTimestamp);
    if (
      place !== this.#placeOf(maxTimestamp) ||
      (minTimestamp !== maxTimestamp && minTimestamp <= NO_TIMESTAMP && maxTimestamp >= NO_TIMESTAMP)
    )
      return false;
    this.#put(place, records);
    return true;
  }

  add(timestamp: bigint): void {
    this.#put(this.#placeOf(timestamp), 1);
  }

  /** Evenly between the first and the last time of a part. */
  spread({ minTimestamp, maxTimestamp, records }: TimePart): void {
    const { result } = this;
    const perMs = records / (Number(maxTimestamp - minTimestamp) + 1);
    const share = (from: bigint, to: bigint): number => (to > from ? Number(to - from) * perMs : 0);
    const end = maxTimestamp + 1n;
    result.before += share(minTimestamp, smaller(end, this.#from));
    result.after += share(greater(minTimestamp, this.#to), end);
    const [from, to] = [greater(minTimestamp, this.#from), smaller(end, this.#to)];
    for (let at = from; at < to;) {
      const bucket = (at - this.#from) / this.#bucketMs;
      const next = smaller(to, this.#from + (bucket + 1n) * this.#bucketMs);
      result.counts[Number(bucket)]! += share(at, next);
      at = next;
    }
    result.spread += records;
  }

  #placeOf(timestamp: bigint): number | 'before' | 'after' | 'timeless' {
    if (timestamp === NO_TIMESTAMP) return 'timeless';
    if (timestamp < this.#from) return 'before';
    return timestamp >= this.#to ? 'after' : Number((timestamp - this.#from) / this.#bucketMs);
  }

  #put(place: number | 'before' | 'after' | 'timeless', records: number): void {
    if (typeof place === 'number') this.result.counts[place]! += records;
    else this.result[place] += records;
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);
