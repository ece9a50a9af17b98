/**
 * The cluster as the engine sees it: its brokers, where the shards of each stream are, and the way to them. It is the controller:
 * it places shards; later it decides on leaders too. Shards are spread over the brokers, not replicated: each is on one.
 */
import { deserializeError, LabError, toLabError } from '../api/errors.ts';
import type { BrokerStatus } from '../api/lab.ts';
import type {
  Appended,
  AppendOutcome,
  BatchMeta,
  Durability,
  ReaderPosition,
  RestoredShard,
  Retention,
  ShardState,
  TimedOffset,
} from '../log/index.ts';
import type { Spawner } from '../processes/spawner.ts';
import {
  type BrokerAccess,
  type CheckedSlice,
  type Fetched,
  FETCH_BYTES_MAX,
  type ProducedSlice,
  type RowCursors,
  type ShardBounds,
  type ShardCursor,
} from './brokerContract.ts';
import { type BrokerClient, type BrokerLink, type ControllerHandlers, createBrokerLink, type KafkaListenerClient } from './brokerLink.ts';
import type { BrokerBoot } from './brokerProcess.ts';
import { createReading } from './reading.ts';
import { byBroker, type ShardPlace } from './shardPlace.ts';
import type { Buckets, TimeCounts, TimeExtent } from './timeCounts.ts';

export type { ShardPlace };

export interface BatchToAppend {
  place: ShardPlace;
  bytes: Uint8Array;
  /** Of a batch that is restored: its append time (log/store/append.ts). */
  restoredFrom?: bigint;
}

export interface Cluster {
  brokers(): BrokerStatus[];
  /** 99th percentile of the appends of the slowest broker, milliseconds. */
  appendP99Ms(): number | null;
  /** The last known state of a shard; undefined where its broker has not told of it. */
  state(place: ShardPlace): ShardState | undefined;
  /** As they are now, asked for; undefined for a shard that is not there any more. */
  currentStates(places: ShardPlace[]): Promise<(ShardState | undefined)[]>;
  isUp(brokerId: number): boolean;
  /** All shards that the brokers hold, by the id of their stream. */
  shardsOf(streamId: string): ShardPlace[];
  /** Places the shards on the brokers that are up and hold the fewest. Throws `broker-down` where none is. */
  createShards(streamId: string, stream: string, numbers: readonly number[]): Promise<ShardPlace[]>;
  /** The same on chosen brokers. Throws `broker-down` where one of them is not up. */
  createShardsOn(streamId: string, stream: string, shards: readonly { number: number; brokerId: number }[]): Promise<ShardPlace[]>;
  /** Where other processes of the lab reach a broker. Throws `broker-down`. */
  access(brokerId: number): Promise<BrokerAccess>;
  /** The Kafka listener of a broker. Throws `broker-down`. */
  kafka(brokerId: number): KafkaListenerClient;
  /** What a positions shard has of a reader. */
  positions(place: ShardPlace, reader: string): Promise<ReaderPosition[]>;
  /** What a shard that was just made had in another log, before its batches are restored. */
  restoreShard(place: ShardPlace, restored: RestoredShard): Promise<void>;
  deleteShards(places: ShardPlace[]): Promise<void>;
  /** Deletes the shards of one stream where nothing was ever appended to them; never those on several brokers, which can not look at once. */
  deleteEmptyShards(places: ShardPlace[]): Promise<boolean>;
  /** Of the shards whose brokers are up; the others are told when they come up (streams/registry.ts). */
  setRetention(places: ShardPlace[], retention: Retention): Promise<void>;
  /**
   * All batches of one broker are committed together; answers in the order of the batches, or throws the first refusal. Where one broker
   * has taken its batches and another has not, it throws a failure whose outcome is not known ({@link isUnsure}).
   */
  append(batches: BatchToAppend[], signal?: AbortSignal): Promise<Appended[]>;
  /** Appends batches of a producer's sequence; those that are there already are passed over (log/store/producerTable.ts). */
  send(brokerId: number, batches: { shardId: number; bytes: Uint8Array }[]): Promise<void>;
  /**
   * What these shards need not keep is not trimmed ({@link BrokerClient}, keep) until the returned function is called; or until their broker ends.
   */
  keep(places: ShardPlace[]): Promise<() => void>;
  /** Batches for shards of one broker, all of them or none, in a transaction of their own. */
  commit(brokerId: number, batches: { place: ShardPlace; bytes: Uint8Array }[]): Promise<Appended[]>;
  fetch(place: ShardPlace, from: bigint, bytesMax?: number): Promise<Fetched>;
  bounds(places: ShardPlace[]): Promise<ShardBounds[]>;
  rowCursors(places: ShardPlace[], row: number): Promise<RowCursors>;
  timeCursors(places: ShardPlace[], appendTime: bigint): Promise<ShardCursor[]>;
  /** See brokerContract.ts. */
  offsetsForTime(places: ShardPlace[], timestamp: bigint): Promise<(TimedOffset | null)[]>;
  greatestTimestamps(places: ShardPlace[]): Promise<(TimedOffset | null)[]>;
  /** The greatest timestamp of all batches that begin before the offset of their shard; null where there is none. */
  greatestBefore(before: readonly { place: ShardPlace; offset: bigint }[]): Promise<bigint | null>;
  timeExtents(places: ShardPlace[]): Promise<(TimeExtent | null)[]>;
  timeCounts(places: ShardPlace[], buckets: Buckets): Promise<TimeCounts[]>;
  batchAt(place: ShardPlace, offset: bigint): Promise<BatchMeta | null>;
  check(place: ShardPlace, from: bigint): Promise<CheckedSlice>;
  producedBy(place: ShardPlace, from: bigint, producerId: bigint): Promise<ProducedSlice>;
  /** Called at each change of a broker or a shard, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Starts one more. Throws `broker-down` where it can not be started. */
  addBroker(boot: BrokerBoot): Promise<void>;
  /** Ends the process of a broker at once, as a crash does; it is started again. Throws `broker-down` where it is not running. */
  kill(brokerId: number): void;
  setDurability(durability: Durability): Promise<void>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  spawner: Spawner;
  boots: BrokerBoot[];
  /** A broker has come up: what it holds is made to agree with the catalog. */
  cameUp: (brokerId: number, client: BrokerClient) => Promise<void>;
  /** What answers the brokers, once it is there. */
  controller: () => ControllerHandlers;
}

/** Starts all brokers; fails where one of them can not be started. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const links = new Map<number, BrokerLink>();
  /** Appends of each broker that wait for their answers. */
  const underWay = new Map<number, number>();

  async function add(boot: BrokerBoot): Promise<void> {
    const { spawner, controller } = options;
    const made = createBrokerLink({ spawner, boot, changed, controller, cameUp: (client) => options.cameUp(boot.brokerId, client) });
    links.set(boot.brokerId, made);
    await made.start();
  }
  const close = async (): Promise<void> => void (await Promise.all([...links.values()].map((link) => link.close())));
  try {
    await Promise.all(options.boots.map(add));
  } catch (error) {
    await close();
    throw error;
  }

  function link(brokerId: number): BrokerLink {
    const found = links.get(brokerId);
    if (!found) throw new LabError('broker-down', `There is no broker ${brokerId} in this workspace.`);
    return found;
  }
  const client = (place: ShardPlace): BrokerClient => link(place.brokerId).client();

  const reading = createReading((brokerId) => link(brokerId).client());

  async function appendTo(brokerId: number, batches: readonly BatchToAppend[], signal?: AbortSignal): Promise<AppendOutcome[]> {
    const request = batches.map(({ place, ...batch }) => ({ shardId: place.shardId, ...batch }));
    const count = (underWay.get(brokerId) ?? 0) + 1;
    underWay.set(brokerId, count);
    const answer = link(brokerId)
      .client()
      .append({ batches: request, underWay: count }, signal ? { signal } : {});
    return answer.finally(() => underWay.set(brokerId, underWay.get(brokerId)! - 1));
  }

  async function append(batches: BatchToAppend[], signal?: AbortSignal): Promise<Appended[]> {
    const parcels = byBroker(batches);
    // One that is known to be down is told before anything is sent to the others.
    for (const [brokerId] of parcels) link(brokerId).client();
    const parts = await Promise.allSettled(parcels.map(([brokerId, own]) => appendTo(brokerId, own, signal)));
    const failed = parts.find((part) => part.status === 'rejected');
    if (failed && parts.some((part) => part.status === 'fulfilled')) throw partly(failed.reason);
    if (failed) throw failed.reason;
    const appended = new Map<BatchToAppend, Appended>();
    parts.forEach((part, index) => {
      const [, own] = parcels[index]!;
      (part as PromiseFulfilledResult<AppendOutcome[]>).value.forEach((outcome, at) => {
        if (!outcome.ok) throw deserializeError(outcome.error);
        appended.set(own[at]!, outcome.appended);
      });
    });
    return batches.map((batch) => appended.get(batch)!);
  }

  /** As many shards as there are numbers, each on the broker that has the fewest by then. */
  function spread(numbers: readonly number[]): Map<number, number[]> {
    const up = [...links.values()].filter(({ status }) => status.state === 'up');
    if (up.length === 0) throw new LabError('broker-down', 'No broker is up just now. Try once more in a moment.', { retriable: true });
    const held = new Map(up.map(({ id, shards }) => [id, shards.size]));
    const placed = new Map<number, number[]>();
    for (const number of numbers) {
      const [id] = [...held].reduce((least, each) => (each[1] < least[1] ? each : least));
      held.set(id, held.get(id)! + 1);
      placed.set(id, [...(placed.get(id) ?? []), number]);
    }
    return placed;
  }

  /** `numbers`: of the shards, by broker. */
  async function createPlaced(streamId: string, stream: string, numbers: ReadonlyMap<number, number[]>): Promise<ShardPlace[]> {
    const parts = await Promise.allSettled(
      [...numbers].map(async ([brokerId, own]) => {
        const made = await link(brokerId).client().createShards({ streamId, stream, numbers: own });
        link(brokerId).learn(made);
        return made.map((shard): ShardPlace => ({ number: shard.number, brokerId, shardId: shard.id }));
      }),
    );
    const made = parts.flatMap((part) => (part.status === 'fulfilled' ? part.value : []));
    const failed = parts.find((part) => part.status === 'rejected');
    if (failed) {
      await deleteShards(made);
      throw failed.reason;
    }
    return made.sort((a, b) => a.number - b.number);
  }

  async function deleteShards(places: readonly ShardPlace[]): Promise<void> {
    await Promise.all(
      byBroker(places).map(async ([id, own]) => {
        const shardIds = own.map((place) => place.shardId);
        await link(id).client().deleteShards({ shardIds });
        link(id).forget(shardIds);
      }),
    );
  }

  return {
    brokers: () => [...links.values()].map((each) => ({ ...each.status })),
    appendP99Ms() {
      const known = [...links.values()].map((each) => each.appendP99Ms).filter((ms) => ms !== null);
      return known.length === 0 ? null : Math.max(...known);
    },
    kafka: (brokerId) => link(brokerId).kafka(),
    state: (place) => links.get(place.brokerId)?.shards.get(place.shardId),
    currentStates: (places) =>
      reading.ofEach(places, async (broker, shardIds) => {
        const held = new Map((await broker.shards({})).map((shard) => [shard.id, shard]));
        return shardIds.map((id) => held.get(id));
      }),
    isUp: (brokerId) => links.get(brokerId)?.status.state === 'up',
    shardsOf(streamId) {
      return [...links.values()]
        .flatMap((each) =>
          [...each.shards.values()]
            .filter((shard) => shard.streamId === streamId)
            .map((shard) => ({ number: shard.number, brokerId: each.id, shardId: shard.id })),
        )
        .sort((a, b) => a.number - b.number);
    },
    createShards: (streamId, stream, numbers) => createPlaced(streamId, stream, spread(numbers)),
    createShardsOn: (streamId, stream, shards) =>
      createPlaced(
        streamId,
        stream,
        new Map([...Map.groupBy(shards, ({ brokerId }) => brokerId)].map(([id, own]) => [id, own.map(({ number }) => number)])),
      ),
    access: (brokerId) => link(brokerId).client().access({}),
    positions: (place, reader) => client(place).positions({ shardId: place.shardId, reader }),
    restoreShard: (place, restored) =>
      client(place).restoreShard({ shardId: place.shardId, restored: { ...restored, parents: [...restored.parents] } }),
    deleteShards,
    async setRetention(places, retention) {
      const up = byBroker(places).filter(([id]) => links.get(id)?.status.state === 'up');
      await Promise.all(
        up.map(([id, own]) =>
          link(id)
            .client()
            .setRetention({ shardIds: own.map((place) => place.shardId), ...retention }),
        ),
      );
    },
    async deleteEmptyShards(places) {
      const [first] = places;
      if (!first || places.some((place) => place.brokerId !== first.brokerId)) return false;
      const shardIds = places.map((place) => place.shardId);
      const isDone = await client(first).deleteEmptyShards({ shardIds });
      if (isDone) link(first.brokerId).forget(shardIds);
      return isDone;
    },
    append,
    send: (brokerId, batches) => link(brokerId).client().send({ batches }),
    async keep(places) {
      const kept = await Promise.all(
        byBroker(places).map(async ([id, own]) => {
          const broker = link(id).client();
          const shardIds = own.map((place) => place.shardId);
          await broker.keep({ shardIds });
          // Of the broker that was told, not of one that has come up since.
          return () => void broker.keepNoMore({ shardIds }).catch(() => {});
        }),
      );
      return () => kept.splice(0).forEach((end) => end());
    },
    commit: (brokerId, batches) =>
      link(brokerId)
        .client()
        .commit({ batches: batches.map(({ place, bytes }) => ({ shardId: place.shardId, bytes })) }),
    fetch: (place, from, bytesMax = FETCH_BYTES_MAX) => client(place).fetch({ shardId: place.shardId, from, bytesMax }),
    bounds: reading.bounds,
    rowCursors: reading.rowCursors,
    timeCursors: reading.timeCursors,
    offsetsForTime: (places, timestamp) => reading.ofEach(places, (broker, shardIds) => broker.offsetsForTime({ shardIds, timestamp })),
    async greatestBefore(before) {
      const asked = byBroker(before).map(([brokerId, own]) => {
        const places = own.map(({ place, offset }) => ({ shardId: place.shardId, offset }));
        return link(brokerId).client().greatestBefore({ places });
      });
      const found = (await Promise.all(asked)).flat();
      return found.reduce((most, each) => (most === null || (each !== null && each > most) ? each : most), null);
    },
    greatestTimestamps: (places) => reading.ofEach(places, (broker, shardIds) => broker.greatestTimestamps({ shardIds })),
    timeExtents: (places) => reading.ofEach(places, (broker, shardIds) => broker.timeExtents({ shardIds })),
    timeCounts: (places, buckets) => reading.ofEach(places, (broker, shardIds) => broker.timeCounts({ shardIds, ...buckets })),
    check: (place, from) => client(place).check({ shardId: place.shardId, from }),
    producedBy: (place, from, producerId) => client(place).producedBy({ shardId: place.shardId, from, producerId }),
    batchAt: (place, offset) => client(place).batchAt({ shardId: place.shardId, offset }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async addBroker(boot) {
      try {
        await add(boot);
      } catch (error) {
        links.delete(boot.brokerId);
        throw error;
      } finally {
        changed();
      }
    },
    kill: (brokerId) => link(brokerId).kill(),
    async setDurability(durability) {
      for (const each of links.values()) each.boot.durability = durability;
      const up = [...links.values()].filter(({ status }) => status.state === 'up');
      await Promise.all(up.map((each) => each.client().setDurability({ durability })));
    },
    close,
  };
}

function partly(failure: unknown): LabError {
  const why = toLabError(failure);
  const message = `A part of these events is in the log, in the shards of other brokers; the rest may be, or not: ${why.message}`;
  return new LabError('broker-down', message, { cause: why });
}
