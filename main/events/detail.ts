/** One event in full, with its batch and the reason why it is in its shard. */
import { LabError } from '../api/errors.ts';
import type { BatchInfo, EventDetail, Placement } from '../api/events.ts';
import { murmur2, shardForKey } from '../api/murmur2.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { compressionOf, decodeBatchHeader, recordBytes, type StoredBatch } from '../log/index.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import { batchAt, type BatchReader } from './batches.ts';
import { standing } from './standing.ts';

export async function eventDetail(
  cluster: Cluster,
  reader: BatchReader,
  stream: StreamPlaces,
  place: ShardPlace,
  offset: bigint,
): Promise<EventDetail> {
  const meta = await cluster.batchAt(place, offset);
  const batch = meta && offset >= meta.baseOffset && offset <= meta.lastOffset ? await batchAt(reader, place, meta.baseOffset) : null;
  if (batch?.damaged) throw new LabError('batch-damaged', batch.damaged);
  const indexInBatch = batch?.records.findIndex((record) => record.offset === offset) ?? -1;
  const record = batch?.records[indexInBatch];
  if (!batch || !record)
    throw new LabError('no-such-event', `Shard ${place.number} of “${stream.name}” holds no event at offset ${offset}.`);
  return {
    stream: stream.name,
    shard: place.number,
    offset,
    ...(await standing(cluster, reader, stream.shards, place, offset)),
    timestamp: record.timestamp,
    appendedAt: Number(batch.stored.appendTimeUs / 1000n),
    key: record.key,
    value: record.value,
    headers: record.headers,
    indexInBatch,
    batch: batchInfo(batch.stored),
    placement: placement(record.key, place.number, stream.shards.length),
    raw: recordBytes(batch.stored.bytes, indexInBatch),
  };
}

function batchInfo(stored: StoredBatch): BatchInfo {
  const header = decodeBatchHeader(stored.bytes);
  return {
    baseOffset: stored.baseOffset,
    lastOffset: stored.lastOffset,
    records: stored.recordCount,
    bytes: stored.sizeBytes,
    codec: compressionOf(stored.attributes),
    crc: header.crc,
    leaderEpoch: stored.leaderEpoch,
    producerId: stored.producerId,
    producerEpoch: stored.producerEpoch,
    firstSequence: stored.firstSequence,
    timestampType: (stored.attributes & TIMESTAMP_TYPE_BIT) === 0 ? 'create' : 'append',
  };
}

/** Bit 3 of a batch's attributes: the timestamps are the broker's, not the producers'. */
const TIMESTAMP_TYPE_BIT = 0x08;

function placement(key: Uint8Array | null, shard: number, shards: number): Placement {
  if (!key) return { by: 'producer' };
  const hash = murmur2(key);
  const keyShard = shardForKey(key, shards);
  return keyShard === shard ? { by: 'key', hash, shards, agrees: true } : { by: 'key', hash, shards, agrees: false, keyShard };
}
