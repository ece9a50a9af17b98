/** Places along a lane, from 0 at the start of a shard to 1 at its end, readers' marks, and how fast the shard grows. */
import type { ShardSummary } from '../../../../main/api/streams.ts';
import type { Mark } from './streamView.svelte.ts';

type Ends = Pick<ShardSummary, 'startOffset' | 'endOffset'>;
/** Parts that a lane is divided into; finer than its pixels. */
const STEPS = 100_000;

export function placeOf({ startOffset, endOffset }: Ends, offset: bigint): number {
  const length = endOffset - startOffset;
  if (length <= 0n) return 0;
  return clamp(Number(((offset - startOffset) * BigInt(STEPS)) / length) / STEPS);
}

/** The offset at a place: one that the shard can hold. */
export function offsetAt({ startOffset, endOffset }: Ends, place: number): bigint {
  const length = endOffset - startOffset;
  const offset = startOffset + (length * BigInt(Math.round(clamp(place) * STEPS))) / BigInt(STEPS);
  return offset >= endOffset && length > 0n ? endOffset - 1n : offset;
}

/** Readers whose marks are drawn as one, being closer than this part of the lane, percent. */
const TOGETHER_PERCENT = 1.6;

export interface MarkGroup {
  /** Percent of the lane. */
  left: number;
  own: boolean;
  readers: Mark[];
}

/** Marks in their order, those that would cover each other together. This screen's readers keep apart from others'. */
export function markGroups(marks: readonly Mark[], leftOf: (mark: Mark) => number): MarkGroup[] {
  const groups: MarkGroup[] = [];
  for (const mark of marks) {
    const left = leftOf(mark);
    const group = groups.find((one) => one.own === mark.own && Math.abs(one.left - left) < TOGETHER_PERCENT);
    if (group) group.readers.push(mark);
    else groups.push({ left, own: mark.own, readers: [mark] });
  }
  return groups;
}

const clamp = (place: number): number => (Number.isFinite(place) ? Math.min(Math.max(0, place), 1) : 0);

/** Over how long the rate is taken, milliseconds. */
const RATE_SPAN_MS = 3_000;
/** News come in bursts: what came within less than this is taken as what came in it, milliseconds. */
const RATE_LEAST_MS = 1_000;
/** Without news for this long nothing arrives any more. */
const RATE_STALE_MS = 3_000;

/** Events per second by how the count of a shard's events grows; within a second or two a figure that can be read. */
export class ShardRate {
  perSecond = $state(0);
  #seen: { events: number; at: number }[] = [];
  #stale: ReturnType<typeof setTimeout> | undefined;

  saw(events: number, at: number): void {
    const last = this.#seen.at(-1);
    if (last?.events === events) return;
    clearTimeout(this.#stale);
    this.#seen = [...this.#seen.filter((sample) => at - sample.at <= RATE_SPAN_MS), { events, at }];
    const first = this.#seen[0]!;
    this.perSecond = (Math.max(0, events - first.events) * 1000) / Math.max(at - first.at, RATE_LEAST_MS);
    this.#stale = setTimeout(() => {
      this.perSecond = 0;
      this.#seen = this.#seen.slice(-1);
    }, RATE_STALE_MS);
  }
}
