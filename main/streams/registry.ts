/** Which streams there are and where their shards lie; making and deleting them so that a crash in between leaves nothing half done. */
import { randomUUID } from 'node:crypto';
import { LabError } from '../api/errors.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../api/streams.ts';
import { streamNameProblem } from '../api/values.ts';
import { type BrokerClient, isUnsure } from '../cluster/brokerLink.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { Retention } from '../log/index.ts';
import type { StreamRecord, StreamRecords } from '../workspace/streamRecords.ts';

/** Most streams that a workspace has. */
export const STREAMS_MAX = 1_000;

/** A stream and its shards in their order. */
export interface StreamPlaces {
  id: string;
  name: string;
  createdAt: number;
  shards: ShardPlace[];
  settings: StreamSettings;
}

export interface StreamRegistry {
  all(): StreamPlaces[];
  /** Throws `no-such-stream`. */
  get(name: string): StreamPlaces;
  has(name: string): boolean;
  /** The places of the chosen shards, or of all. Throws `no-such-stream` and `no-such-shard`. */
  places(name: string, shards: readonly number[] | undefined): ShardPlace[];
  create(name: string, shards: number): Promise<StreamPlaces>;
  /** Throws `no-such-stream`. Where its broker is down, retention waits until it is up. */
  changeSettings(name: string, settings: StreamSettings): Promise<StreamPlaces>;
  delete(name: string): Promise<void>;
  onChange(listener: () => void): () => void;
}

/**
 * A broker that comes up may hold shards of streams that were never finished, or already deleted: those go. And it may not yet know what
 * was set while it was away.
 */
export async function agreeWithCatalog(records: StreamRecords, client: BrokerClient): Promise<void> {
  const open = new Map(records.all().flatMap((record) => (record.state === 'open' ? [[record.id, record] as const] : [])));
  const held = await client.shards({});
  const strays = held.filter((shard) => !open.has(shard.streamId));
  if (strays.length > 0) await client.deleteShards({ shardIds: strays.map((shard) => shard.id) });
  for (const [streamId, shards] of Map.groupBy(held, (shard) => shard.streamId)) {
    const wanted = open.get(streamId);
    if (!wanted) continue;
    const { ms, bytes } = retentionOf(wanted.settings);
    const outdated = shards.filter(({ retention }) => retention.ms !== ms || retention.bytes !== bytes);
    if (outdated.length > 0) await client.setRetention({ shardIds: outdated.map((shard) => shard.id), ms, bytes });
  }
}

function retentionOf({ retentionMs, retentionBytes }: StreamSettings): Retention {
  return { ms: retentionMs, bytes: retentionBytes };
}

/** Kafka's rule: its metrics replace dots by underscores, so names that differ only in them would collide for its clients. */
function asKafkaSees(name: string): string {
  return name.replaceAll('.', '_');
}

export function createStreamRegistry(records: StreamRecords, cluster: Cluster, now: () => number): StreamRegistry {
  const streams = new Map<string, StreamPlaces>();
  const listeners = new Set<() => void>();
  /** Names being made or deleted, as Kafka tells them apart: a second request for one waits for nothing and is told so. */
  const busy = new Set<string>();
  const changed = (): void => listeners.forEach((listener) => listener());

  for (const record of records.all()) {
    if (record.state === 'open') streams.set(record.name, placed(record));
    else records.remove(record.id);
  }

  function placed(record: StreamRecord): StreamPlaces {
    return {
      id: record.id,
      name: record.name,
      createdAt: record.createdAt,
      shards: cluster.shardsOf(record.id),
      settings: record.settings,
    };
  }

  function get(name: string): StreamPlaces {
    const found = streams.get(name);
    if (found) return found;
    throw new LabError('no-such-stream', `There is no stream “${name}”. Create it, or choose another.`);
  }

  async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const kafkaName = asKafkaSees(name);
    if (busy.has(kafkaName))
      throw new LabError('stream-exists', `The stream “${name}” is being created or deleted just now. Try again in a moment.`, {
        retriable: true,
      });
    busy.add(kafkaName);
    try {
      return await work();
    } finally {
      busy.delete(kafkaName);
      changed();
    }
  }

  function checkNew(name: string): void {
    const problem = streamNameProblem(name);
    if (problem) throw new LabError('bad-stream-name', problem);
    if (streams.has(name)) throw new LabError('stream-exists', `There is already a stream “${name}”. Choose another name.`);
    const twin = [...streams.keys()].find((other) => asKafkaSees(other) === asKafkaSees(name));
    if (twin)
      throw new LabError(
        'stream-exists',
        `“${name}” can not be told from the stream “${twin}” by Kafka’s rule, which treats dot and underscore alike. Choose another name.`,
      );
    if (streams.size >= STREAMS_MAX) throw new LabError('too-many', `A workspace has at most ${STREAMS_MAX} streams.`);
  }

  return {
    all: () => [...streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get,
    has: (name) => streams.has(name),
    places(name, shards) {
      const stream = get(name);
      if (!shards) return stream.shards;
      return [...new Set(shards)].map((number) => {
        const place = stream.shards[number];
        if (place) return place;
        throw new LabError(
          'no-such-shard',
          `The stream “${name}” has the shards 0 to ${stream.shards.length - 1}; there is no shard ${number}.`,
        );
      });
    },
    create(name, shards) {
      checkNew(name);
      return exclusively(name, async () => {
        const record: StreamRecord = {
          id: randomUUID(),
          name,
          shards,
          createdAt: now(),
          state: 'making',
          settings: STREAM_SETTINGS_DEFAULT,
        };
        records.add(record);
        try {
          const places = await cluster.createShards(record.id, name, shards);
          records.setState(record.id, 'open');
          const made: StreamPlaces = { id: record.id, name, createdAt: record.createdAt, shards: places, settings: record.settings };
          streams.set(name, made);
          return made;
        } catch (error) {
          records.remove(record.id);
          throw error;
        }
      });
    },
    async changeSettings(name, settings) {
      const stream = get(name);
      records.setSettings(stream.id, settings);
      stream.settings = settings;
      try {
        await cluster.setRetention(stream.shards, retentionOf(settings));
      } catch (error) {
        if (!(error instanceof LabError) || error.code !== 'broker-down') throw error;
      }
      changed();
      return stream;
    },
    delete(name) {
      const stream = get(name);
      return exclusively(name, async () => {
        records.setState(stream.id, 'deleting');
        try {
          await cluster.deleteShards(stream.shards);
        } catch (error) {
          // Shards that may be gone make no stream any more: the broker drops the rest of them when it comes up again.
          if (!isUnsure(error)) {
            records.setState(stream.id, 'open');
            throw error;
          }
        }
        streams.delete(name);
        records.remove(stream.id);
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
