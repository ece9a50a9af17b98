/** The different keys of a stream's newest events. */
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { AppendOrder, startsAt } from './appendOrder.ts';
import type { BatchReader } from './batches.ts';

/** Events that are looked at for each key that is wanted: many may share one. */
const EVENTS_PER_KEY = 5;

/** At most `most` keys, the newest last seen first. */
export async function recentKeys(cluster: Cluster, reader: BatchReader, places: ShardPlace[], most: number): Promise<Uint8Array[]> {
  const { firstRow, endRow } = await cluster.rowCursors(places, Number.MAX_SAFE_INTEGER);
  const from = Math.max(firstRow, endRow - most * EVENTS_PER_KEY);
  const { row, cursors } = await cluster.rowCursors(places, from);
  const merge = new AppendOrder(reader, startsAt(places, cursors));
  const keys = new Map<string, Uint8Array>();
  for (let number = row; number < endRow; number++) {
    const placed = await merge.next();
    if (!placed) break;
    const key = placed.record?.key;
    if (!key) continue;
    // Latin-1 has one character for each byte.
    const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
    keys.delete(name);
    keys.set(name, key);
  }
  return [...keys.values()].slice(-most).reverse();
}
