/**
 * From a row number to places in the shards. Rows are counted in append order over several shards; per shard, append times rise
 * strictly from batch to batch. So the number of rows before a time is a sum over the shards of one index look-up each, and the
 * time to begin at is found by halving. What is left, at most a few batches, the reader walks.
 */
import { LabError } from '../api/errors.ts';
import type { ShardState, Store } from '../log/index.ts';
import type { RowCursors, ShardCursor } from './brokerContract.ts';

/** A search that has come this near, rows, stops: walking on is cheaper than more look-ups. */
const NEAR_ENOUGH_ROWS = 512;

/** Throws `no-such-shard`. */
export function rowCursors(store: Store, shardIds: readonly number[], row: number): RowCursors {
  const shards = statesOf(store, shardIds);
  const firstRow = sum(shards.map((shard) => Number(shard.recordsTrimmed)));
  const endRow = sum(shards.map((shard) => Number(shard.recordsTotal)));
  if (row >= endRow) return { row: endRow, firstRow, endRow, cursors: shards.map(cursorAtEnd) };

  let low = 0n;
  let best = cursorsAt(store, shards, low);
  let bestRow = rowAt(best);
  let high = shards.reduce((latest, shard) => (shard.lastAppendTimeUs > latest ? shard.lastAppendTimeUs : latest), 0n) + 1n;
  // Begin at the first batch there is, not at the year 1970.
  low = earliest(best) ?? low;
  while (high - low > 1n && row - bestRow > NEAR_ENOUGH_ROWS) {
    const middle = (low + high) / 2n;
    const cursors = cursorsAt(store, shards, middle);
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

/** For each shard its first batch that was appended at `time` (microseconds) or later. Throws `no-such-shard`. */
export function timeCursors(store: Store, shardIds: readonly number[], time: bigint): ShardCursor[] {
  return cursorsAt(store, statesOf(store, shardIds), time);
}

/** The shards in the order asked. Throws `no-such-shard`. */
export function statesOf(store: Store, shardIds: readonly number[]): ShardState[] {
  const known = new Map(store.shards().map((shard) => [shard.id, shard]));
  return shardIds.map((id) => {
    const shard = known.get(id);
    if (shard) return shard;
    throw new LabError('no-such-shard', `This broker has no shard with the id ${id}.`);
  });
}

function cursorsAt(store: Store, shards: readonly ShardState[], time: bigint): ShardCursor[] {
  return shards.map((shard) => {
    const batch = store.locate(shard.id, { appendTimeUs: time });
    return batch ? { shardId: shard.id, batch, rowsBefore: Number(batch.recordsBefore), endOffset: shard.nextOffset } : cursorAtEnd(shard);
  });
}

function cursorAtEnd({ id, recordsTotal, nextOffset }: ShardState): ShardCursor {
  return { shardId: id, batch: null, rowsBefore: Number(recordsTotal), endOffset: nextOffset };
}

function rowAt(cursors: readonly ShardCursor[]): number {
  return sum(cursors.map((cursor) => cursor.rowsBefore));
}

function earliest(cursors: readonly ShardCursor[]): bigint | undefined {
  const times = cursors.flatMap(({ batch }) => batch?.appendTimeUs ?? []);
  return times.length === 0 ? undefined : times.reduce((least, time) => (time < least ? time : least));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
