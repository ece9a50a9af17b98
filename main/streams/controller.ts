/** The calls of cluster/controllerContract.ts: what brokers ask for clients of their endpoints. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { Settings } from '../api/lab.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../api/streams.ts';
import type { Cluster } from '../cluster/cluster.ts';
import {
  type Changed,
  type controllerContract,
  type PlacedStream,
  type Topology,
  TOPOLOGY_INTERVAL_MS,
} from '../cluster/controllerContract.ts';
import { conflate } from '../rpc/conflate.ts';
import { assertNotInternal, isInternal, type StreamRegistry } from './registry.ts';
import { isLost, type StreamPlaces } from './streamPlaces.ts';

export interface ControllerParts {
  registry: StreamRegistry;
  cluster: Cluster;
  settings: { get(): Settings; onChange(listener: () => void): () => void };
  clusterId: string;
  /** Where each broker listens for Kafka's clients. */
  kafkaPorts: { get(): ReadonlyMap<number, number>; onChange(listener: () => void): () => void };
}

export interface Controller {
  handlers: DomainHandlers<(typeof controllerContract)['controller']>;
  generation(): number;
  close(): void;
}

export function createController({ registry, cluster, settings, clusterId, kafkaPorts }: ControllerParts): Controller {
  const listeners = new Set<() => void>();
  let generation = 1;
  let topology: Topology | null = null;
  let brokersUp = upBrokers();

  function changed(): void {
    generation += 1;
    topology = null;
    for (const listener of listeners) listener();
  }

  const stops = [
    registry.onChange(changed),
    settings.onChange(changed),
    kafkaPorts.onChange(changed),
    // It also tells of each append.
    cluster.onChange(() => {
      if (brokersUp !== (brokersUp = upBrokers())) changed();
    }),
  ];

  function upBrokers(): string {
    const up = cluster.brokers().filter(({ state }) => state === 'up');
    return up.map(({ id, restarts }) => `${id}:${restarts}`).join();
  }

  function current(): Topology {
    const ports = kafkaPorts.get();
    const { topicsMadeOnUse, topicShards } = settings.get();
    return (topology ??= {
      generation,
      clusterId,
      brokers: cluster.brokers().flatMap(({ id, state }) => {
        const kafkaPort = ports.get(id);
        return state === 'up' && kafkaPort !== undefined ? { id, kafkaPort } : [];
      }),
      streams: registry.all().flatMap((stream) => (isInternal(stream.name) ? [] : placed(stream))),
      creation: { isOnUse: topicsMadeOnUse, shards: topicShards },
    });
  }

  function placed(stream: StreamPlaces): PlacedStream {
    const shards = isLost(stream) ? [] : stream.shards;
    return {
      id: stream.id,
      name: stream.name,
      settings: stream.settings,
      shards: shards.map((place) => ({ ...place, leaderEpoch: cluster.state(place)?.leaderEpoch ?? 0 })),
    };
  }

  const changedTo = (stream: StreamPlaces): Changed => ({ generation, stream: placed(stream) });

  async function create(name: string, shards: number, brokerIds: number[] | null, settings: StreamSettings): Promise<StreamPlaces> {
    const made = await registry.create(name, shards, brokerIds ?? undefined);
    const isDefault = Object.entries(settings).every(
      ([setting, value]) => STREAM_SETTINGS_DEFAULT[setting as keyof StreamSettings] === value,
    );
    return isDefault ? made : registry.changeSettings(name, settings);
  }

  return {
    generation: () => generation,
    handlers: {
      topology: () => current(),
      watchTopology: (_input, { signal }) =>
        conflate({
          subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          take: current,
          intervalMs: TOPOLOGY_INTERVAL_MS,
          signal,
        }),
      async createStream({ name, shards, brokerIds, settings: named, isOnlyChecked }) {
        if (isOnlyChecked) {
          registry.assertCreatable(name);
          return null;
        }
        return changedTo(await create(name, shards, brokerIds, { ...STREAM_SETTINGS_DEFAULT, ...definedOf(named) }));
      },
      async grow({ name, shards, brokerIds, isOnlyChecked }) {
        assertNotInternal(name);
        if (isOnlyChecked) {
          registry.growable(name, shards);
          return null;
        }
        return changedTo(await registry.grow(name, shards, brokerIds ?? undefined));
      },
      async changeSettings({ name, settings: named }) {
        assertNotInternal(name);
        const { settings: before } = registry.get(name);
        return changedTo(await registry.changeSettings(name, { ...before, ...definedOf(named) }));
      },
      async deleteStream({ name }) {
        if (isInternal(name)) throw new LabError('no-such-stream', `There is no topic “${name}”.`);
        await registry.delete(name);
        return { generation };
      },
    },
    close: () => stops.forEach((stop) => stop()),
  };
}

/** Without those that are not said. */
function definedOf(named: { [N in keyof StreamSettings]?: StreamSettings[N] | undefined }): Partial<StreamSettings> {
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
