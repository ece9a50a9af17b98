/** Decoded batches, read once and kept while they are near: a page that scrolls asks for the same ones again and again. */
import { LabError } from '../api/errors.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { decodeStored, type LogRecord, type StoredBatch } from '../log/index.ts';

/** Memory of batches that are kept decoded, bytes. */
export const BATCH_CACHE_BYTES_MAX = 32 * 1024 * 1024;
/** What a decoded record takes beside its bytes; of small ones it is most. */
const DECODED_RECORD_BYTES = 256;
/** Most bytes asked of a broker at once, unless a single batch is larger. */
export const FETCH_AHEAD_BYTES_MAX = 256 * 1024;

export interface DecodedBatch {
  place: ShardPlace;
  stored: StoredBatch;
  /** Empty where the batch is damaged. */
  records: LogRecord[];
  /** Per record the largest timestamp up to it in the batch: with it, order within a batch never goes back. */
  runningMax: bigint[];
  /** A sentence, where the batch is damaged. */
  damaged: string | null;
}

export interface BatchReader {
  /** The batch that holds the offset, or the next one after a gap; null at the shard's end. Reads those after it, too, up to `aheadBytes`. */
  at(place: ShardPlace, offset: bigint, aheadBytes?: number): Promise<DecodedBatch | null>;
}

export function createBatchReader(cluster: Cluster): BatchReader {
  const cache = new Map<string, DecodedBatch>();
  let bytes = 0;

  function keep(batch: DecodedBatch): void {
    const key = keyOf(batch.place, batch.stored.baseOffset);
    if (cache.has(key)) return;
    cache.set(key, batch);
    bytes += memoryOf(batch);
    for (const [oldest, old] of cache) {
      if (bytes <= BATCH_CACHE_BYTES_MAX || oldest === key) break;
      cache.delete(oldest);
      bytes -= memoryOf(old);
    }
  }

  function recall(place: ShardPlace, offset: bigint): DecodedBatch | null {
    const key = keyOf(place, offset);
    const found = cache.get(key);
    if (!found) return null;
    cache.delete(key);
    cache.set(key, found);
    return found;
  }

  return {
    async at(place, offset, aheadBytes = FETCH_AHEAD_BYTES_MAX) {
      const known = recall(place, offset);
      if (known) return known;
      const { batches } = await cluster.fetch(place, offset, aheadBytes);
      const decoded = batches.map((stored) => recall(place, stored.baseOffset) ?? decode(place, stored));
      decoded.forEach(keep);
      return decoded[0] ?? null;
    },
  };
}

function memoryOf({ stored, records }: DecodedBatch): number {
  return stored.sizeBytes + records.length * DECODED_RECORD_BYTES;
}

function keyOf(place: ShardPlace, baseOffset: bigint): string {
  return `${place.brokerId}/${place.shardId}/${baseOffset}`;
}

export function decode(place: ShardPlace, stored: StoredBatch): DecodedBatch {
  try {
    const records = decodeStored(stored);
    return { place, stored, records, runningMax: runningMaxima(records), damaged: null };
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'batch-damaged') throw error;
    return { place, stored, records: [], runningMax: [], damaged: damage(place, stored) };
  }
}

/** Which events can not be shown, in the words of the lab. */
export function damage(place: ShardPlace, { baseOffset, lastOffset }: Pick<StoredBatch, 'baseOffset' | 'lastOffset'>): string {
  return `Shard ${place.number}, offsets ${baseOffset} to ${lastOffset}: this record batch is damaged, its events can not be shown. The events around it are whole.`;
}

function runningMaxima(records: readonly LogRecord[]): bigint[] {
  let max = records[0]?.timestamp ?? 0n;
  return records.map((record) => (record.timestamp > max ? (max = record.timestamp) : max));
}
