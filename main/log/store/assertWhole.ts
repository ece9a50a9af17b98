/**
 * What is looked at when a file is opened. SQLite keeps no checksum of the pages of a file, so a bit that flipped in a shard's row would
 * give offsets twice, or events to another shard. Each row is therefore held against its index, and against the first and the last batch of
 * its shard: a few look-ups a shard, however long the log is.
 */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { BatchIndex } from './batchIndex.ts';
import type { ShardState, ShardTable } from './shardTable.ts';

/** Throws `file-unreadable`. */
export function assertWhole(db: Database.Database, shards: ShardTable, path: string): void {
  // Of one small table: its rows against its index, and against what the schema says of them.
  const found = db.pragma('integrity_check(shard)', { simple: true }) as string;
  if (found !== 'ok') throw damaged(path, `its table of shards is not whole (${found})`);
  const index = new BatchIndex(db);
  for (const shard of shards.list()) {
    const why = contradiction(shard, index);
    if (why !== null) throw damaged(path, `${nameOf(shard)} ${why}`);
  }
}

export function damaged(path: string, why: string): LabError {
  return new LabError('file-unreadable', `The file ${path} is damaged: ${why}.`);
}

export const nameOf = ({ number, stream }: ShardState): string => `shard ${number} of stream ${stream}`;

function contradiction(shard: ShardState, index: BatchIndex): string | null {
  const { id, startOffset, nextOffset, recordsTotal, recordsTrimmed } = shard;
  const [first] = index.forward(shard, { offset: 0n }, 1);
  const [last] = index.backward(shard, { offset: 2n ** 63n - 1n }, 1);
  if (!first || !last) {
    return startOffset === nextOffset && recordsTrimmed === recordsTotal ? null : `holds offsets up to ${nextOffset}, but no batch`;
  }
  if (first.shardId !== id || first.baseOffset < startOffset || first.recordsBefore !== recordsTrimmed) {
    return `begins at offset ${startOffset}, its first batch at ${first.baseOffset}, and they do not agree`;
  }
  if (last.lastOffset + 1n !== nextOffset || last.recordsBefore + BigInt(last.recordCount) !== recordsTotal) {
    return `ends before offset ${nextOffset}, its last batch at ${last.lastOffset}, and they do not agree`;
  }
  return null;
}
