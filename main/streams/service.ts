/** The calls of api/streams.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import { shardForKey } from '../api/murmur2.ts';
import { GROWTH_EXAMPLES_MAX, GROWTH_KEYS_MAX, type streams } from '../api/streams.ts';
import type { ShardPlace } from '../cluster/cluster.ts';
import { conflate } from '../rpc/conflate.ts';
import { assertNotInternal, type StreamRegistry } from './registry.ts';
import type { Summaries } from './summaries.ts';

/** Pages hear of changed counts at most this often, milliseconds. */
const SUMMARIES_INTERVAL_MS = 100;

export interface StreamsServiceParts {
  registry: StreamRegistry;
  summaries: Summaries;
  /** The different keys of the newest events, at most so many, newest first. */
  recentKeys: (places: ShardPlace[], most: number) => Promise<Uint8Array[]>;
}

export function createStreamsService({ registry, summaries, recentKeys }: StreamsServiceParts): DomainHandlers<typeof streams> {
  return {
    list: () => summaries.all(),
    watch: (_input, { signal }) =>
      conflate({
        subscribe: (changed) => summaries.onChange(changed),
        take: () => summaries.all(),
        intervalMs: SUMMARIES_INTERVAL_MS,
        signal,
      }),
    create: async ({ name, shards }) => summaries.of(await registry.create(name, shards)),
    async changeSettings({ name, settings }) {
      assertNotInternal(name);
      return summaries.of(await registry.changeSettings(name, settings));
    },
    async previewGrowth({ name, shards }) {
      const { shards: places } = registry.growable(name, shards);
      const keys = await recentKeys(places, GROWTH_KEYS_MAX);
      const moved = keys
        .map((key) => ({ key, from: shardForKey(key, places.length), to: shardForKey(key, shards) }))
        .filter(({ from, to }) => from !== to);
      return { keys: keys.length, moved: moved.length, examples: moved.slice(0, GROWTH_EXAMPLES_MAX) };
    },
    async grow({ name, shards }) {
      assertNotInternal(name);
      return summaries.of(await registry.grow(name, shards));
    },
    delete({ name }) {
      assertNotInternal(name);
      return registry.delete(name);
    },
  };
}
