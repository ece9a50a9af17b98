/** The bars of a histogram as outlines: a few paths, however many buckets and shards there are. */
import type { Histogram } from '../../../../main/api/histogram.ts';
import { SHARD_COLOURS, shardColour } from '../../ui/shards.ts';

/** Least height of a bucket with anything in it, pixels. */
const BAR_MIN = 1.5;

export interface BarPath {
  key: string;
  colour: string;
  inside: boolean;
  d: string;
}

export interface TimeSpan {
  from: bigint;
  /** Not included. */
  to: bigint;
}

/** Events of all shards in each bucket. */
export function bucketTotals({ shards }: Histogram): number[] {
  const buckets = shards[0]?.counts.length ?? 0;
  return Array.from({ length: buckets }, (_, at) => shards.reduce((sum, { counts }) => sum + counts[at]!, 0));
}

/** Above so many shards colours would come twice: then all are one. */
export const isByShard = ({ shards }: Histogram): boolean => shards.length <= SHARD_COLOURS;

/** Shards stand on each other from 0 up. What lies in the selection is apart from what does not; without one, all is in it. */
export function barPaths(histogram: Histogram, width: number, height: number, selection: TimeSpan | null): BarPath[] {
  const totals = bucketTotals(histogram);
  const highest = Math.max(...totals, 0);
  if (highest <= 0 || width <= 0) return [];
  const step = width / totals.length;
  const bar = step >= 3 ? step - 1 : step;
  const isInside = (at: number): boolean => {
    const from = histogram.from + BigInt(at) * histogram.bucketMs;
    return selection === null || (from < selection.to && from + histogram.bucketMs > selection.from);
  };
  const inside = totals.map((_, at) => isInside(at));
  const stacks = isByShard(histogram)
    ? [...histogram.shards]
        .sort((a, b) => a.shard - b.shard)
        .map(({ shard, counts }) => ({ key: String(shard), colour: shardColour(shard), counts }))
    : [{ key: 'all', colour: 'var(--accent)', counts: totals }];
  const tops = totals.map(() => height);
  const paths: BarPath[] = [];
  for (const { key, colour, counts } of stacks) {
    const parts = { true: '', false: '' };
    for (const [at, count] of counts.entries()) {
      if (count <= 0) continue;
      const tall = Math.max((count / highest) * height, tops[at] === height ? BAR_MIN : 0);
      tops[at]! -= tall;
      parts[`${inside[at]!}`] +=
        `M${(at * step).toFixed(2)} ${tops[at]!.toFixed(2)}h${bar.toFixed(2)}v${tall.toFixed(2)}h${(-bar).toFixed(2)}z`;
    }
    if (parts.true) paths.push({ key: `${key} in`, colour, inside: true, d: parts.true });
    if (parts.false) paths.push({ key: `${key} out`, colour, inside: false, d: parts.false });
  }
  return paths;
}
