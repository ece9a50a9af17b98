/**
 * From a row number to places in the shards. Rows are counted in append order over several shards; per shard, append times rise
 * strictly from batch to batch. So the number of rows before a time is a sum over the shards of one index look-up each, and the
 * time to begin at is found by halving. What is left, at most a few batches, the reader walks.
 *
 * The same within one broker, which looks up in its own file, and over several, which are asked.
 */
import type { RowCursors, ShardCursor } from './brokerContract.ts';

/** A search that has come this near, rows, stops: walking on is cheaper than more look-ups. */
const NEAR_ENOUGH_ROWS = 512;

/** What is searched: shards, up to a time (microseconds) from which on nothing counts yet. */
export interface Searched {
  /** For each shard its first batch that was appended at a time or later. */
  cursorsAt(time: bigint): Promise<ShardCursor[]> | ShardCursor[];
  end: bigint;
}

export async function searchRow({ cursorsAt, end }: Searched, row: number): Promise<RowCursors> {
  const last = await cursorsAt(end);
  const endRow = rowAt(last);
  let low = 0n;
  let best = await cursorsAt(low);
  const firstRow = rowAt(best);
  if (row >= endRow) return { row: endRow, firstRow, endRow, cursors: last };

  let bestRow = firstRow;
  let high = end;
  // Begin at the first batch there is, not at the year 1970.
  low = earliest(best) ?? low;
  while (high - low > 1n && row - bestRow > NEAR_ENOUGH_ROWS) {
    const middle = (low + high) / 2n;
    const cursors = await cursorsAt(middle);
    const middleRow = rowAt(cursors);
    if (middleRow <= row) {
      best = cursors;
      bestRow = middleRow;
      // Between `middle` and the next batch nothing changes: go on from there.
      low = earliest(cursors) ?? middle;
      if (low < middle) low = middle;
      if (low >= high) break;
    } else {
      high = middle;
    }
  }
  return { row: bestRow, firstRow, endRow, cursors: best };
}

function rowAt(cursors: readonly ShardCursor[]): number {
  return cursors.reduce((sum, cursor) => sum + cursor.rowsBefore, 0);
}

function earliest(cursors: readonly ShardCursor[]): bigint | undefined {
  const times = cursors.flatMap(({ batch }) => batch?.appendTimeUs ?? []);
  return times.length === 0 ? undefined : times.reduce((least, time) => (time < least ? time : least));
}
