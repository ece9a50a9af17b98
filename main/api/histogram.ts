/**
 * Histograms by time: how many events of each shard fall into each of a row of equal stretches of time. Buckets begin at whole multiples
 * of their width since 1970, so that a bucket keeps its bounds while the range around it grows.
 */
import * as v from 'valibot';
import { timestamp } from './values.ts';

/** Most buckets of one histogram. */
export const HISTOGRAM_BUCKETS_MAX = 240;

/**
 * What a histogram shows. `all`: from the earliest event to the latest. `usual`: the same without the few that lie so far off that the rest
 * would be squashed, an event of the year 718 among those of today. Or a range, `to` not included; its ends are moved out to whole buckets.
 */
export const histogramRange = v.variant('by', [
  v.strictObject({ by: v.literal('usual') }),
  v.strictObject({ by: v.literal('all') }),
  v.strictObject({ by: v.literal('range'), from: timestamp, to: timestamp }),
]);
export type HistogramRange = v.InferOutput<typeof histogramRange>;

/** At least two: one can not hold what lies around 1970, where buckets begin. */
export const bucketsMax = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(HISTOGRAM_BUCKETS_MAX));

export interface ShardCounts {
  shard: number;
  /** Events per bucket; a fraction where they are spread. */
  counts: number[];
}

export interface Histogram {
  /** Where the first bucket begins and the last ends, milliseconds since 1970. The same where there is no event with a time. */
  from: bigint;
  to: bigint;
  bucketMs: bigint;
  shards: ShardCounts[];
  /** Events before and after the range, and those that have no time. */
  before: number;
  after: number;
  timeless: number;
  /**
   * Events of which it is known between which two times they lie, but not in which bucket: they are spread evenly between the two. 0: every
   * count is exact.
   */
  spread: number;
}
