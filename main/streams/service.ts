/** The calls of api/streams.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import type { streams } from '../api/streams.ts';
import { conflate } from '../rpc/conflate.ts';
import type { StreamRegistry } from './registry.ts';
import type { Summaries } from './summaries.ts';

/** Pages hear of changed counts at most this often, milliseconds. */
const SUMMARIES_INTERVAL_MS = 100;

export function createStreamsService(registry: StreamRegistry, summaries: Summaries): DomainHandlers<typeof streams> {
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
    changeSettings: async ({ name, settings }) => summaries.of(await registry.changeSettings(name, settings)),
    delete: ({ name }) => registry.delete(name),
  };
}
