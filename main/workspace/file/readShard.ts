/** One shard up to the cut, in bounded slices, while producers go on: whole batches, and what can not be had of them. */
import { LabError } from '../../api/errors.ts';
import type { Fetched } from '../../cluster/brokerContract.ts';
import type { Cluster, ShardPlace } from '../../cluster/cluster.ts';
import { crcMatches, decodeBatchHeader, type StoredBatch } from '../../log/index.ts';
import { PART_BYTES_MAX } from './format.ts';

/** How long a broker that ended is waited for, milliseconds, and how often it is looked at. */
const BROKER_WAIT_MS = 15_000;
const BROKER_LOOK_MS = 50;

/** Offsets that are not there, both inclusive. */
export interface Missing {
  firstOffset: bigint;
  lastOffset: bigint;
  reason: string;
}

export interface Slice {
  /** Where the shard begins: as of the first slice in which there is anything. */
  startOffset: bigint;
  /** Records ever appended before the first batch of this slice, a damaged one too; null where there is none. */
  recordsBefore: bigint | null;
  batches: StoredBatch[];
  missing: Missing[];
}

export interface Stretch {
  place: ShardPlace;
  startOffset: bigint;
  /** Nothing is read from here on. */
  endOffset: bigint;
}

/** Throws `no-such-shard` where the shard was deleted, `broker-down` where its broker does not come up again. */
export async function* readShard(cluster: Cluster, { place, startOffset, endOffset }: Stretch, signal: AbortSignal): AsyncGenerator<Slice> {
  let from = startOffset;
  let begin = startOffset;
  let isEmpty = true;
  while (from < endOffset) {
    signal.throwIfAborted();
    const { fetched, missing, next } = await fetchSlice(cluster, place, from, endOffset, signal);
    const found = (fetched?.batches ?? []).filter((batch) => batch.baseOffset < endOffset);
    const batches: StoredBatch[] = [];
    for (const batch of found) {
      const reason = damageOf(batch);
      if (reason === null) batches.push(batch);
      else missing.push({ firstOffset: batch.baseOffset, lastOffset: batch.lastOffset, reason });
    }
    if (isEmpty && fetched && fetched.startOffset > begin) begin = fetched.startOffset;
    if (found.length > 0) isEmpty = false;
    yield { startOffset: begin, recordsBefore: found[0]?.recordsBefore ?? null, batches, missing };
    from = next ?? endOffset;
  }
}

interface FetchedSlice {
  fetched: Fetched | null;
  missing: Missing[];
  /** Where to go on; null at the end. */
  next: bigint | null;
}

async function fetchSlice(cluster: Cluster, place: ShardPlace, from: bigint, end: bigint, signal: AbortSignal): Promise<FetchedSlice> {
  const behind = (fetched: Fetched): bigint | null => {
    const last = fetched.batches.at(-1);
    return last && last.lastOffset + 1n < end ? last.lastOffset + 1n : null;
  };
  try {
    const fetched = await whileUp(cluster, place, signal, () => cluster.fetch(place, from, PART_BYTES_MAX));
    return { fetched, missing: [], next: behind(fetched) };
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    if (error.code === 'offset-out-of-range') return trimmed(cluster, place, from, end, signal);
    if (error.code !== 'file-unreadable') throw error;
  }
  // Pages of the broker's file can not be read: batch by batch it is known which ones.
  try {
    const fetched = await whileUp(cluster, place, signal, () => cluster.fetch(place, from, 0));
    return { fetched, missing: [], next: behind(fetched) };
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'file-unreadable') throw error;
  }
  const batch = await whileUp(cluster, place, signal, () => cluster.batchAt(place, from)).catch((error: unknown) => {
    if (error instanceof LabError && error.code === 'file-unreadable') return undefined;
    throw error;
  });
  if (batch === null) return { fetched: null, missing: [], next: null };
  if (!batch)
    return {
      fetched: null,
      missing: [{ firstOffset: from, lastOffset: end - 1n, reason: 'From here on the broker’s file can not be read.' }],
      next: null,
    };
  const { baseOffset: firstOffset, lastOffset } = batch;
  return {
    fetched: null,
    missing: [{ firstOffset, lastOffset, reason: 'Its bytes can not be read from the broker’s file.' }],
    next: lastOffset + 1n,
  };
}

/** Retention came first. */
async function trimmed(cluster: Cluster, place: ShardPlace, from: bigint, end: bigint, signal: AbortSignal): Promise<FetchedSlice> {
  const [bounds] = await whileUp(cluster, place, signal, () => cluster.bounds([place]));
  const start = bounds!.startOffset;
  const lastOffset = (start < end ? start : end) - 1n;
  const missing = lastOffset < from ? [] : [{ firstOffset: from, lastOffset, reason: 'Retention trimmed it while the export ran.' }];
  return {
    fetched: { batches: [], startOffset: start < end ? start : end, endOffset: end },
    missing,
    next: start > from && start < end ? start : null,
  };
}

/** Asks again once a broker that has ended is up again. */
async function whileUp<T>(cluster: Cluster, place: ShardPlace, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + BROKER_WAIT_MS; ;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof LabError) || error.code !== 'broker-down' || Date.now() > until) throw error;
    }
    do {
      await new Promise((resolve) => setTimeout(resolve, BROKER_LOOK_MS));
      signal.throwIfAborted();
    } while (!cluster.isUp(place.brokerId) && Date.now() <= until);
  }
}

/** Why a batch is not what was appended, a sentence; null where it is. */
function damageOf({ bytes, baseOffset }: StoredBatch): string | null {
  try {
    const header = decodeBatchHeader(bytes);
    if (header.sizeBytes !== bytes.length) return 'This record batch is damaged: its length is wrong.';
    if (!crcMatches(bytes, header)) return 'This record batch is damaged: its checksum does not match.';
    return header.baseOffset === baseOffset ? null : 'This record batch is damaged: its base offset does not match.';
  } catch {
    return 'This record batch is damaged: it is too short.';
  }
}
