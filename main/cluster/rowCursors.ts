/** Places in the shards of one broker, by append time and by row. */
import { LabError } from '../api/errors.ts';
import type { Log, ShardState } from '../log/index.ts';
import type { RowCursors, ShardCursor } from './brokerContract.ts';
import { searchRow } from './rowSearch.ts';

/** Throws `no-such-shard`. */
export function rowCursors(log: Log, shardIds: readonly number[], row: number): Promise<RowCursors> {
  const shards = statesOf(log, shardIds);
  const end = shards.reduce((latest, shard) => (shard.lastAppendTimeUs > latest ? shard.lastAppendTimeUs : latest), 0n) + 1n;
  return searchRow({ cursorsAt: (time) => cursorsAt(log, shards, time), end }, row);
}

/** For each shard its first batch that was appended at `time` (microseconds) or later. Throws `no-such-shard`. */
export function timeCursors(log: Log, shardIds: readonly number[], time: bigint): ShardCursor[] {
  return cursorsAt(log, statesOf(log, shardIds), time);
}

/** The shards in the order asked. Throws `no-such-shard`. */
export function statesOf(log: Log, shardIds: readonly number[]): ShardState[] {
  const known = new Map(log.shards().map((shard) => [shard.id, shard]));
  return shardIds.map((id) => {
    const shard = known.get(id);
    if (shard) return shard;
    throw new LabError('no-such-shard', `This broker has no shard with the id ${id}.`);
  });
}

function cursorsAt(log: Log, shards: readonly ShardState[], time: bigint): ShardCursor[] {
  return shards.map((shard) => {
    const batch = log.reader.locate(shard.id, { appendTimeUs: time });
    // What was committed after the shards were as given lies behind their ends.
    if (!batch || batch.baseOffset >= shard.nextOffset) return cursorAtEnd(shard);
    return { shardId: shard.id, batch, rowsBefore: Number(batch.recordsBefore), endOffset: shard.nextOffset };
  });
}

function cursorAtEnd({ id, recordsTotal, nextOffset }: ShardState): ShardCursor {
  return { shardId: id, batch: null, rowsBefore: Number(recordsTotal), endOffset: nextOffset };
}
