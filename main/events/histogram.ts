/** Histograms by time (api/histogram.ts): which range to show, how wide its buckets are, and the counts of all shards. */
import { type Histogram, HISTOGRAM_BUCKETS_MAX, type HistogramRange } from '../api/histogram.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { Buckets, TimeCounts } from '../cluster/timeCounts.ts';

/** Where counts come from: the log's own timestamps, or an index of event times. */
export interface TimeSource {
  /** The earliest and the latest time, milliseconds; null where no event has one. May be too wide. */
  extent(): Promise<{ min: bigint; max: bigint } | null>;
  /** Of each shard, in one order. */
  counts(buckets: Buckets): Promise<{ shard: number; counted: TimeCounts }[]>;
}

/** Share of the events that may lie outside of the usual range. */
const FAR_OFF_SHARE = 0.02;
/** So many may in any case, of streams that have FAR_OFF_OF events or more: one of the year 718, one of 9999. */
const FAR_OFF_EVENTS = 2;
const FAR_OFF_OF = 10;
/** They are left out only where the rest is so much narrower then. */
const FAR_OFF_NARROWS = 4;
/** Buckets by which the usual range is sought, and how many of them it takes at least where the search ends. */
const [SEARCH_BUCKETS, SEARCH_ENDS_AT] = [120, 30];
/** Looks that the search takes at most: each narrows the range to a quarter or less, and 64 bits of milliseconds have 32 quarters. */
const SEARCH_LOOKS_MAX = 32;
/** A range is at least this wide, milliseconds: a single event stands in it as a bar, not as a wall. */
const RANGE_MS_MIN = 60_000n;

const INT64_MAX = 2n ** 63n - 1n;
const [SECOND, MINUTE, HOUR, DAY] = [1_000n, 60_000n, 3_600_000n, 86_400_000n];
/** Widths of buckets that people read with ease; beyond a day one, two and five of each power of ten of days. */
const WIDTHS = [
  ...[1n, 2n, 5n, 10n, 20n, 50n, 100n, 200n, 500n],
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * SECOND),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * MINUTE),
  ...[1n, 2n, 3n, 6n, 12n].map((count) => count * HOUR),
  ...Array.from({ length: 12 }, (_, power) => [1n, 2n, 5n].map((count) => count * 10n ** BigInt(power) * DAY)).flat(),
];

export async function histogram(source: TimeSource, range: HistogramRange, bucketsMax: number): Promise<Histogram> {
  const bounds = range.by === 'range' ? ordered(range.from, range.to) : await soughtRange(source, range.by);
  if (!bounds) {
    const empty = await source.counts({ from: 0n, bucketMs: 1n, buckets: 2 });
    return { ...inAll(empty), from: 0n, to: 0n, bucketMs: 1n, shards: empty.map(({ shard }) => ({ shard, counts: [] })) };
  }
  const buckets = bucketsOf(bounds, bucketsMax);
  const counted = await source.counts(buckets);
  return {
    ...inAll(counted),
    from: buckets.from,
    to: buckets.from + BigInt(buckets.buckets) * buckets.bucketMs,
    bucketMs: buckets.bucketMs,
    shards: counted.map(({ shard, counted: { counts } }) => ({ shard, counts })),
  };
}

/** The timestamps of the log. */
export function timestampSource(cluster: Cluster, places: ShardPlace[]): TimeSource {
  return {
    async extent() {
      const known = (await cluster.timeExtents(places)).filter((each) => each !== null);
      const extents = known.filter(({ min, max }) => min !== NO_TIMESTAMP || max !== NO_TIMESTAMP);
      if (extents.length === 0) return null;
      return {
        min: extents.reduce((least, { min }) => (min < least ? min : least), INT64_MAX),
        max: extents.reduce((most, { max }) => (max > most ? max : most), -INT64_MAX),
      };
    },
    async counts(buckets) {
      const counts = await cluster.timeCounts(places, buckets);
      return counts.map((counted, index) => ({ shard: places[index]!.number, counted }));
    },
  };
}

interface Bounds {
  from: bigint;
  /** Not included. */
  to: bigint;
}

const ordered = (from: bigint, to: bigint): Bounds => (from < to ? { from, to } : { from: to, to: from + 1n });

/** The whole range, or the usual one: again and again the fewest buckets that leave no more out than may be. */
async function soughtRange(source: TimeSource, by: 'usual' | 'all'): Promise<Bounds | null> {
  const extent = await source.extent();
  if (!extent) return null;
  let bounds: Bounds = { from: extent.min, to: extent.max + 1n };
  for (let look = 0; look < SEARCH_LOOKS_MAX && bounds.to - bounds.from > RANGE_MS_MIN; look++) {
    const { from, bucketMs, buckets } = bucketsOf(bounds, SEARCH_BUCKETS);
    const counted = await source.counts({ from, bucketMs, buckets });
    const { before, after } = inAll(counted);
    const counts = Array.from({ length: buckets }, (_, at) => counted.reduce((sum, { counted: { counts } }) => sum + counts[at]!, 0));
    const within = counts.reduce((sum, count) => sum + count, 0);
    // Where nothing has a time after all, as the summaries could not know.
    if (within + before + after === 0) return null;
    const mayMiss = by === 'all' ? 0 : mayBeFarOff(within + before + after) - before - after;
    const whole = fewestBuckets(counts, within, 0);
    const near = fewestBuckets(counts, within, Math.max(0, mayMiss));
    const [first, last] = lengthOf(near) * FAR_OFF_NARROWS <= lengthOf(whole) ? near : whole;
    const [start, end] = [from + BigInt(first) * bucketMs, from + BigInt(last + 1) * bucketMs];
    bounds = { from: start > extent.min ? start : extent.min, to: end <= extent.max ? end : extent.max + 1n };
    if (last - first + 1 >= SEARCH_ENDS_AT) break;
  }
  return atLeast(bounds, RANGE_MS_MIN);
}

/** As wide as it is, or widened at both sides. */
function atLeast({ from, to }: Bounds, widthMs: bigint): Bounds {
  const missing = widthMs - (to - from);
  return missing <= 0n ? { from, to } : { from: from - missing / 2n, to: to + missing / 2n };
}

const lengthOf = ([first, last]: [number, number]): number => last - first + 1;

function mayBeFarOff(events: number): number {
  return Math.max(Math.floor(events * FAR_OFF_SHARE), events >= FAR_OFF_OF ? FAR_OFF_EVENTS : 0);
}

/** The shortest run of buckets beside which no more than `mayMiss` of all are. */
export function fewestBuckets(counts: readonly number[], total: number, mayMiss: number): [first: number, last: number] {
  // Sums of fractions are not quite exact.
  const needed = total - mayMiss - 1e-6;
  let best: [number, number] = [0, counts.length - 1];
  let held = 0;
  let first = 0;
  for (const [last, count] of counts.entries()) {
    held += count;
    while (first < last && held - counts[first]! >= needed) held -= counts[first++]!;
    if (held >= needed && last - first < best[1] - best[0]) best = [first, last];
  }
  return best;
}

/** Buckets of a readable width, at whole multiples of it, that cover a range. */
export function bucketsOf({ from, to }: Bounds, bucketsMax: number): Buckets {
  for (const bucketMs of WIDTHS) {
    const first = floorDivided(from, bucketMs);
    const count = floorDivided(to - 1n, bucketMs) - first + 1n;
    if (count <= BigInt(Math.min(bucketsMax, HISTOGRAM_BUCKETS_MAX))) return { from: first * bucketMs, bucketMs, buckets: Number(count) };
  }
  // The widest, half a million million days, is wider than what 64 bits of milliseconds hold.
  throw new RangeError(`Buckets of ${WIDTHS.at(-1)} ms are too narrow for ${bucketsMax} of them.`);
}

function floorDivided(value: bigint, by: bigint): bigint {
  const divided = value / by;
  return value < 0n && divided * by !== value ? divided - 1n : divided;
}

function inAll(counted: readonly { counted: TimeCounts }[]): Pick<Histogram, 'before' | 'after' | 'timeless' | 'spread'> {
  const all = { before: 0, after: 0, timeless: 0, spread: 0 };
  for (const { counted: each } of counted) {
    all.before += each.before;
    all.after += each.after;
    all.timeless += each.timeless;
    all.spread += each.spread;
  }
  return all;
}
