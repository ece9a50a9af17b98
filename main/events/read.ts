/** Whole ranges in append order, in chunks: what a consumer reads. */
import type { Gap, RangeFrom, RangeUntil, ReadChunk, ReadRecord } from '../api/events.ts';
import type { ShardBounds } from '../cluster/brokerContract.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { AppendOrder, type Placed, type Start } from './appendOrder.ts';
import type { BatchReader } from './batches.ts';

/** Records in one chunk. */
const CHUNK_RECORDS_MAX = 1_000;
/** Bytes of keys, values and headers after which a chunk is closed. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** The engine's thread is given back after this many events, also where none of them is in the range. */
const SLICE_EVENTS = 2_000;

/** "None": it is before and after no time. */
const NO_TIMESTAMP = -1n;

/**
 * Reads from `from` until `until`: both choose by offset per shard, or by the events' timestamps, or by count over all shards. `live`
 * and `count` wait for what is yet to come; everything else ends where the stream ends as the read begins.
 */
export async function* readRange(
  cluster: Cluster,
  reader: BatchReader,
  places: ShardPlace[],
  from: RangeFrom,
  until: RangeUntil,
  signal: AbortSignal,
): AsyncGenerator<ReadChunk> {
  const waits = until.at === 'live' || until.at === 'count';
  const bounds = await cluster.bounds(places);
  const starts = places.map((place, index) => startOf(place, bounds[index]!, from, until, waits));
  const merge = new AppendOrder(reader, starts);
  const news = listen(cluster);
  let left = until.at === 'count' ? until.count : Number.POSITIVE_INFINITY;
  try {
    while (!signal.aborted && left > 0) {
      const heard = news.heard();
      const chunk = await nextChunk(merge, left, (placed) => isWithin(placed, from, until));
      left -= chunk.records.length;
      if (chunk.records.length > 0 || chunk.gaps.length > 0) yield { records: chunk.records, gaps: chunk.gaps };
      if (!chunk.atEnd || left <= 0) continue;
      if (!waits) return;
      await news.after(heard, signal);
      merge.refresh();
    }
  } finally {
    news.close();
  }
}

/** What the brokers themselves say now: what the engine was last told may be a moment old. */
function startOf(place: ShardPlace, { startOffset, endOffset }: ShardBounds, from: RangeFrom, until: RangeUntil, waits: boolean): Start {
  const wanted = from.at === 'latest' ? endOffset : from.at === 'offset' ? from.offset : startOffset;
  const offset = wanted < startOffset ? startOffset : wanted > endOffset ? endOffset : wanted;
  const limit = until.at === 'offset' && until.offset < endOffset ? until.offset : endOffset;
  return { place, offset, until: waits ? null : limit };
}

interface Chunk extends ReadChunk {
  /** There was nothing more to read just now. */
  atEnd: boolean;
}

async function nextChunk(merge: AppendOrder, recordsMax: number, wanted: (placed: Placed) => boolean): Promise<Chunk> {
  const chunk: Chunk = { records: [], gaps: [], atEnd: false };
  let bytes = 0;
  for (let seen = 0; seen < SLICE_EVENTS && chunk.records.length < Math.min(recordsMax, CHUNK_RECORDS_MAX) && bytes < CHUNK_BYTES_MAX; seen++) {
    const placed = await merge.next();
    if (!placed) {
      chunk.atEnd = true;
      break;
    }
    if (!placed.record) {
      if (placed.index === 0 || chunk.gaps.length === 0) chunk.gaps.push(gapOf(placed));
      continue;
    }
    if (!wanted(placed)) continue;
    const record = toRecord(placed);
    chunk.records.push(record);
    bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
  }
  // A range in which nothing is wanted must not keep others waiting.
  await new Promise((resolve) => setImmediate(resolve));
  return chunk;
}

function isWithin({ record }: Placed, from: RangeFrom, until: RangeUntil): boolean {
  if (from.at !== 'time' && until.at !== 'time') return true;
  const time = record!.timestamp;
  if (time === NO_TIMESTAMP) return false;
  return (from.at !== 'time' || time >= from.time) && (until.at !== 'time' || time < until.time);
}

function toRecord({ batch, record }: Placed): ReadRecord {
  const { key, value, headers, timestamp, offset } = record!;
  return { shard: batch.place.number, offset, timestamp, key, value, headers };
}

function gapOf({ batch }: Placed): Gap {
  return { shard: batch.place.number, firstOffset: batch.stored.baseOffset, lastOffset: batch.stored.lastOffset, reason: batch.damaged ?? '' };
}

/** Waiting for the cluster's next change without missing one that comes while we read. */
function listen(cluster: Cluster) {
  let count = 0;
  let wake: (() => void) | null = null;
  const stop = cluster.onChange(() => {
    count += 1;
    wake?.();
  });
  return {
    heard: () => count,
    async after(heard: number, signal: AbortSignal): Promise<void> {
      while (count === heard && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        await promise;
      }
      wake = null;
    },
    close: stop,
  };
}
