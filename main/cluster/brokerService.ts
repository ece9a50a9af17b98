/** What a broker answers: the calls of brokerContract.ts over its store. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError, serializeError } from '../api/errors.ts';
import { type BatchToAppend, type Committer, type ShardState, type Store, verifyBatch } from '../log/index.ts';
import { conflate } from '../rpc/conflate.ts';
import { type AppendOutcome, type BrokerChange, type brokerContract, WATCH_INTERVAL_MS } from './brokerContract.ts';
import { checkSlice } from './checkShard.ts';
import { rowCursors, statesOf, timeCursors } from './rowCursors.ts';
import { timeCounts, timeExtent } from './timeCounts.ts';

/** How often it is looked whether something is to be trimmed, milliseconds. */
const RETENTION_INTERVAL_MS = 1_000;

/** How long one slice of giving space back may take, milliseconds; appends get their turn in between. */
const RECLAIM_SLICE_MS = 5;

export interface BrokerService {
  handlers: DomainHandlers<(typeof brokerContract)['broker']>;
  close(): void;
}

export function createBrokerService(store: Store, committer: Committer): BrokerService {
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  let reclaiming: NodeJS.Immediate | undefined;

  function reclaim(): void {
    reclaiming ??= setImmediate(() => {
      reclaiming = undefined;
      if (!reclaimOnce()) return;
      changed();
      reclaim();
    });
  }
  /**
   * Whether something was done: what an earlier life had begun to delete, what has grown too old. Where the disk is full, deleting fails as
   * writing does; it is tried again at the next interval.
   */
  function reclaimOnce(): boolean {
    try {
      if (!store.isReclaimDue()) return false;
      store.reclaim(RECLAIM_SLICE_MS);
      return true;
    } catch {
      return false;
    }
  }
  const retention = setInterval(reclaim, RETENTION_INTERVAL_MS);
  retention.unref();
  reclaim();

  async function append(batches: readonly Omit<BatchToAppend, 'header'>[], underWay: number): Promise<AppendOutcome[]> {
    const outcomes = new Array<AppendOutcome>(batches.length);
    const sound: BatchToAppend[] = [];
    const places: number[] = [];
    batches.forEach((batch, index) => {
      try {
        sound.push({ ...batch, header: verifyBatch(batch.bytes) });
        places.push(index);
      } catch (error) {
        outcomes[index] = { ok: false, error: serializeError(error) };
      }
    });
    const results = sound.length > 0 ? await committer.append(sound, underWay) : [];
    results.forEach((result, index) => {
      outcomes[places[index]!] = result instanceof LabError ? { ok: false, error: serializeError(result) } : { ok: true, appended: result };
    });
    changed();
    return outcomes;
  }

  return {
    handlers: {
      shards: () => store.shards(),
      createShards({ streamId, stream, numbers }) {
        const made = store.createShards(numbers.map((number) => ({ streamId, stream, number })));
        changed();
        return made;
      },
      restoreShard({ shardId, restored }) {
        store.restoreShard(shardId, restored);
        changed();
      },
      deleteShards({ shardIds }) {
        store.deleteShards(shardIds);
        reclaim();
        changed();
      },
      setRetention({ shardIds, ms, bytes }) {
        store.setRetention(shardIds, { ms, bytes });
        reclaim();
        changed();
      },
      deleteEmptyShards({ shardIds }) {
        // No commit comes between: an append that waits finds the shard deleted, and says so to whoever asked for it.
        if (statesOf(store, shardIds).some(({ recordsTotal }) => recordsTotal > 0n)) return false;
        store.deleteShards(shardIds);
        changed();
        return true;
      },
      append: ({ batches, underWay }) => append(batches, underWay),
      fetch: ({ shardId, from, bytesMax }) => store.read(shardId, from, { upTo: 'highWatermark', bytesMax }),
      bounds: ({ shardIds }) => statesOf(store, shardIds).map(({ startOffset, nextOffset }) => ({ startOffset, endOffset: nextOffset })),
      rowCursors: ({ shardIds, row }) => rowCursors(store, shardIds, row),
      timeCursors: ({ shardIds, appendTime }) => timeCursors(store, shardIds, appendTime),
      offsetsForTime: ({ shardIds, timestamp }) => shardIds.map((id) => store.offsetForTime(id, timestamp)),
      greatestTimestamps: ({ shardIds }) => shardIds.map((id) => store.maxTimestamp(id)),
      greatestBefore: ({ places }) => places.map(({ shardId, offset }) => store.maxTimestampBefore(shardId, offset)),
      timeExtents: ({ shardIds }) => shardIds.map((id) => timeExtent(store, id)),
      timeCounts: ({ shardIds, ...buckets }) => timeCounts(store, shardIds, buckets),
      passTime: ({ since }) => store.passTime(since),
      setDurability: ({ durability }) => store.setDurability(durability),
      check: ({ shardId, from }) => checkSlice(store, shardId, from),
      batchAt: ({ shardId, offset }) => store.locate(shardId, { offset }),
      watch: (_input, { signal }) => watch(store, committer, listeners, signal),
    },
    close() {
      clearInterval(retention);
      if (reclaiming) clearImmediate(reclaiming);
    },
  };
}

/** All shards first, then those that differ from what was told last. */
function watch(store: Store, committer: Committer, listeners: Set<() => void>, signal: AbortSignal): AsyncIterable<BrokerChange> {
  let told = new Map<number, ShardState>();
  return conflate({
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    take() {
      const now = new Map(store.shards().map((shard) => [shard.id, shard]));
      const shards = [...now.values()].filter((shard) => hasChanged(shard, told.get(shard.id)));
      const deleted = [...told.keys()].filter((id) => !now.has(id));
      told = now;
      return { shards, deleted, appendP99Ms: committer.stats().appendP99Ms };
    },
    intervalMs: WATCH_INTERVAL_MS,
    signal,
  });
}

/** What of a shard changes while it lives. */
function hasChanged(shard: ShardState, told: ShardState | undefined): boolean {
  return (
    !told ||
    shard.nextOffset !== told.nextOffset ||
    shard.startOffset !== told.startOffset ||
    shard.recordsTotal !== told.recordsTotal ||
    shard.recordsTrimmed !== told.recordsTrimmed ||
    shard.bytes !== told.bytes ||
    shard.state !== told.state ||
    shard.leaderEpoch !== told.leaderEpoch
  );
}
