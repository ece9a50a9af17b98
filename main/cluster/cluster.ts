/**
 * The cluster as the engine sees it: its brokers, where the shards of each stream are, and the way to them. It is the controller:
 * it places shards; later it decides on leaders too.
 */
import { deserializeError, LabError } from '../api/errors.ts';
import type { BrokerStatus } from '../api/lab.ts';
import type { Appended, BatchMeta, ShardState } from '../log/index.ts';
import type { Spawner } from '../processes/spawner.ts';
import { type Fetched, FETCH_BYTES_MAX, type RowCursors, type ShardBounds, type ShardCursor } from './brokerContract.ts';
import { type BrokerClient, type BrokerLink, createBrokerLink } from './brokerLink.ts';
import type { BrokerBoot } from './brokerProcess.ts';

/** Where a shard of a stream is. */
export interface ShardPlace {
  number: number;
  brokerId: number;
  /** The broker's own number of the shard, never used again. */
  shardId: number;
}

export interface BatchToAppend {
  place: ShardPlace;
  bytes: Uint8Array;
}

export interface Cluster {
  brokers(): BrokerStatus[];
  /** 99th percentile of the appends of the slowest broker, milliseconds. */
  appendP99Ms(): number | null;
  /** The last known state of a shard; undefined where its broker has not told of it. */
  state(place: ShardPlace): ShardState | undefined;
  isUp(brokerId: number): boolean;
  /** All shards that the brokers hold, by the id of their stream. */
  shardsOf(streamId: string): ShardPlace[];
  createShards(streamId: string, stream: string, count: number): Promise<ShardPlace[]>;
  deleteShards(places: ShardPlace[]): Promise<void>;
  /** Deletes the shards of one stream where nothing was ever appended to them. */
  deleteEmptyShards(places: ShardPlace[]): Promise<boolean>;
  /** All batches of one broker are committed together; answers in the order of the batches, or throws the first refusal. */
  append(batches: BatchToAppend[], signal?: AbortSignal): Promise<Appended[]>;
  fetch(place: ShardPlace, from: bigint, bytesMax?: number): Promise<Fetched>;
  bounds(places: ShardPlace[]): Promise<ShardBounds[]>;
  rowCursors(places: ShardPlace[], row: number): Promise<RowCursors>;
  timeCursors(places: ShardPlace[], appendTime: bigint): Promise<ShardCursor[]>;
  batchAt(place: ShardPlace, offset: bigint): Promise<BatchMeta | null>;
  /** Called at each change of a broker or a shard, until the returned function is called. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface ClusterOptions {
  spawner: Spawner;
  boots: BrokerBoot[];
  /** A broker has come up: what it holds is made to agree with the catalog. */
  cameUp: (brokerId: number, client: BrokerClient) => Promise<void>;
}

/** Starts all brokers; fails where one of them can not be started. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const links = new Map<number, BrokerLink>();
  for (const boot of options.boots) {
    links.set(
      boot.brokerId,
      createBrokerLink({ spawner: options.spawner, boot, changed, cameUp: (client) => options.cameUp(boot.brokerId, client) }),
    );
  }
  const close = async (): Promise<void> => void (await Promise.all([...links.values()].map((link) => link.close())));
  try {
    await Promise.all([...links.values()].map((link) => link.start()));
  } catch (error) {
    await close();
    throw error;
  }

  /** Appends that wait for their answers. */
  let underWay = 0;

  function link(brokerId: number): BrokerLink {
    const found = links.get(brokerId);
    if (!found) throw new LabError('broker-down', `There is no broker ${brokerId} in this workspace.`);
    return found;
  }
  const client = (place: ShardPlace): BrokerClient => link(place.brokerId).client();

  /** Shards of one stream stand on one broker. */
  function soleBroker(places: ShardPlace[]): BrokerClient {
    const first = places[0];
    if (!first) throw new LabError('no-such-shard', 'No shard was named.');
    return client(first);
  }

  return {
    brokers: () => [...links.values()].map((each) => ({ ...each.status })),
    appendP99Ms() {
      const known = [...links.values()].map((each) => each.appendP99Ms).filter((ms) => ms !== null);
      return known.length === 0 ? null : Math.max(...known);
    },
    state: (place) => links.get(place.brokerId)?.shards.get(place.shardId),
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
    async createShards(streamId, stream, count) {
      const [first] = links.values();
      const made = await link(first!.id)
        .client()
        .createShards({ streamId, stream, numbers: Array.from({ length: count }, (_, number) => number) });
      return made.map((shard) => ({ number: shard.number, brokerId: first!.id, shardId: shard.id }));
    },
    async deleteShards(places) {
      const byBroker = Map.groupBy(places, (place) => place.brokerId);
      await Promise.all(
        [...byBroker].map(([id, own]) =>
          link(id)
            .client()
            .deleteShards({ shardIds: own.map((place) => place.shardId) }),
        ),
      );
    },
    deleteEmptyShards: (places) => soleBroker(places).deleteEmptyShards({ shardIds: places.map((place) => place.shardId) }),
    async append(batches, signal) {
      const broker = soleBroker(batches.map((batch) => batch.place));
      const request = batches.map((batch) => ({ shardId: batch.place.shardId, bytes: batch.bytes }));
      underWay += 1;
      const answer = broker.append({ batches: request, underWay }, signal ? { signal } : {});
      const outcomes = await answer.finally(() => (underWay -= 1));
      return outcomes.map((outcome) => {
        if (outcome.ok) return outcome.appended;
        throw deserializeError(outcome.error);
      });
    },
    fetch: (place, from, bytesMax = FETCH_BYTES_MAX) => client(place).fetch({ shardId: place.shardId, from, bytesMax }),
    bounds: (places) => soleBroker(places).bounds({ shardIds: places.map((place) => place.shardId) }),
    rowCursors: (places, row) => soleBroker(places).rowCursors({ shardIds: places.map((place) => place.shardId), row }),
    timeCursors: (places, appendTime) => soleBroker(places).timeCursors({ shardIds: places.map((place) => place.shardId), appendTime }),
    batchAt: (place, offset) => client(place).batchAt({ shardId: place.shardId, offset }),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close,
  };
}
