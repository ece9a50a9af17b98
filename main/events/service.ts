/** The calls of api/events.ts. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { events } from '../api/events.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { BatchReader } from './batches.ts';
import { eventDetail } from './detail.ts';
import { histogram, timestampSource } from './histogram.ts';
import { readRange } from './read.ts';
import { eventWindow, positionsAt, seek } from './rows.ts';
import { rowOf } from './standing.ts';

export function createEventsService(registry: StreamRegistry, cluster: Cluster, reader: BatchReader): DomainHandlers<typeof events> {
  return {
    async window({ stream, shards, from, limit }) {
      const places = registry.places(stream, shards);
      return eventWindow(cluster, reader, places, from, limit).catch((error: unknown) => rethrow(error, stream));
    },
    async rowOf({ stream, shards, shard, offset }) {
      const [place] = registry.places(stream, [shard]);
      const chosen = registry.places(stream, shards);
      const places = chosen.includes(place!) ? chosen : [...chosen, place!];
      return { row: await rowOf(cluster, reader, places, place!, offset).catch((error: unknown) => rethrow(error, stream)) };
    },
    async seek({ stream, shards, to }) {
      const places = registry.places(stream, shards);
      return seek(cluster, reader, places, to).catch((error: unknown) => rethrow(error, stream));
    },
    async positionsAt({ stream, shards, row }) {
      const places = registry.places(stream, shards);
      return positionsAt(cluster, reader, places, row).catch((error: unknown) => rethrow(error, stream));
    },
    async histogram({ stream, shards, range, buckets }) {
      const places = registry.places(stream, shards);
      return histogram(timestampSource(cluster, places), range, buckets).catch((error: unknown) => rethrow(error, stream));
    },
    async get({ stream, shard, offset }) {
      const [place] = registry.places(stream, [shard]);
      return eventDetail(cluster, reader, registry.get(stream), place!, offset).catch((error: unknown) => rethrow(error, stream));
    },
    async *read({ stream, shards, from, until }, { signal }) {
      const first = registry.places(stream, shards);
      // Once it is deleted, reading says so.
      const places = () => (registry.has(stream) ? registry.places(stream, shards) : first);
      try {
        yield* readRange(cluster, reader, { places, from, until }, signal);
      } catch (error) {
        rethrow(error, stream);
      }
    },
  };
}

/** The shards were there as the request came in: that a broker has them no more says that the stream was deleted meanwhile. */
function rethrow(error: unknown, stream: string): never {
  if (!(error instanceof LabError) || error.code !== 'no-such-shard') throw error;
  throw new LabError('no-such-stream', `The stream “${stream}” was deleted while it was read.`, { cause: error });
}
