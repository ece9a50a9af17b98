/** One slice of verifying a shard, in its broker: small enough to leave appends their turn. */
import { LabError } from '../api/errors.ts';
import { decodeStored, type Log, type StoredBatch } from '../log/index.ts';
import type { CheckedSlice, DamagedBatch } from './brokerContract.ts';

/** Batches that a slice reads, bytes; about 5 ms. */
const SLICE_BYTES_MAX = 512 * 1024;

/** Checks batches from an offset on. Throws `no-such-shard`; an offset that was trimmed meanwhile counts as the start. */
export function checkSlice(log: Log, shardId: number, from: bigint): CheckedSlice {
  const shard = log.shards().find(({ id }) => id === shardId);
  if (!shard) throw new LabError('no-such-shard', `This broker has no shard with the id ${shardId}.`);
  const start = from > shard.startOffset ? from : shard.startOffset;
  try {
    const { batches } = log.reader.read(shardId, start, { upTo: 'highWatermark', bytesMax: SLICE_BYTES_MAX });
    return {
      batches: batches.length,
      bytes: batches.reduce((sum, batch) => sum + batch.sizeBytes, 0),
      damaged: batches.flatMap(damageOf),
      next: batches.length === 0 ? null : batches.at(-1)!.lastOffset + 1n,
    };
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'file-unreadable') throw error;
    return unreadable(log, shardId, start, shard.nextOffset);
  }
}

function damageOf(batch: StoredBatch): DamagedBatch[] {
  try {
    decodeStored(batch);
    return [];
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return [{ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset, reason: error.message }];
  }
}

/** Pages of the file can not be read: which batch lies there is told by its row, where at least that can be. */
function unreadable(log: Log, shardId: number, from: bigint, end: bigint): CheckedSlice {
  try {
    // The first one can be read: it alone is the slice, and the next slice begins behind it.
    const [batch] = log.reader.read(shardId, from, { upTo: 'highWatermark', bytesMax: 0 }).batches;
    if (!batch) return { batches: 0, bytes: 0, damaged: [], next: null };
    return { batches: 1, bytes: batch.sizeBytes, damaged: damageOf(batch), next: batch.lastOffset + 1n };
  } catch {
    const reason = 'Its bytes can not be read from the file.';
    try {
      const batch = log.reader.locate(shardId, { offset: from });
      if (!batch) return { batches: 0, bytes: 0, damaged: [], next: null };
      const damaged = [{ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset, reason }];
      return { batches: 1, bytes: batch.sizeBytes, damaged, next: batch.lastOffset + 1n };
    } catch {
      const damaged = [{ firstOffset: from, lastOffset: end - 1n, reason: 'From here on the file can not be read.' }];
      return { batches: 0, bytes: 0, damaged, next: null };
    }
  }
}
