/** Where a reader stands: the next offset to read, per shard. */
import type { EventRow } from '../../../../main/api/events.ts';
import type { Position } from '../../../../main/api/values.ts';

/** Rows above the last visible one among which each shard's position is looked for. */
const ROWS_LOOKED_AT = 400;

/** The offset after the last event of each shard above row `end`. */
export function positionsAbove(end: number, row: (row: number) => EventRow | undefined): Position[] {
  const seen = new Map<number, bigint>();
  for (let at = end - 1; at >= Math.max(0, end - ROWS_LOOKED_AT); at--) {
    const event = row(at);
    if (event && !seen.has(event.shard)) seen.set(event.shard, event.offset + 1n);
  }
  return positionsOf(seen);
}

/** Shards that are not seen keep their position. The same array where nothing moved. */
export function moved(positions: readonly Position[], seen: readonly Position[]): readonly Position[] {
  const next = new Map(positions.map(({ shard, offset }) => [shard, offset]));
  if (seen.every(({ shard, offset }) => next.get(shard) === offset)) return positions;
  for (const { shard, offset } of seen) next.set(shard, offset);
  return positionsOf(next);
}

const positionsOf = (offsets: ReadonlyMap<number, bigint>): Position[] =>
  [...offsets].map(([shard, offset]) => ({ shard, offset })).sort((a, b) => a.shard - b.shard);
