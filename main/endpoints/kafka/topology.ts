/** Which topics and brokers there are, as this broker was last told by the engine. */
import type { DomainClient } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import type { controllerContract, PlacedShard, PlacedStream, Topology } from '../../cluster/controllerContract.ts';
import { KafkaError } from './errorCodes.ts';
import { ZERO_UUID } from './wire/types.ts';

/** Where all of it listens. */
export const HOST = '127.0.0.1';

/** How long a client that has changed something waits until this broker knows of it, milliseconds. */
const REACHED_MS_MAX = 10_000;

export type Controller = DomainClient<(typeof controllerContract)['controller']>;

export interface NamedTopic {
  name: string;
  topicId: string;
}

export interface KnownTopology {
  current(): Topology;
  byName(name: string): PlacedStream | undefined;
  byId(id: string): PlacedStream | undefined;
  /** By id where one is said, else by name. */
  find(topic: NamedTopic): PlacedStream | undefined;
  /** The shard, where this broker has it. Throws a KafkaError that says where else it is, or that it is nowhere. */
  own(topic: NamedTopic, partition: number, leaderEpoch: number): PlacedShard;
  leader(shard: PlacedShard): { id: number; kafkaPort: number } | undefined;
  /** Asks anew. */
  refresh(): Promise<void>;
  reached(generation: number): Promise<void>;
}

/** Resolves when it has been told for the first time. Follows the engine until the signal aborts. */
export async function followTopology(controller: Controller, brokerId: number, signal: AbortSignal): Promise<KnownTopology> {
  let known = indexed(await controller.topology({}));
  const waiting = new Set<() => void>();

  function learn(topology: Topology): void {
    if (topology.generation <= known.topology.generation) return;
    known = indexed(topology);
    for (const told of waiting) told();
  }

  async function follow(): Promise<void> {
    try {
      for await (const topology of controller.watchTopology({}, { signal })) learn(topology);
    } catch {
      // The engine is gone, and this broker with it.
    }
  }
  void follow();

  const byName = (name: string): PlacedStream | undefined => known.byName.get(name);
  const byId = (id: string): PlacedStream | undefined => known.byId.get(id);
  const find = ({ name, topicId }: NamedTopic): PlacedStream | undefined => (topicId === ZERO_UUID ? byName(name) : byId(topicId));

  return {
    current: () => known.topology,
    byName,
    byId,
    find,
    own(topic, partition, leaderEpoch) {
      const stream = find(topic);
      if (!stream && topic.topicId !== ZERO_UUID)
        throw new KafkaError('UNKNOWN_TOPIC_ID', `There is no topic with the id ${topic.topicId}.`);
      const shard = stream?.shards[partition];
      if (!shard)
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no partition ${partition} of “${stream?.name ?? topic.name}”.`);
      if (shard.brokerId !== brokerId) throw new NotLeader(shard);
      if (leaderEpoch !== -1 && leaderEpoch < shard.leaderEpoch)
        throw new KafkaError('FENCED_LEADER_EPOCH', `The leader’s epoch is ${shard.leaderEpoch}.`);
      if (leaderEpoch > shard.leaderEpoch) throw new KafkaError('UNKNOWN_LEADER_EPOCH', `The leader’s epoch is ${shard.leaderEpoch}.`);
      return shard;
    },
    leader: (shard) => known.topology.brokers.find(({ id }) => id === shard.brokerId),
    async refresh() {
      learn(await controller.topology({}));
    },
    async reached(generation) {
      if (known.topology.generation >= generation) return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(() => reject(new LabError('deadline', 'The broker was not told of the change in time.')), REACHED_MS_MAX);
      const told = (): void => {
        if (known.topology.generation >= generation) resolve();
      };
      waiting.add(told);
      await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(told);
      });
    },
  };
}

/** Another broker has the shard. */
export class NotLeader extends KafkaError {
  readonly shard: PlacedShard;

  constructor(shard: PlacedShard) {
    super('NOT_LEADER_OR_FOLLOWER', `The partition is on broker ${shard.brokerId}.`);
    this.shard = shard;
  }
}

function indexed(topology: Topology): { topology: Topology; byName: Map<string, PlacedStream>; byId: Map<string, PlacedStream> } {
  return {
    topology,
    byName: new Map(topology.streams.map((stream) => [stream.name, stream])),
    byId: new Map(topology.streams.map((stream) => [stream.id, stream])),
  };
}
