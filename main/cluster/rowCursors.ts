/**
 * From a row number to places in the shards. Rows are counted in append order over several shards; per shard, append times rise
 * strictly from batch to batch. So the number of rows before a time is a sum over the shards of one index look-up each, and the
 * time to begin at is found by halving. What is left, at most a few batches, the reader walks.
 */
import type { BatchMeta, Store } from '../log/index.ts';
import type { RowCursors, ShardCursor } from './brokerContract.ts';

/** A search that has come this near, rows, stops: walking on is cheaper than more look-ups. */
const NEAR_ENOUGH_ROWS = 512;

export function rowCursors(store: Store, shardIds: readonly number[], row: number): RowCursors {
  const known = new Map(store.shards().map((shard) => [shard.id, shard]));
  const shards = shardIds.flatMap((id) => known.get(id) ?? []);
  const firstRow = sum(shards.map((shard) => Number(shard.recordsTrimmed)));
  const endRow = sum(shards.map((shard) => Number(shard.recordsTotal)));
  const totals = new Map(shards.map((shard) => [shard.id, Number(shard.recordsTotal)]));

  const cursorsAt = (time: bigint): ShardCursor[] => timeCursors(store, shardIds, time);
  const rowAt = (cursors: ShardCursor[]): number => sum(cursors.map(({ shardId, batch }) => (batch ? Number(batch.recordsBefore) : (totals.get(shardId) ?? 0))));

  if (row >= endRow) return { row: endRow, firstRow, endRow, cursors: shardIds.map((shardId) => ({ shardId, batch: null })) };
  let low = 0n;
  let best = cursorsAt(low);
  let bestRow = rowAt(best);
  let high = shards.reduce((latest, shard) => (shard.lastAppendTimeUs > latest ? shard.lastAppendTimeUs : latest), 0n) + 1n;
  // Begin at the first batch there is, not at the year 1970.
  low = earliest(best) ?? low;
  while (high - low > 1n && row - bestRow > NEAR_ENOUGH_ROWS) {
    const middle = (low + high) / 2n;
    const cursors = cursorsAt(middle);
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

/** For each shard its first batch that was appended at `time` (microseconds) or later. */
export function timeCursors(store: Store, shardIds: readonly number[], time: bigint): ShardCursor[] {
  return shardIds.map((shardId) => ({ shardId, batch: store.locate(shardId, { appendTimeUs: time }) }));
}

function earliest(cursors: ShardCursor[]): bigint | undefined {
  return cursors.flatMap(({ batch }) => batch ?? []).reduce<bigint | undefined>((least, batch: BatchMeta) => (least === undefined || batch.appendTimeUs < least ? batch.appendTimeUs : least), undefined);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
