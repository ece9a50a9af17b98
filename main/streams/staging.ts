/**
 * Streams that are filled before they are there: nobody sees them until all of them are open, in one step. Until then they are `making` in
 * the catalog, so that a crash leaves nothing of them.
 */
import { randomUUID } from 'node:crypto';
import { LabError } from '../api/errors.ts';
import type { StreamSettings } from '../api/streams.ts';
import { isUnsure } from '../cluster/brokerLink.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { StreamRecord, StreamRecords } from '../workspace/streamRecords.ts';
import type { StreamPlaces } from './streamPlaces.ts';

export interface StagedStream {
  readonly name: string;
  readonly shards: readonly ShardPlace[];
}

export interface NewStream {
  name: string;
  shards: number;
  createdAt: number;
  settings: StreamSettings;
  /** On which broker each shard is to lie; where nothing is said, on those that hold the fewest. Of a stream of the lab's own. */
  brokerIds?: readonly number[];
}

export interface Staging {
  /** Keeps the name, and makes the shards. Throws `bad-stream-name`, `stream-exists`, `too-many`, `broker-down`. */
  add(stream: NewStream): Promise<StagedStream>;
  /** Takes one back. */
  remove(stream: StagedStream): Promise<void>;
  /** They are there, all at once, and with them what `also` does in the same transaction of the catalog. Throws, and leaves none of them, where shards of one are not there any more: their broker has ended meanwhile. */
  open(also?: () => void): Promise<void>;
  /** Takes all back that are not open. */
  undo(): Promise<void>;
}

export interface StagingParts {
  records: StreamRecords;
  cluster: Cluster;
  /** Throws where the name can not be that of a new stream. */
  reserve: (name: string) => void;
  release: (name: string) => void;
  /** They belong to the registry from now on. */
  opened: (streams: StreamPlaces[]) => Promise<void>;
}

interface Staged extends StagedStream {
  record: StreamRecord;
  shards: ShardPlace[];
}

export function createStaging({ records, cluster, reserve, release, opened }: StagingParts): Staging {
  const staged = new Set<Staged>();

  async function remove(stream: Staged): Promise<void> {
    staged.delete(stream);
    const { record, shards, name } = stream;
    try {
      await cluster.deleteShards(shards);
      records.remove(record.id);
    } catch {
      // A broker that is down drops them when it comes up.
      records.doom(record.id);
    } finally {
      release(name);
    }
  }

  async function undo(): Promise<void> {
    for (const stream of [...staged]) await remove(stream);
  }

  return {
    async add({ name, shards: count, createdAt, settings, brokerIds }) {
      reserve(name);
      const record: StreamRecord = { id: randomUUID(), name, shards: count, createdAt, state: 'making', settings };
      let isKnown = false;
      try {
        records.add(record);
        isKnown = true;
        const numbers = Array.from({ length: count }, (_, number) => number);
        const shards = await (brokerIds
          ? cluster.createShardsOn(
              record.id,
              name,
              numbers.map((number) => ({ number, brokerId: brokerIds[number]! })),
            )
          : cluster.createShards(record.id, name, numbers));
        const stream: Staged = { name, record, shards };
        staged.add(stream);
        return stream;
      } catch (error) {
        if (isKnown && isUnsure(error)) records.doom(record.id);
        else if (isKnown) records.remove(record.id);
        release(name);
        throw error;
      }
    },
    remove: (stream) => remove(stream as Staged),
    async open(also) {
      const streams = [...staged];
      records.open(
        streams.map(({ record }) => record.id),
        also,
      );
      try {
        // Asked after the catalog has them: a broker that had ended before has deleted what it held of them, and keeps it from now on.
        for (const { shards } of streams) await cluster.bounds(shards);
      } catch (error) {
        await undo();
        throw new LabError('broker-down', 'A broker was started again meanwhile, and what it had of these streams is gone. Try again.', {
          cause: error,
        });
      }
      staged.clear();
      for (const { name } of streams) release(name);
      await opened(streams.map(({ record: { id, name, createdAt, settings }, shards }) => ({ id, name, createdAt, shards, settings })));
    },
    undo,
  };
}
