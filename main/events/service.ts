/** The calls of api/events.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import type { events } from '../api/events.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { createBatchReader } from './batches.ts';
import { eventDetail } from './detail.ts';
import { readRange } from './read.ts';
import { eventWindow, rowOf } from './rows.ts';

export function createEventsService(registry: StreamRegistry, cluster: Cluster): DomainHandlers<typeof events> {
  const reader = createBatchReader(cluster);
  return {
    window: ({ stream, shards, from, limit }) => eventWindow(cluster, reader, registry.places(stream, shards), from, limit),
    async rowOf({ stream, shards, shard, offset }) {
      const [place] = registry.places(stream, [shard]);
      const places = registry.places(stream, shards);
      return { row: await rowOf(cluster, reader, places.includes(place!) ? places : [...places, place!], place!, offset) };
    },
    get({ stream, shard, offset }) {
      const [place] = registry.places(stream, [shard]);
      return eventDetail(cluster, reader, registry.get(stream), place!, offset);
    },
    read: ({ stream, shards, from, until }, { signal }) => readRange(cluster, reader, registry.places(stream, shards), from, until, signal),
  };
}
