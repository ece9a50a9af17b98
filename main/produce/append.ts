/** Records on their way into a stream: checked, given to shards, made into batches, appended. */
import { LabError } from '../api/errors.ts';
import type { Appended, ShardAppend } from '../api/produce.ts';
import { KEY_BYTES_MAX, type NewRecord } from '../api/values.ts';
import type { BatchToAppend, Cluster } from '../cluster/cluster.ts';
import { createPartitioner, encodeBatch, type Partitioner } from '../log/index.ts';
import type { StreamPlaces, StreamRegistry } from '../streams/registry.ts';
import type { SettingsStore } from '../workspace/settings.ts';

/** Bytes of records in one append: it must fit in a frame to the broker. */
export const APPEND_BYTES_MAX = 12 * 1024 * 1024;
/** A batch is closed when its records have this many bytes, so that readers need not fetch more for one event. */
const BATCH_TARGET_BYTES = 1024 * 1024;
/** A generous guess of what the format adds to a record, bytes. */
const RECORD_OVERHEAD_BYTES = 40;

export interface Appender {
  /** Appends the records in their order, all or none. Errors: as api/produce.ts says. */
  append(stream: string, records: readonly NewRecord[], signal?: AbortSignal): Promise<Appended>;
  /** Throws `value-too-large`, `bad-input` or `no-such-shard` for a record that this stream does not take. */
  check(stream: StreamPlaces, record: NewRecord): void;
}

export interface AppenderParts {
  registry: StreamRegistry;
  cluster: Cluster;
  settings: SettingsStore;
  now: () => number;
  random: () => number;
}

export function createAppender({ registry, cluster, settings, now, random }: AppenderParts): Appender {
  const partitioners = new Map<string, Partitioner>();

  function partitionerOf(stream: StreamPlaces): Partitioner {
    const known = partitioners.get(stream.id);
    if (known) return known;
    const made = createPartitioner(stream.shards.length, random);
    partitioners.set(stream.id, made);
    return made;
  }

  function check(stream: StreamPlaces, record: NewRecord): void {
    const { valueBytesMax } = settings.get();
    if (record.value && record.value.length > valueBytesMax) {
      throw new LabError(
        'value-too-large',
        `The value has ${record.value.length.toLocaleString('en')} bytes; this workspace takes at most ${valueBytesMax.toLocaleString('en')} (“Largest value” in Settings).`,
      );
    }
    if (record.key && record.key.length > KEY_BYTES_MAX) {
      throw new LabError('bad-input', `The key has ${record.key.length.toLocaleString('en')} bytes; a key has at most ${KEY_BYTES_MAX.toLocaleString('en')}.`);
    }
    if (record.shard !== null && !stream.shards[record.shard]) {
      throw new LabError('no-such-shard', `The stream “${stream.name}” has the shards 0 to ${stream.shards.length - 1}; there is no shard ${record.shard}.`);
    }
  }

  return {
    check,
    async append(name, records, signal) {
      const stream = registry.get(name);
      let bytes = 0;
      for (const record of records) {
        check(stream, record);
        bytes += sizeOf(record);
      }
      if (bytes > APPEND_BYTES_MAX) {
        throw new LabError('too-many', `One append takes at most ${APPEND_BYTES_MAX.toLocaleString('en')} bytes of events; these have ${bytes.toLocaleString('en')}. Send them in smaller parts.`);
      }
      const partitioner = partitionerOf(stream);
      partitioner.newBatch();
      const byShard = stream.shards.map((): NewRecord[] => []);
      for (const record of records) byShard[partitioner.shardFor({ key: record.key, shard: record.shard ?? undefined })]!.push(record);
      const timestamp = BigInt(Math.floor(now()));
      const batches: BatchToAppend[] = stream.shards.flatMap((place, shard) =>
        inBatches(byShard[shard]!).map((part) => ({
          place,
          bytes: encodeBatch({ records: part.map((record) => ({ ...record, timestamp: record.timestamp ?? timestamp })) }),
        })),
      );
      const results = await cluster.append(batches, signal);
      return { events: records.length, shards: perShard(batches, results) };
    },
  };
}

export function sizeOf({ key, value, headers }: NewRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) bytes += 10 + name.length * 3 + (content?.length ?? 0);
  return bytes;
}

function inBatches(records: readonly NewRecord[]): NewRecord[][] {
  const parts: NewRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const size = sizeOf(record);
    if (bytes + size > BATCH_TARGET_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    bytes += size;
    parts.at(-1)!.push(record);
  }
  return parts;
}

function perShard(batches: readonly BatchToAppend[], results: readonly { baseOffset: bigint; lastOffset: bigint }[]): ShardAppend[] {
  const shards = new Map<number, ShardAppend>();
  batches.forEach(({ place }, index) => {
    const { baseOffset, lastOffset } = results[index]!;
    const events = Number(lastOffset - baseOffset) + 1;
    const known = shards.get(place.number);
    if (known) {
      known.lastOffset = lastOffset;
      known.events += events;
    } else {
      shards.set(place.number, { shard: place.number, firstOffset: baseOffset, lastOffset, events });
    }
  });
  return [...shards.values()].sort((a, b) => a.shard - b.shard);
}
