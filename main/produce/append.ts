/** Records on their way into a stream: checked, given to shards, made into batches, appended. */
import { LabError } from '../api/errors.ts';
import type { Appended, ShardAppend } from '../api/produce.ts';
import { HEADERS_BYTES_MAX, HEADERS_MAX, KEY_BYTES_MAX, type NewRecord } from '../api/values.ts';
import type { BatchToAppend, Cluster, ShardPlace } from '../cluster/cluster.ts';
import {
  attributesOf,
  batchBytesOf,
  type BatchLease,
  BatchMemory,
  createPartitioner,
  encodeBatch,
  type NewRecord as LogRecord,
  type Partitioner,
  RECORDS_AT,
  tooLarge,
} from '../log/index.ts';
import { assertNotInternal, type StreamRegistry } from '../streams/registry.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { SettingsStore } from '../workspace/settings.ts';

/** Bytes of records in one append: it must fit in a frame to the broker. */
export const APPEND_BYTES_MAX = 12 * 1024 * 1024;
/** A batch is closed when its records have this many bytes, or more would be larger than the stream's batches may be: readers need not fetch more for one event. */
const BATCH_TARGET_BYTES = 1024 * 1024;
/** A generous guess of what the format adds to a record, bytes. */
const RECORD_OVERHEAD_BYTES = 40;
/** The most that it adds to a header: the lengths of name and value, each up to HEADERS_BYTES_MAX. */
const HEADER_OVERHEAD_BYTES = 8;

/** Who appends, as the headers of the batches tell it, so that what is in the log can be told from what is not. */
export interface Producer {
  id: bigint;
  epoch: number;
  /** Of each shard the number of the next record that this producer appends to it, from 0. */
  sequences: readonly number[];
}

export interface Appender {
  /** Appends the records in their order, all or none. Errors: as api/produce.ts says. */
  append(stream: string, records: readonly NewRecord[], options?: { signal?: AbortSignal; producer?: Producer }): Promise<Appended>;
  /** Throws `value-too-large`, `batch-too-large`, `bad-input` or `no-such-shard` for a record that this stream does not take. */
  check(stream: StreamPlaces, record: NewRecord): void;
}

/** What of a record takes room in a batch. */
type Sized = Pick<LogRecord, 'key' | 'value' | 'headers'>;

/** So many sequence numbers there are: the next one is 0 again. */
export const SEQUENCES = 2 ** 31;

export interface AppenderParts {
  registry: StreamRegistry;
  cluster: Cluster;
  settings: SettingsStore;
  now: () => number;
  random: () => number;
}

export function createAppender({ registry, cluster, settings, now, random }: AppenderParts): Appender {
  const memory = new BatchMemory();
  const partitioners = new Map<string, { shards: number; partitioner: Partitioner }>();

  function partitionerOf(stream: StreamPlaces): Partitioner {
    const known = partitioners.get(stream.id);
    if (known?.shards === stream.shards.length) return known.partitioner;
    const made = createPartitioner(stream.shards.length, random);
    partitioners.set(stream.id, { shards: stream.shards.length, partitioner: made });
    return made;
  }

  return {
    check(stream, record) {
      checkRecord(stream, record, settings.get().valueBytesMax);
      const { batchBytesMax } = stream.settings;
      if (!fits(record, batchBytesMax)) throw tooLargeAlone('this event', record, batchBytesMax);
    },
    async append(name, records, { signal, producer } = {}) {
      assertNotInternal(name);
      const stream = registry.get(name);
      const { valueBytesMax } = settings.get();
      const timestamp = BigInt(Math.floor(now()));
      const lease = memory.lease();
      const batches = toBatches(stream, partitionerOf(stream), records, { timestamp, valueBytesMax, producer, lease });
      const results = await cluster.append(batches, signal);
      // Only now: an append that was given up may still be on its way.
      lease.giveBack();
      return { events: records.length, shards: perShard(batches, results) };
    },
  };
}

function checkRecord(stream: StreamPlaces, record: NewRecord, valueBytesMax: number): void {
  checkSizes(record, valueBytesMax);
  const { shard } = record;
  if (shard !== null && !stream.shards[shard]) {
    throw new LabError(
      'no-such-shard',
      `The stream “${stream.name}” has the shards 0 to ${stream.shards.length - 1}; there is no shard ${shard}.`,
    );
  }
}

/** Throws `value-too-large` or `bad-input` for a record that no stream of this workspace takes. */
export function checkSizes({ key, value, headers }: NewRecord, valueBytesMax: number): void {
  if (value && value.length > valueBytesMax) {
    throw new LabError(
      'value-too-large',
      `The value has ${value.length.toLocaleString('en')} bytes; this workspace takes at most ${valueBytesMax.toLocaleString('en')} (“Largest value”, under Settings in the lab’s page).`,
    );
  }
  if (key && key.length > KEY_BYTES_MAX) {
    throw new LabError(
      'bad-input',
      `The key has ${key.length.toLocaleString('en')} bytes; a key has at most ${KEY_BYTES_MAX.toLocaleString('en')}.`,
    );
  }
  if (headers.length > HEADERS_MAX) {
    const [have, most] = [headers.length.toLocaleString('en'), HEADERS_MAX.toLocaleString('en')];
    throw new LabError('bad-input', `This event has ${have} headers; an event has at most ${most}.`);
  }
  if (headers.length > 0 && headersBytes(headers) > HEADERS_BYTES_MAX) {
    throw new LabError(
      'bad-input',
      `The headers have ${headersBytes(headers).toLocaleString('en')} bytes; all of an event together have at most ${HEADERS_BYTES_MAX.toLocaleString('en')}.`,
    );
  }
}

/** Whether the event, alone in a batch, is not larger than that: before compression, so that nobody has to try how far it can be compressed. */
export function fits(record: Sized, batchBytesMax: number, bytes = sizeOf(record)): boolean {
  return RECORDS_AT + bytes <= batchBytesMax || batchBytesOf(record) <= batchBytesMax;
}

const tooLargeAlone = (which: string, record: Sized, batchBytesMax: number): LabError =>
  tooLarge(`A record batch of ${which} alone`, batchBytesOf(record), batchBytesMax);

function headersBytes(headers: NewRecord['headers']): number {
  return headers.reduce((sum, [name, content]) => sum + Buffer.byteLength(name) + (content?.length ?? 0), 0);
}

/** What goes into one batch. */
interface Part {
  place: ShardPlace;
  records: LogRecord[];
  bytes: number;
}

/**
 * The records in their order, by shard, cut into batches; ones without a timestamp get `timestamp`. Throws `too-many`, `batch-too-large`,
 * and what {@link checkRecord} throws. Each record is looked at once: at a million in a second, what is looked at twice shows.
 */
function toBatches(
  stream: StreamPlaces,
  partitioner: Partitioner,
  records: readonly NewRecord[],
  {
    timestamp,
    valueBytesMax,
    producer,
    lease,
  }: { timestamp: bigint; valueBytesMax: number; producer: Producer | undefined; lease: BatchLease },
): BatchToAppend[] {
  partitioner.newBatch();
  const { compression, batchBytesMax } = stream.settings;
  const attributes = attributesOf(compression);
  const targetBytes = recordsBytesMax(batchBytesMax);
  const open = new Array<Part | undefined>(stream.shards.length);
  const parts: Part[] = [];
  let total = 0;
  let place = 0;
  for (const record of records) {
    checkRecord(stream, record, valueBytesMax);
    const shard = record.shard ?? partitioner.shardFor(record.key);
    const bytes = sizeOf(record);
    place++;
    if (!fits(record, batchBytesMax, bytes)) {
      throw tooLargeAlone(records.length === 1 ? 'this event' : `event ${place} of these ${records.length}`, record, batchBytesMax);
    }
    total += bytes;
    let part = open[shard];
    if (!part || part.bytes + bytes > targetBytes) {
      part = { place: stream.shards[shard]!, records: [], bytes: 0 };
      open[shard] = part;
      parts.push(part);
    }
    part.bytes += bytes;
    part.records.push(record.timestamp === null ? { ...record, timestamp } : (record as LogRecord));
  }
  if (total > APPEND_BYTES_MAX) {
    const [most, have] = [APPEND_BYTES_MAX.toLocaleString('en'), total.toLocaleString('en')];
    throw new LabError('too-many', `One append takes at most ${most} bytes of events; these have ${have}. Send them in smaller parts.`);
  }
  const numbers = producer && numbering(producer);
  return parts.map(({ place, records: own }) => ({
    place,
    bytes: encodeBatch({ records: own, attributes, bytesMax: batchBytesMax, ...numbers?.(place, own.length) }, lease.take),
  }));
}

/** The bytes of records, as {@link sizeOf} has them, at which a batch of the lab's own is closed. */
export function recordsBytesMax(batchBytesMax: number): number {
  return Math.min(BATCH_TARGET_BYTES, batchBytesMax - RECORDS_AT);
}

/** Gives the batches of a producer their places in its sequences, which wrap around at 2³¹ as Kafka's do. */
function numbering({ id, epoch, sequences }: Producer) {
  const next = [...sequences];
  return ({ number }: ShardPlace, records: number) => {
    const first = next[number] ?? 0;
    next[number] = first + records;
    return { producerId: id, producerEpoch: epoch, firstSequence: first % SEQUENCES };
  };
}

export function sizeOf({ key, value, headers }: Sized): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  if (headers.length === 0) return bytes;
  for (const [name, content] of headers) bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + (content?.length ?? 0);
  return bytes;
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
