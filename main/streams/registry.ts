/** Which streams there are and where their shards lie; making and deleting them so that a crash in between leaves nothing half done. */
import { randomUUID } from 'node:crypto';
import { LabError, toLabError } from '../api/errors.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../api/streams.ts';
import { streamNameProblem } from '../api/values.ts';
import { type BrokerClient, isUnsure } from '../cluster/brokerLink.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { POSITIONS_STREAM, type Retention, type ShardState, STATE_STREAM_PREFIX } from '../log/index.ts';
import type { StreamRecord, StreamRecords } from '../workspace/streamRecords.ts';
import { isLost, type StreamPlaces, type LostStream } from './streamPlaces.ts';
import { createStaging, type Staging } from './staging.ts';

/** Most streams that a workspace has. */
export const STREAMS_MAX = 1_000;

export interface StreamRegistry {
  /** Lost ones included. */
  all(): (StreamPlaces | LostStream)[];
  /** Throws `no-such-stream` and `shards-missing`. */
  get(name: string): StreamPlaces;
  /** Whether the name is taken, also by a lost one. */
  has(name: string): boolean;
  /** The places of the chosen shards, or of all. Throws `no-such-stream`, `shards-missing` and `no-such-shard`. */
  places(name: string, shards: readonly number[] | undefined): ShardPlace[];
  /** `brokerIds`: of each shard in turn, where its place is chosen. */
  create(name: string, shards: number, brokerIds?: readonly number[]): Promise<StreamPlaces>;
  /** Throws what {@link create} would before it makes anything. */
  assertCreatable(name: string): void;
  /** A stream of the lab's own, each shard on the broker of its number in the list. */
  createInternal(name: string, brokerIds: readonly number[]): Promise<StreamPlaces>;
  /** Streams that are filled before they are there. */
  stage(): Staging;
  /** Why no stream can be made under this name, a sentence; null where one can. */
  problemOf(name: string): string | null;
  /** The same for a stream of the lab's own. */
  internalProblemOf(name: string): string | null;
  /** Throws `no-such-stream`. Where its broker is down, retention waits until it is up. */
  changeSettings(name: string, settings: StreamSettings): Promise<StreamPlaces>;
  /** The stream, where it can have so many shards. Throws `bad-input` for as many as it has, or fewer. */
  growable(name: string, shards: number): StreamPlaces;
  /** Adds shards at the end. Keys go by all of them from then on. `brokerIds`: of each added one in turn, where its place is chosen. */
  grow(name: string, shards: number, brokerIds?: readonly number[]): Promise<StreamPlaces>;
  /** The same for a stream of the lab's own: adds a shard on each of these brokers. */
  growInternal(name: string, brokerIds: readonly number[]): Promise<StreamPlaces>;
  /** The shard of positions (log/positions.ts) that each of these brokers has, made where it has none. */
  positionsOn(brokerIds: readonly number[]): Promise<Map<number, ShardPlace>>;
  delete(name: string): Promise<void>;
  /** Deletes this very stream where nothing was ever appended to it. False where something was, or it is gone. */
  deleteEmpty(stream: StreamPlaces): Promise<boolean>;
  onChange(listener: () => void): () => void;
}

/**
 * A broker that comes up may hold shards of streams that were never finished, or already deleted: those go. And it may not yet know what
 * was set while it was away. But where it holds nothing that the catalog knows, its file is another one than it was, perhaps another lab's,
 * and nothing in it is touched.
 */
export async function agreeWithCatalog(records: StreamRecords, client: BrokerClient): Promise<void> {
  const known = new Map(records.all().map((record) => [record.id, record]));
  const held = await client.shards({});
  if (!held.some((shard) => known.has(shard.streamId))) return;
  const strays = held.filter((shard) => known.get(shard.streamId)?.state !== 'open');
  if (strays.length > 0) await client.deleteShards({ shardIds: strays.map((shard) => shard.id) });
  records.dropDoomed();
  for (const [streamId, shards] of Map.groupBy(held, (shard) => shard.streamId)) {
    const record = known.get(streamId);
    if (record?.state === 'open') await setRetention(client, record.settings, shards);
  }
}

async function setRetention(client: BrokerClient, settings: StreamSettings, shards: readonly ShardState[]): Promise<void> {
  const { ms, bytes } = retentionOf(settings);
  const outdated = shards.filter(({ retention }) => retention.ms !== ms || retention.bytes !== bytes);
  if (outdated.length > 0) await client.setRetention({ shardIds: outdated.map((shard) => shard.id), ms, bytes });
}

function retentionOf({ retentionMs, retentionBytes }: StreamSettings): Retention {
  return { ms: retentionMs, bytes: retentionBytes };
}

/** Whether it is a stream that the lab keeps for itself: positions, states of processors. */
export function isInternal(name: string): boolean {
  return name === POSITIONS_STREAM || name.startsWith(STATE_STREAM_PREFIX);
}

/** Throws `bad-input` where its streams are the lab's alone to change. */
export function assertNotInternal(name: string): void {
  if (!isInternal(name)) return;
  throw new LabError('bad-input', `“${name}” is a stream of the lab’s own: it can be read, and nothing else.`);
}

/** Kafka's rule: its metrics replace dots by underscores, so names that differ only in them would collide for its clients. */
function asKafkaSees(name: string): string {
  return name.replaceAll('.', '_');
}

export function createStreamRegistry(records: StreamRecords, cluster: Cluster, now: () => number): StreamRegistry {
  const streams = new Map<string, StreamPlaces | LostStream>();
  const listeners = new Set<() => void>();
  /** Names being made or deleted, as Kafka tells them apart: a second request for one waits for nothing and is told so. */
  const busy = new Set<string>();
  const changed = (): void => listeners.forEach((listener) => listener());

  for (const record of records.all()) {
    if (record.state === 'open') streams.set(record.name, placed(record));
    else records.remove(record.id);
  }
  let starts = brokerStarts();
  cluster.onChange(() => {
    if (starts === (starts = brokerStarts())) return;
    // A broker came up over its file anew: it may be another file, where a shard's number means another shard.
    for (const record of records.all()) if (streams.has(record.name)) streams.set(record.name, placed(record));
    changed();
  });

  /** Differs whenever a broker has come up since. */
  function brokerStarts(): string {
    const up = cluster.brokers().filter(({ state }) => state === 'up');
    return up.map(({ id, restarts }) => `${id}:${restarts}`).join();
  }

  function placed({ id, name, createdAt, settings, shards: expected }: StreamRecord): StreamPlaces | LostStream {
    const shards = cluster.shardsOf(id);
    if (shards.length >= expected) return { id, name, createdAt, shards, settings };
    const files = cluster.brokers().map((broker) => `broker-${broker.id}.sqlite`);
    const problem = `The shards of “${name}” are not in ${files.join(', ')}: the file was lost or replaced. Close the lab and put the file back, or delete the stream.`;
    return { id, name, createdAt, shards, settings, problem };
  }

  function find(name: string): StreamPlaces | LostStream {
    const found = streams.get(name);
    if (found) return found;
    throw new LabError('no-such-stream', `There is no stream “${name}”. Create it, or choose another.`);
  }

  function get(name: string): StreamPlaces {
    const found = find(name);
    if (isLost(found)) throw new LabError('shards-missing', found.problem);
    return found;
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
    if (isInternal(name)) {
      throw new LabError('bad-stream-name', `“${name}” is the name of a stream that the lab keeps for itself. Choose another.`);
    }
    checkUntaken(name);
  }

  function checkUntaken(name: string): void {
    if (streams.has(name)) throw new LabError('stream-exists', `There is already a stream “${name}”. Choose another name.`);
    const twin = [...streams.keys()].find((other) => asKafkaSees(other) === asKafkaSees(name));
    if (twin)
      throw new LabError(
        'stream-exists',
        `“${name}” can not be told from the stream “${twin}” by Kafka’s rule, which treats dot and underscore alike. Choose another name.`,
      );
    if (streams.size >= STREAMS_MAX) throw new LabError('too-many', `A workspace has at most ${STREAMS_MAX} streams.`);
  }

  /** Keeps the name until it is released. */
  function reserve(name: string): void {
    if (isInternal(name)) checkUntaken(name);
    else checkNew(name);
    const kafkaName = asKafkaSees(name);
    if (busy.has(kafkaName)) throw new LabError('stream-exists', `There will be a stream “${name}” in a moment. Choose another name.`);
    if (streams.size + busy.size >= STREAMS_MAX) throw new LabError('too-many', `A workspace has at most ${STREAMS_MAX} streams.`);
    busy.add(kafkaName);
  }

  function growable(name: string, shards: number): StreamPlaces {
    const stream = get(name);
    const has = stream.shards.length;
    if (shards > has) return stream;
    throw new LabError('bad-input', `The stream “${name}” has ${has} ${has === 1 ? 'shard' : 'shards'}. It can get more, and never fewer.`);
  }

  function make(name: string, shards: number, createShards: (id: string) => Promise<ShardPlace[]>): Promise<StreamPlaces> {
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
        const places = await createShards(record.id);
        records.setState(record.id, 'open');
        const made: StreamPlaces = { id: record.id, name, createdAt: record.createdAt, shards: places, settings: record.settings };
        streams.set(name, made);
        return made;
      } catch (error) {
        if (isUnsure(error)) records.doom(record.id);
        else records.remove(record.id);
        throw error;
      }
    });
  }

  /** `createShards` makes those of these numbers for the stream. */
  function addShards(
    stream: StreamPlaces,
    shards: number,
    createShards: (numbers: number[]) => Promise<ShardPlace[]>,
  ): Promise<StreamPlaces> {
    return exclusively(stream.name, async () => {
      const numbers = Array.from({ length: shards - stream.shards.length }, (_, index) => stream.shards.length + index);
      // The brokers first: shards beyond what the catalog says are shards of the stream all the same.
      const made = await createShards(numbers);
      records.setShards(stream.id, shards);
      stream.shards = [...stream.shards, ...made];
      await cluster.setRetention(made, retentionOf(stream.settings));
      return stream;
    });
  }

  function createInternal(name: string, brokerIds: readonly number[]): Promise<StreamPlaces> {
    checkUntaken(name);
    const placed = brokerIds.map((brokerId, number) => ({ brokerId, number }));
    return make(name, brokerIds.length, (id) => cluster.createShardsOn(id, name, placed));
  }

  function addShardsOn(stream: StreamPlaces, brokerIds: readonly number[]): Promise<StreamPlaces> {
    return addShards(stream, stream.shards.length + brokerIds.length, (numbers) =>
      cluster.createShardsOn(
        stream.id,
        stream.name,
        numbers.map((number, index) => ({ number, brokerId: brokerIds[index]! })),
      ),
    );
  }

  const growInternal = (name: string, brokerIds: readonly number[]): Promise<StreamPlaces> => addShardsOn(get(name), brokerIds);

  let positioning: Promise<unknown> = Promise.resolve();

  async function positionsOn(brokerIds: readonly number[]): Promise<Map<number, ShardPlace>> {
    const has = streams.has(POSITIONS_STREAM) ? get(POSITIONS_STREAM).shards : [];
    const missing = brokerIds.filter((id) => !has.some(({ brokerId }) => brokerId === id));
    if (has.length === 0) await createInternal(POSITIONS_STREAM, missing);
    else if (missing.length > 0) await growInternal(POSITIONS_STREAM, missing);
    return new Map(get(POSITIONS_STREAM).shards.map((place) => [place.brokerId, place]));
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
    assertCreatable: checkNew,
    create(name, shards, brokerIds) {
      checkNew(name);
      const numbers = Array.from({ length: shards }, (_, number) => number);
      if (brokerIds) {
        const placed = numbers.map((number) => ({ number, brokerId: brokerIds[number]! }));
        return make(name, shards, (id) => cluster.createShardsOn(id, name, placed));
      }
      return make(name, shards, (id) => cluster.createShards(id, name, numbers));
    },
    createInternal,
    stage: () =>
      createStaging({
        records,
        cluster,
        reserve,
        release: (name) => void busy.delete(asKafkaSees(name)),
        async opened(made) {
          for (const stream of made) streams.set(stream.name, stream);
          changed();
          // A broker that is down is told when it comes up.
          for (const { shards, settings } of made) await cluster.setRetention(shards, retentionOf(settings)).catch(() => {});
        },
      }),
    problemOf(name) {
      try {
        checkNew(name);
        return busy.has(asKafkaSees(name)) ? `There will be a stream “${name}” in a moment.` : null;
      } catch (error) {
        return toLabError(error).message;
      }
    },
    internalProblemOf(name) {
      try {
        checkUntaken(name);
        return null;
      } catch (error) {
        return toLabError(error).message;
      }
    },
    growable,
    grow(name, shards, brokerIds) {
      const stream = growable(name, shards);
      if (brokerIds) return addShardsOn(stream, brokerIds);
      return addShards(stream, shards, (numbers) => cluster.createShards(stream.id, name, numbers));
    },
    growInternal,
    positionsOn(brokerIds) {
      // One after the other: two could make the same shard.
      const found = positioning.then(() => positionsOn(brokerIds));
      positioning = found.catch(() => {});
      return found;
    },
    async changeSettings(name, settings) {
      const stream = get(name);
      records.setSettings(stream.id, settings);
      stream.settings = settings;
      await cluster.setRetention(stream.shards, retentionOf(settings));
      changed();
      return stream;
    },
    delete(name) {
      const stream = find(name);
      return exclusively(name, async () => {
        records.setState(stream.id, 'deleting');
        let isDone = true;
        try {
          await cluster.deleteShards(stream.shards);
        } catch (error) {
          // Shards that may be gone make no stream any more: the broker drops the rest of them when it comes up again.
          if (!isUnsure(error)) {
            records.setState(stream.id, 'open');
            throw error;
          }
          isDone = false;
        }
        streams.delete(name);
        if (isDone) records.remove(stream.id);
        else records.doom(stream.id);
      });
    },
    async deleteEmpty({ id, name }) {
      if (streams.get(name)?.id !== id) return false;
      return exclusively(name, async () => {
        // Not marked as being deleted before: after a crash that would delete a stream that has got events meanwhile.
        if (!(await cluster.deleteEmptyShards(get(name).shards))) return false;
        streams.delete(name);
        records.remove(id);
        return true;
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
