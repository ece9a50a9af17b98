/** Whole ranges in append order, in chunks: what a consumer reads. */
import type { Gap, RangeFrom, RangeUntil, ReadChunk, ReadRecord } from '../api/events.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { ShardBounds } from '../cluster/brokerContract.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { TimedOffset } from '../log/index.ts';
import { AppendOrder, type Placed, type Start } from './appendOrder.ts';
import type { BatchReader } from './batches.ts';

/** Records in one chunk. */
const CHUNK_RECORDS_MAX = 1_000;
/** Bytes of keys, values and headers after which a chunk is closed. */
const CHUNK_BYTES_MAX = 1024 * 1024;
/** The engine's thread is given back after this many events, also where none of them is in the range. */
const SLICE_EVENTS = 2_000;

export interface Range {
  /** The shards to read as they are now; a stream that grows while it is read to `live` has more of them later, at the end. */
  places: () => ShardPlace[];
  from: RangeFrom;
  until: RangeUntil;
}

/**
 * Reads from `from` until `until`: both choose by offset per shard, or by the events' timestamps, or by count over all shards. `live`
 * and `count` wait for what is yet to come; everything else ends where the stream ends as the read begins.
 */
export async function* readRange(cluster: Cluster, reader: BatchReader, range: Range, signal: AbortSignal): AsyncGenerator<ReadChunk> {
  const { until } = range;
  let places = range.places();
  const waits = until.at === 'live' || until.at === 'count';
  const news = listen(cluster, signal);
  try {
    let ends = await cluster.bounds(places);
    const firsts = range.from.at === 'time' ? await cluster.offsetsForTime(places, range.from.time) : [];
    const merge = new AppendOrder(
      reader,
      places.map((place, index) => startOf(place, ends[index]!, range, firsts[index])),
    );
    const chunks = new Chunks(merge, range);
    let left = until.at === 'count' ? until.count : Number.POSITIVE_INFINITY;
    while (!signal.aborted && left > 0) {
      const { records, gaps, atEnd } = await chunks.next(left);
      left -= records.length;
      if (records.length > 0 || gaps.length > 0) yield { records, gaps };
      if (!atEnd || left <= 0) continue;
      if (!waits) return;
      await news.until(() => hasMore(cluster, places, ends) || range.places().length > places.length);
      if (signal.aborted) return;
      const grown = range.places();
      for (const place of grown.slice(places.length)) merge.add({ place, offset: 0n, until: 0n });
      places = grown;
      ends = await cluster.bounds(places);
      merge.extend(ends.map(({ endOffset }) => endOffset));
    }
  } finally {
    news.close();
  }
}

/** `first`: where a time begins, null where no event is as late, undefined where none is asked for. */
function startOf(place: ShardPlace, { startOffset, endOffset }: ShardBounds, { from, until }: Range, first?: TimedOffset | null): Start {
  const isBehindAll = from.at === 'latest' || first === null;
  const wanted = isBehindAll ? endOffset : from.at === 'offset' ? from.offset : (first?.offset ?? startOffset);
  return {
    place,
    // An offset that is yet to come is waited for.
    offset: wanted < startOffset ? startOffset : wanted,
    until: until.at === 'offset' && until.offset < endOffset ? until.offset : endOffset,
  };
}

/** By what the engine was told. A shard that is gone or out of reach counts: asking for it says so. */
function hasMore(cluster: Cluster, places: readonly ShardPlace[], ends: readonly ShardBounds[]): boolean {
  return places.some((place, index) => {
    const state = cluster.state(place);
    return !state || !cluster.isUp(place.brokerId) || state.nextOffset > ends[index]!.endOffset;
  });
}

interface Chunk extends ReadChunk {
  /** There was nothing more to read just now. */
  atEnd: boolean;
}

/** A merge cut into chunks. */
class Chunks {
  readonly #merge: AppendOrder;
  readonly #range: Range;
  /** Per shard the damaged batch that was told of last. */
  readonly #told = new Map<ShardPlace, bigint>();

  constructor(merge: AppendOrder, range: Range) {
    this.#merge = merge;
    this.#range = range;
  }

  async next(recordsMax: number): Promise<Chunk> {
    const chunk: Chunk = { records: [], gaps: [], atEnd: false };
    const most = Math.min(recordsMax, CHUNK_RECORDS_MAX);
    let bytes = 0;
    for (let seen = 0; seen < SLICE_EVENTS && chunk.records.length < most && bytes < CHUNK_BYTES_MAX; seen++) {
      const placed = await this.#merge.next();
      if (!placed) {
        chunk.atEnd = true;
        break;
      }
      if (!placed.record) {
        chunk.gaps.push(...this.#newGap(placed));
      } else if (isWithin(placed, this.#range)) {
        const record = toRecord(placed);
        chunk.records.push(record);
        bytes += bytesOf(record);
      }
    }
    // A range in which nothing is wanted must not keep others waiting.
    await new Promise((resolve) => setImmediate(resolve));
    return chunk;
  }

  /** Each event of a damaged batch comes by; the batch is told of once. */
  #newGap({ batch }: Placed): Gap[] {
    const { place, stored, damaged } = batch;
    if (this.#told.get(place) === stored.baseOffset) return [];
    this.#told.set(place, stored.baseOffset);
    return [{ shard: place.number, firstOffset: stored.baseOffset, lastOffset: stored.lastOffset, reason: damaged ?? '' }];
  }
}

function isWithin({ record }: Placed, { from, until }: Range): boolean {
  if (from.at !== 'time' && until.at !== 'time') return true;
  const time = record!.timestamp;
  // None is before and after no time.
  if (time === NO_TIMESTAMP) return false;
  return (from.at !== 'time' || time >= from.time) && (until.at !== 'time' || time < until.time);
}

function toRecord({ batch, record }: Placed): ReadRecord {
  const { key, value, headers, timestamp, offset } = record!;
  return { shard: batch.place.number, offset, timestamp, key, value, headers };
}

function bytesOf({ key, value, headers }: ReadRecord): number {
  return headers.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0), (key?.length ?? 0) + (value?.length ?? 0));
}

/** Waiting for a change of the cluster. */
function listen(cluster: Cluster, signal: AbortSignal) {
  let wake: (() => void) | null = null;
  const change = (): void => wake?.();
  const stop = cluster.onChange(change);
  signal.addEventListener('abort', change);
  return {
    /** Resolves when `comes` is true, looked at now and at each change, or when the signal aborts. */
    async until(comes: () => boolean): Promise<void> {
      while (!comes() && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
    },
    close(): void {
      stop();
      signal.removeEventListener('abort', change);
    },
  };
}
