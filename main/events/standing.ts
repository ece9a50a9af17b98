/** Where an event stands among the rows of several shards, and what stands before it. */
import { LabError } from '../api/errors.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { BatchMeta } from '../log/index.ts';
import { timeOf } from './appendOrder.ts';
import { batchAt, type BatchReader, type DecodedBatch } from './batches.ts';

/** Beyond every row: where the end is asked for. */
export const BEYOND = Number.MAX_SAFE_INTEGER;

/** What of one shard stands before an event. */
interface Before {
  place: ShardPlace;
  rows: number;
  /** All batches that begin before this offset, whole… */
  offset: bigint;
  /** …and the first records of the batch there. */
  part: { batch: DecodedBatch; records: number } | null;
}

/** The row of the event at an offset of one shard, among all `places`; of the next event where there is a gap. */
export async function rowOf(
  cluster: Cluster,
  reader: BatchReader,
  places: readonly ShardPlace[],
  place: ShardPlace,
  offset: bigint,
): Promise<number> {
  const before = await allBefore(cluster, reader, places, place, offset);
  return before ? before.reduce((sum, { rows }) => sum + rows, 0) : (await cluster.rowCursors([...places], BEYOND)).endRow;
}

/** The row of an event, as {@link rowOf}, and the greatest timestamp among the rows before it; null where none of them has one. */
export async function standing(
  cluster: Cluster,
  reader: BatchReader,
  places: readonly ShardPlace[],
  place: ShardPlace,
  offset: bigint,
): Promise<{ row: number; newestBefore: bigint | null }> {
  const before = (await allBefore(cluster, reader, places, place, offset)) ?? [];
  const times = before.map(({ part }) => (part && part.records > 0 ? (part.batch.runningMax[part.records - 1] ?? null) : null));
  times.push(await cluster.greatestBefore(before));
  const newest = times.reduce((most, each) => (most === null || (each !== null && each > most) ? each : most), null);
  return { row: before.reduce((sum, { rows }) => sum + rows, 0), newestBefore: newest === NO_TIME ? null : newest };
}

/** What a record says that has no timestamp. */
const NO_TIME = -1n;

/** What stands before the event at an offset, or the next one after a gap, by shard; null at the end of its shard. */
async function allBefore(
  cluster: Cluster,
  reader: BatchReader,
  places: readonly ShardPlace[],
  place: ShardPlace,
  offset: bigint,
): Promise<Before[] | null> {
  const meta = await cluster.batchAt(place, offset);
  if (!meta) return null;
  const batch = await need(reader, place, meta.baseOffset);
  // Of a damaged batch it is not known where its gaps were.
  const index = batch.damaged
    ? Math.max(0, Number(offset - meta.baseOffset))
    : batch.records.findIndex((record) => record.offset >= offset);
  if (index < 0) return allBefore(cluster, reader, places, place, meta.lastOffset + 1n);

  const inBatch = Math.min(index, meta.recordCount - 1);
  const own: Before = {
    place,
    rows: Number(meta.recordsBefore) + inBatch,
    offset: meta.baseOffset,
    part: { batch, records: inBatch },
  };
  return [own, ...(await beforeInOthers(cluster, reader, places, { place, meta, batch, inBatch }))];
}

async function beforeInOthers(
  cluster: Cluster,
  reader: BatchReader,
  places: readonly ShardPlace[],
  event: { place: ShardPlace; meta: BatchMeta; batch: DecodedBatch; inBatch: number },
): Promise<Before[]> {
  const { place, meta, batch, inBatch } = event;
  const others = places.filter((other) => other !== place);
  if (others.length === 0) return [];
  const cursors = await cluster.timeCursors(others, meta.appendTimeUs);
  return Promise.all(
    cursors.map(async (cursor, at): Promise<Before> => {
      const other = others[at]!;
      const before = { place: other, rows: cursor.rowsBefore, offset: cursor.batch?.baseOffset ?? cursor.endOffset, part: null };
      // Batches of one commit are merged by their events' times.
      if (cursor.batch?.appendTimeUs !== meta.appendTimeUs) return before;
      const ties = other.number < place.number ? inBatch + 1 : inBatch;
      const tied = await need(reader, other, cursor.batch.baseOffset);
      const records = countBefore(tied, timeOf(batch, inBatch), ties);
      return { ...before, rows: before.rows + records, part: { batch: tied, records } };
    }),
  );
}

/** Records of a batch of the same commit that come before the event with this time; of those with the same time, the first `ties`. */
function countBefore(batch: DecodedBatch, time: bigint, ties: number): number {
  let count = 0;
  while (count < batch.stored.recordCount && (timeOf(batch, count) < time || (timeOf(batch, count) === time && count < ties))) count += 1;
  return count;
}

async function need(reader: BatchReader, place: ShardPlace, baseOffset: bigint): Promise<DecodedBatch> {
  const batch = await batchAt(reader, place, baseOffset);
  if (batch) return batch;
  throw new LabError('offset-out-of-range', `Shard ${place.number} has no events from offset ${baseOffset} on any more.`);
}
