/** The newest events of a stream, looked through for what they say of themselves as bad ones. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BAD_LOOKED_MAX } from '../api/badEvents.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { BatchReader } from '../events/batches.ts';
import { positionsAt } from '../events/rows.ts';
import { BEYOND } from '../events/standing.ts';
import type { LogRecord } from '../log/index.ts';
import { type BadEventSaid, badEventOf } from '../replay/redrives.ts';
import { Source } from '../replay/source.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';

/** The engine's thread is given back after so many events. */
const SLICE_EVENTS = 500;

export interface Found {
  shard: number;
  record: LogRecord;
  /** Null where it says nothing: it is none. */
  bad: BadEventSaid | null;
}

export interface Scanned {
  looked: number;
  inStream: number;
}

/** Calls back for each; a damaged batch is passed over. */
export async function scanBad(
  cluster: Cluster,
  reader: BatchReader,
  { shards: places }: StreamPlaces,
  signal: AbortSignal,
  take: (found: Found) => void,
): Promise<Scanned> {
  const { firstRow, endRow } = await cluster.rowCursors(places, BEYOND);
  const positions = await positionsAt(cluster, reader, places, Math.max(firstRow, endRow - BAD_LOOKED_MAX));
  const bounds = await cluster.bounds(places);
  const ranges = places.map((place, index) => ({
    place,
    from: positions.find(({ shard }) => shard === place.number)!.offset,
    until: bounds[index]!.endOffset,
  }));
  const source = new Source(cluster, reader, ranges, () => {});
  let looked = 0;
  for (let next = await source.peek(); next !== null; next = await source.peek()) {
    source.take();
    take({ shard: next.shard, record: next.record, bad: badEventOf(next.record.headers) });
    if (++looked % SLICE_EVENTS === 0) await nextTurn();
    signal.throwIfAborted();
  }
  return { looked, inStream: endRow - firstRow };
}
