/** Windows of rows over the shards of a stream, and the row at which an event stands. */
import type { EventRow, EventWindow, Sought } from '../api/events.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import type { Position } from '../api/values.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { AppendOrder, type Placed, startsAt } from './appendOrder.ts';
import { type BatchReader, damage } from './batches.ts';
import { textCell, valueCells } from './fields.ts';
import { BEYOND, rowOf } from './standing.ts';

/** Rows from `from` on, at most `limit` of them, or the last `limit`. */
export async function eventWindow(
  cluster: Cluster,
  reader: BatchReader,
  places: ShardPlace[],
  from: number | 'end',
  limit: number,
): Promise<EventWindow> {
  const { firstRow, endRow } = await cluster.rowCursors(places, BEYOND);
  const row = Math.max(firstRow, from === 'end' ? endRow - limit : Math.min(from, endRow));
  const { row: at, cursors } = await cluster.rowCursors(places, row);
  const merge = new AppendOrder(reader, startsAt(places, cursors));
  const rows: EventRow[] = [];
  // What was appended since the end was asked for belongs to the next window.
  for (let number = at; number < Math.min(row + limit, endRow); number++) {
    const placed = await merge.next();
    if (!placed) break;
    if (number >= row) rows.push(rowOfRecord(placed, number));
  }
  return { firstRow, endRow, rows };
}

/** The offset that is read next in each shard, after all rows before `row`. */
export async function positionsAt(cluster: Cluster, reader: BatchReader, places: ShardPlace[], row: number): Promise<Position[]> {
  const { row: at, cursors } = await cluster.rowCursors(places, row);
  const merge = new AppendOrder(reader, startsAt(places, cursors));
  for (let number = at; number < row; number++) if (!(await merge.next())) break;
  return merge.positions();
}

/** See api/events.ts. */
export async function seek(
  cluster: Cluster,
  reader: BatchReader,
  places: ShardPlace[],
  to: { by: 'time'; time: bigint } | { by: 'greatest-timestamp' },
): Promise<Sought | null> {
  const found = to.by === 'time' ? await cluster.offsetsForTime(places, to.time) : await cluster.greatestTimestamps(places);
  const sought = await Promise.all(
    found.map(async (record, index): Promise<Sought | null> => {
      const place = places[index]!;
      return record && { ...record, shard: place.number, row: await rowOf(cluster, reader, places, place, record.offset) };
    }),
  );
  const isBetter = (a: Sought, b: Sought): boolean =>
    to.by === 'time' || a.timestamp === b.timestamp ? a.row < b.row : a.timestamp > b.timestamp;
  return sought.reduce((best, each) => (best && (!each || !isBetter(each, best)) ? best : each), null);
}

/** An event as a row shows it. */
export function rowOfRecord({ batch, offset, record }: Placed, row: number): EventRow {
  const { place, stored } = batch;
  const base = { row, shard: place.number, offset, appendedAt: Number(stored.appendTimeUs / 1000n) };
  if (!record) {
    return {
      ...base,
      timestamp: stored.minTimestamp,
      key: null,
      value: null,
      fields: {},
      headers: 0,
      damaged: batch.damaged ?? damage(place, stored),
    };
  }
  const value = record.value && valueCells(record.value);
  return {
    ...base,
    timestamp: record.timestamp,
    key: record.key && textCell(record.key),
    value: value && value.cell,
    fields: value ? value.fields : {},
    headers: record.headers.length,
  };
}

/** An event that an order still has and the log has not. */
export function rowOfTrimmed({ number }: ShardPlace, offset: bigint, row: number): EventRow {
  const damaged = `Shard ${number}, offset ${offset}: this event has left the log meanwhile, or can not be read just now.`;
  return { row, shard: number, offset, timestamp: NO_TIMESTAMP, appendedAt: 0, key: null, value: null, fields: {}, headers: 0, damaged };
}
