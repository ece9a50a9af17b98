/** Two columns of a rehearsal, compared. */
import type { Told } from './rehearsalPositions.ts';

/** Differences of two columns that are told in one answer, and examples of each kind in a summary. */
export const DIFFERENCES_TOLD_MAX = 200;
export const EXAMPLES_MAX = 20;
/** Differences of two columns that can be told one by one; of more the positions are known. */
export const DIFFERENCES_KEPT_MAX = 100_000;
/** Emissions of one column that wait for their counterparts of the other; where there are more, the comparison stops, and says where. */
export const UNMATCHED_MAX = 1_000_000;
/** Comparisons that a rehearsal holds; the one that was asked for longest ago leaves first. */
export const COMPARISONS_MAX = 10;

/**
 * The n-th emission of `a` with this output and key against the n-th of `b`:
 *
 * same     value and headers are equal, wherever they were emitted
 * differs  they are not; it stands at the later of the two
 * missing  `a` has it, `b` has not
 * extra    `b` has it, `a` has not
 */
export type DifferenceKind = 'differs' | 'missing' | 'extra';

export interface Difference {
  kind: DifferenceKind;
  output: string;
  key: string | null;
  /** Where it stands, and where each side has emitted it. */
  position: number;
  a: { position: number; text: Told | null; timestamp: number | null } | null;
  b: { position: number; text: Told | null; timestamp: number | null } | null;
}

/** With the event at whose position it stands: the one that the later side has done it at, or that made time go on so far. */
export interface ListedDifference extends Difference {
  event: { stream: string; shard: number; offset: bigint } | null;
}

export interface Comparison {
  a: number;
  b: number;
  /** Both are compared up to here; as far as both have come, or where `problem` says why not. */
  upTo: number;
  /** Both have ended, and all was compared: what is missing or extra stays so. */
  isOver: boolean;
  problem: string | null;
  /** By output. `moved`: of the same ones, those that were emitted at another position. */
  outputs: { output: string; same: number; moved: number; differs: number; missing: number; extra: number }[];
  first: number | null;
  last: number | null;
  /** The first ones of each kind. */
  examples: Difference[];
}
