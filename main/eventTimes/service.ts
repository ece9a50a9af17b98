/** The calls of api/eventTimes.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { EventRow } from '../api/events.ts';
import type { EventTimeProgress, eventTimes } from '../api/eventTimes.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { Buckets, TimeCounts } from '../cluster/timeCounts.ts';
import { batchAt, type BatchReader, type DecodedBatch } from '../events/batches.ts';
import { histogram, type TimeSource } from '../events/histogram.ts';
import { rowOfRecord, rowOfTrimmed } from '../events/rows.ts';
import { conflate } from '../rpc/conflate.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { type Entry, TIMELESS } from './entries.ts';
import { eventTimeReader } from './eventTimeOf.ts';
import type { EventTimeIndexes } from './indexes.ts';
import { type IndexFile, isRebuildable } from './indexFile.ts';

/** Pages hear of progress at most this often, milliseconds. */
const PROGRESS_INTERVAL_MS = 250;
/** Times of the index end there, milliseconds: no time beyond JavaScript's dates is one. */
const TIME_MAX = 8.64e15;

/** A place before all entries of a time. */
const startOf = (time: number): Entry => ({ time, shard: -1, offset: -1 });

export interface EventTimesParts {
  registry: StreamRegistry;
  cluster: Cluster;
  reader: BatchReader;
  indexes: EventTimeIndexes;
}

export function createEventTimesService({ registry, cluster, reader, indexes }: EventTimesParts): DomainHandlers<typeof eventTimes> {
  /** The index, and the chosen shards by number. */
  function opened(
    stream: string,
    shards: readonly number[] | undefined,
  ): { index: IndexFile; places: Map<number, ShardPlace>; numbers: number[] } {
    const places = registry.places(stream, shards);
    const numbers = places.map(({ number }) => number);
    return { index: indexes.of(stream).index(), places: new Map(places.map((place) => [place.number, place])), numbers };
  }

  function endOf(index: IndexFile, numbers: readonly number[]): number {
    return index.rankOf(startOf(TIMELESS), numbers);
  }

  /** Work with the index; where that shows damage, the index is made again. */
  async function withIndex<T>(stream: string, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const isGone = thrown instanceof TypeError && /not open/.test(thrown.message);
      if (!isGone && !isRebuildable(thrown)) throw thrown;
      if (!isGone) indexes.find(stream)?.drop();
      const message = `The order of “${stream}” by event time is being made anew. Try again in a moment.`;
      throw new LabError('no-event-time', message, { retriable: true, cause: thrown });
    }
  }

  const handlers: Pick<DomainHandlers<typeof eventTimes>, 'window' | 'rowOf' | 'seek' | 'histogram'> = {
    async window({ stream, shards, from, limit }) {
      const { index, places, numbers } = opened(stream, shards);
      const { generation } = index;
      const endRow = endOf(index, numbers);
      const row = from === 'end' ? Math.max(0, endRow - limit) : Math.min(from, endRow);
      const entries = index.entries(row, Math.min(limit, endRow - row), numbers);
      return { firstRow: 0, endRow, generation, rows: await rowsOf(reader, places, entries, row) };
    },
    async rowOf({ stream, shards, shard, offset }) {
      const { index, numbers } = opened(stream, shards);
      const [place] = registry.places(stream, [shard]);
      if (!numbers.includes(shard) || Number(offset) >= index.nextOffset(shard)) return { row: null };
      const batch = await batchAt(reader, place!, offset);
      const record = batch?.records.find((each) => each.offset === offset);
      if (!record) return { row: null };
      const time = eventTimeReader(indexes.of(stream).field)(record.value);
      return { row: time === TIMELESS ? null : index.rankOf({ time, shard, offset: Number(offset) }, numbers) };
    },
    seek({ stream, shards, to }) {
      const { index, numbers } = opened(stream, shards);
      const endRow = endOf(index, numbers);
      const row = to.by === 'time' ? index.rankOf(startOf(asTime(to.time)), numbers) : endRow - 1;
      if (row < 0 || row >= endRow) return null;
      const [entry] = index.entries(row, 1, numbers);
      return entry ? { row, shard: entry.shard, offset: BigInt(entry.offset), time: BigInt(entry.time) } : null;
    },
    histogram({ stream, shards, range, buckets }) {
      const { index, numbers } = opened(stream, shards);
      return histogram(eventTimeSource(index, numbers), range, buckets);
    },
  };

  return {
    window: (input, context) => withIndex(input.stream, () => handlers.window(input, context)),
    rowOf: (input, context) => withIndex(input.stream, () => handlers.rowOf(input, context)),
    seek: (input, context) => withIndex(input.stream, () => handlers.seek(input, context)),
    histogram: (input, context) => withIndex(input.stream, () => handlers.histogram(input, context)),
    watch({ stream }, { signal }) {
      registry.get(stream);
      return conflate({
        subscribe: (changed) => {
          const stopHearing = [indexes.onChange(changed), cluster.onChange(changed)];
          return () => stopHearing.forEach((stop) => stop());
        },
        take: () => (registry.has(stream) ? progressOf(indexes, registry, stream) : undefined),
        intervalMs: PROGRESS_INTERVAL_MS,
        signal,
      });
    },
  };
}

function progressOf(indexes: EventTimeIndexes, registry: StreamRegistry, stream: string): EventTimeProgress {
  const { settings, shards } = registry.get(stream);
  const follower = indexes.find(stream);
  const none = { field: settings.eventTimeField, read: 0, waiting: follower?.waiting() ?? 0, timeless: 0, generation: 0, problem: null };
  if (!follower) return none;
  try {
    const index = follower.index();
    const { all, timeless } = index.counts(shards.map(({ number }) => number));
    return { ...none, read: all, timeless, generation: index.generation, problem: follower.problem() };
  } catch {
    return { ...none, problem: follower.problem() };
  }
}

/** Entries as rows, read from the log. One that was trimmed meanwhile says so. */
async function rowsOf(
  reader: BatchReader,
  places: Map<number, ShardPlace>,
  entries: readonly Entry[],
  firstRow: number,
): Promise<EventRow[]> {
  const rows = new Array<EventRow>(entries.length);
  const byShard = Map.groupBy(entries.keys(), (at) => entries[at]!.shard);
  await Promise.all(
    [...byShard].map(async ([shard, ats]) => {
      const place = places.get(shard)!;
      let batch: DecodedBatch | null = null;
      for (const at of ats.sort((a, b) => entries[a]!.offset - entries[b]!.offset)) {
        const { offset: number, time } = entries[at]!;
        const offset = BigInt(number);
        if (!batch || offset < batch.stored.baseOffset || offset > batch.stored.lastOffset)
          batch = await batchAt(reader, place, offset).catch(() => null);
        const index = batch?.records.findIndex((record) => record.offset === offset) ?? -1;
        const placed = batch && index >= 0 ? { batch, index, offset, record: batch.records[index]! } : null;
        rows[at] = {
          ...(placed ? rowOfRecord(placed, firstRow + at) : rowOfTrimmed(place, offset, firstRow + at)),
          eventTime: BigInt(time),
        };
      }
    }),
  );
  return rows;
}

/** Times of the index as a histogram counts them. */
function eventTimeSource(index: IndexFile, numbers: readonly number[]): TimeSource {
  return {
    extent() {
      const end = index.rankOf(startOf(TIMELESS), numbers);
      const [first] = index.entries(0, 1, numbers);
      const [last] = end > 0 ? index.entries(end - 1, 1, numbers) : [];
      return Promise.resolve(first && last ? { min: BigInt(first.time), max: BigInt(last.time) } : null);
    },
    counts: (buckets) => countsOf(index, numbers, buckets),
  };
}

async function countsOf(
  index: IndexFile,
  numbers: readonly number[],
  { from, bucketMs, buckets }: Buckets,
): Promise<{ shard: number; counted: TimeCounts }[]> {
  const bounds: number[][] = [];
  for (let at = 0; at <= buckets; at++) {
    bounds.push(index.countsBefore(startOf(asTime(from + BigInt(at) * bucketMs))));
    if (at % 32 === 31) await new Promise((resolve) => setImmediate(resolve));
  }
  const timed = index.countsBefore(startOf(TIMELESS));
  const all = index.countsBefore(startOf(Infinity));
  return numbers.map((shard) => {
    const before = (counts: number[] | undefined): number => counts?.[shard] ?? 0;
    // What is put into the index meanwhile may come between two looks.
    const counts = Array.from({ length: buckets }, (_, at) => Math.max(0, before(bounds[at + 1]) - before(bounds[at])));
    const counted = {
      counts,
      before: before(bounds[0]),
      after: Math.max(0, before(timed) - before(bounds.at(-1))),
      timeless: before(all) - before(timed),
      spread: 0,
    };
    return { shard, counted };
  });
}

function asTime(time: bigint): number {
  return Math.max(-TIME_MAX, Math.min(TIME_MAX + 1, Number(time)));
}
