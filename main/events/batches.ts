/** Decoded batches, read once and kept while they are near: a page that scrolls asks for the same ones again and again. */
import { LabError } from '../api/errors.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { compressionOf, decodeStored, type LogRecord, type StoredBatch } from '../log/index.ts';

/** Memory of batches that are kept decoded, bytes. */
const BATCH_CACHE_BYTES_MAX = 32 * 1024 * 1024;
/** What a decoded record takes beside its bytes; of small ones it is most. */
const DECODED_RECORD_BYTES = 256;

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
  /** A batch that is kept, by the offset it begins with. */
  kept(place: ShardPlace, baseOffset: bigint): DecodedBatch | null;
  /** The batch that holds the offset, or the next one after a gap, and those behind it, up to `bytesMax`; none at the shard's end. */
  fetch(place: ShardPlace, offset: bigint, bytesMax: number): Promise<StoredBatch[]>;
  decode(place: ShardPlace, stored: StoredBatch): DecodedBatch;
}

export function createBatchReader(cluster: Pick<Cluster, 'fetch'>): BatchReader {
  /** By place, in the order in which they were last asked for. */
  const cache = new Map<string, DecodedBatch>();
  let bytes = 0;

  function keep(key: string, batch: DecodedBatch): void {
    cache.set(key, batch);
    bytes += memoryOf(batch);
    for (const [oldest, old] of cache) {
      if (bytes <= BATCH_CACHE_BYTES_MAX || oldest === key) break;
      cache.delete(oldest);
      bytes -= memoryOf(old);
    }
  }

  function kept(place: ShardPlace, baseOffset: bigint): DecodedBatch | null {
    const key = keyOf(place, baseOffset);
    const found = cache.get(key);
    if (!found) return null;
    cache.delete(key);
    cache.set(key, found);
    return found;
  }

  return {
    kept,
    fetch: async (place, offset, bytesMax) => (await cluster.fetch(place, offset, bytesMax)).batches,
    decode(place, stored) {
      const known = kept(place, stored.baseOffset);
      if (known) return known;
      const decoded = decode(place, stored);
      keep(keyOf(place, stored.baseOffset), decoded);
      return decoded;
    },
  };
}

/** The batch that holds the offset, or the next one after a gap; null at the shard's end. */
export async function batchAt(reader: BatchReader, place: ShardPlace, offset: bigint): Promise<DecodedBatch | null> {
  const kept = reader.kept(place, offset);
  if (kept) return kept;
  const [stored] = await reader.fetch(place, offset, 0);
  return stored ? reader.decode(place, stored) : null;
}

/** The records are views of the batch's bytes, or, where it is compressed, of what came out of it. */
function memoryOf({ stored, records }: DecodedBatch): number {
  const decompressed = records[0] && compressionOf(stored.attributes) !== 'none' ? decompressedBytes(records) : 0;
  return stored.sizeBytes + decompressed + records.length * DECODED_RECORD_BYTES;
}

function decompressedBytes(records: readonly LogRecord[]): number {
  return records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0);
}

function keyOf(place: ShardPlace, baseOffset: bigint): string {
  return `${place.brokerId}/${place.shardId}/${baseOffset}`;
}

function decode(place: ShardPlace, stored: StoredBatch): DecodedBatch {
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
