/** What a broker answers: the calls of brokerContract.ts over its log. */
import type { DomainHandlers } from '../api/contract.ts';
import { deserializeError, serializeError } from '../api/errors.ts';
import { type Appended, type AppendOutcome, type BatchToAppend, type Log, type ShardState, verifyBatch } from '../log/index.ts';
import { conflate } from '../rpc/conflate.ts';
import { type BrokerAccess, type BrokerChange, type brokerContract, WATCH_INTERVAL_MS } from './brokerContract.ts';
import { awaitMore } from './awaitMore.ts';
import { checkSlice } from './checkShard.ts';
import { createKeeping } from './keeping.ts';
import { producedSlice } from './producedBy.ts';
import { rowCursors, statesOf, timeCursors } from './rowCursors.ts';
import { timeCounts, timeExtent } from './timeCounts.ts';

/** `access`: see the contract. */
export function createBrokerService(log: Log, access: () => Promise<BrokerAccess>): DomainHandlers<(typeof brokerContract)['broker']> {
  const { reader } = log;
  const keeping = createKeeping(log);

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
    const appended = sound.length > 0 ? await log.append(sound, underWay) : [];
    appended.forEach((outcome, index) => (outcomes[places[index]!] = outcome));
    return outcomes;
  }

  async function commit(batches: readonly Omit<BatchToAppend, 'header'>[]): Promise<Appended[]> {
    const sound = batches.map((batch) => ({ ...batch, header: verifyBatch(batch.bytes) }));
    return (await log.append(sound, 1, { allOrNone: true })).map(appendedOf);
  }

  async function send(batches: readonly { shardId: number; bytes: Uint8Array }[]): Promise<void> {
    const sound = batches.map((batch) => ({ ...batch, header: verifyBatch(batch.bytes), isInSequence: true }));
    (await log.append(sound, 1)).forEach(appendedOf);
  }

  return {
    shards: () => log.shards(),
    createShards: ({ streamId, stream, numbers }) => log.createShards(numbers.map((number) => ({ streamId, stream, number }))),
    restoreShard: ({ shardId, restored }) => log.restoreShard(shardId, restored),
    deleteShards: ({ shardIds }) => log.deleteShards(shardIds),
    setRetention: ({ shardIds, ms, bytes }) => log.setRetention(shardIds, { ms, bytes }),
    deleteEmptyShards: ({ shardIds }) => log.deleteEmptyShards(shardIds),
    append: ({ batches, underWay }) => append(batches, underWay),
    commit: ({ batches }) => commit(batches),
    send: ({ batches }) => send(batches),
    awaitMore: ({ places, ms, upTo = 'highWatermark' }, { signal }) => awaitMore(log, places, { upTo, ms, signal }),
    positions: ({ shardId, reader: of }) => reader.positions(shardId, of),
    trimBefore: ({ shardId, offset }) => keeping.trimBefore(shardId, offset),
    keep: ({ shardIds }) => keeping.keep(shardIds),
    keepNoMore: ({ shardIds }) => keeping.keepNoMore(shardIds),
    access,
    fetch: ({ shardId, from, bytesMax, upTo = 'highWatermark' }) => reader.read(shardId, from, { upTo, bytesMax }),
    bounds: ({ shardIds }) => statesOf(log, shardIds).map(({ startOffset, nextOffset }) => ({ startOffset, endOffset: nextOffset })),
    rowCursors: ({ shardIds, row }) => rowCursors(log, shardIds, row),
    timeCursors: ({ shardIds, appendTime }) => timeCursors(log, shardIds, appendTime),
    offsetsForTime: ({ shardIds, timestamp }) => shardIds.map((id) => reader.offsetForTime(id, timestamp)),
    greatestTimestamps: ({ shardIds }) => shardIds.map((id) => reader.maxTimestamp(id)),
    greatestBefore: ({ places }) => places.map(({ shardId, offset }) => reader.maxTimestampBefore(shardId, offset)),
    timeExtents: ({ shardIds }) => shardIds.map((id) => timeExtent(reader, id)),
    timeCounts: ({ shardIds, ...buckets }) => timeCounts(reader, shardIds, buckets),
    passTime: ({ since }) => log.passTime(since),
    setDurability: ({ durability }) => log.setDurability(durability),
    check: ({ shardId, from }) => checkSlice(log, shardId, from),
    producedBy: ({ shardId, from, producerId }) => producedSlice(log, shardId, from, producerId),
    batchAt: ({ shardId, offset }) => reader.locate(shardId, { offset }),
    watch: (_input, { signal }) => watch(log, signal),
  };
}

function appendedOf(outcome: AppendOutcome): Appended {
  if (outcome.ok) return outcome.appended;
  throw deserializeError(outcome.error);
}

/** All shards first, then those that differ from what was told last. */
function watch(log: Log, signal: AbortSignal): AsyncIterable<BrokerChange> {
  let told = new Map<number, ShardState>();
  return conflate({
    subscribe: (changed) => log.onChange(changed),
    take() {
      const now = new Map(log.shards().map((shard) => [shard.id, shard]));
      const shards = [...now.values()].filter((shard) => hasChanged(shard, told.get(shard.id)));
      const deleted = [...told.keys()].filter((id) => !now.has(id));
      told = now;
      return { shards, deleted, appendP99Ms: log.appendP99Ms() };
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
