/** Streams: make, list, watch and delete them. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing, shardCount, streamName } from './values.ts';

/** Codecs of record batches, in the order of Kafka's numbers. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

/** Shortest and longest retention by age, milliseconds: a second, a hundred years. */
export const RETENTION_MS_MIN = 1_000;
export const RETENTION_MS_MAX = 100 * 365 * 86_400_000;
/** Least and most that retention by size keeps of a shard, bytes: 64 KiB, 1 TiB. */
export const RETENTION_BYTES_MIN = 64 * 1024;
export const RETENTION_BYTES_MAX = 1024 ** 4;

/**
 * Least and most that the largest record batch of a stream may have, bytes: 1 KiB, 8 MiB. So large a batch always fits into a commit and into a frame
 * of main/rpc.
 */
export const BATCH_BYTES_MIN = 1024;
export const BATCH_BYTES_MAX = 8 * 1024 * 1024;

/** Longest path of a field, characters. */
export const FIELD_PATH_CHARS_MAX = 200;

export const streamSettings = v.strictObject({
  /** Events that were appended longer ago, milliseconds, are trimmed; null keeps all. */
  retentionMs: v.nullable(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(RETENTION_MS_MIN, 'Events are kept for at least 1 second.'),
      v.maxValue(RETENTION_MS_MAX, 'Events are kept for at most 100 years. Choose “keep all” for longer.'),
    ),
  ),
  /** The oldest events without which a shard still has this many bytes are trimmed; null keeps all. */
  retentionBytes: v.nullable(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(RETENTION_BYTES_MIN, 'At least 64 KiB of each shard are kept.'),
      v.maxValue(RETENTION_BYTES_MAX, 'At most 1 TiB of each shard is kept. Choose “keep all” for more.'),
    ),
  ),
  /** How the lab compresses the batches that it makes itself; those of other producers stay as they are. */
  compression: v.picklist(CODECS),
  /** The largest record batch that goes in, bytes as it is stored: larger ones of producers are refused, and the lab makes none. */
  batchBytesMax: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(BATCH_BYTES_MIN, 'The largest batch has at least 1 KiB.'),
      v.maxValue(BATCH_BYTES_MAX, 'The largest batch has at most 8 MiB.'),
    ),
    BATCH_BYTES_MAX,
  ),
  /**
   * The field of the JSON value that says when the event happened, a dotted path (`shopper.at`): ISO 8601, or seconds or milliseconds since
   * 1970, as the time field of an import. Null: the stream has no order by event time.
   */
  eventTimeField: v.optional(
    v.nullable(
      v.pipe(
        v.string(),
        v.trim(),
        v.minLength(1, 'A field has a name.'),
        v.maxLength(FIELD_PATH_CHARS_MAX, `The path of a field has at most ${FIELD_PATH_CHARS_MAX} characters.`),
      ),
    ),
    null,
  ),
});
export type StreamSettings = v.InferOutput<typeof streamSettings>;

/** What would become of the keys seen last if the stream had more shards. */
export interface GrowthPreview {
  /** Different keys among the events looked at, at most GROWTH_KEYS_MAX. */
  keys: number;
  /** Of those, the ones whose next event would go to another shard. */
  moved: number;
  /** Some of the moved ones, newest first, at most GROWTH_EXAMPLES_MAX. */
  examples: { key: Uint8Array; from: number; to: number }[];
}

/** Keys that the preview of more shards looks at, the newest. */
export const GROWTH_KEYS_MAX = 1_000;
/** Keys that it shows one by one. */
export const GROWTH_EXAMPLES_MAX = 8;

/** What a new stream begins with: nothing is trimmed, nothing compressed, and batches are as large as any may be. */
export const STREAM_SETTINGS_DEFAULT: StreamSettings = {
  retentionMs: null,
  retentionBytes: null,
  compression: 'none',
  batchBytesMax: BATCH_BYTES_MAX,
  eventTimeField: null,
};

/** One shard as it stands now. Counts and bytes are of what the log still holds. */
export interface ShardSummary {
  shard: number;
  state: 'open' | 'closed';
  /** Offset of the oldest event still held. */
  startOffset: bigint;
  /** Offset that the next event will get. */
  endOffset: bigint;
  events: number;
  bytes: number;
  leaderEpoch: number;
  brokerId: number;
  /** False while the broker that holds it is down. */
  available: boolean;
}

export interface StreamSummary {
  name: string;
  /** It is one that the lab keeps for itself: it can be read, and not written, changed or deleted. */
  isInternal: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** None where there is a problem. */
  shards: ShardSummary[];
  /** A sentence where the stream is listed but can be neither read nor written: the file that held its shards is gone. It can be deleted. */
  problem: string | null;
  events: number;
  bytes: number;
  /** Over the last few seconds. */
  eventsPerSecond: number;
  bytesPerSecond: number;
  settings: StreamSettings;
}

export const streams = {
  list: call(nothing, type<StreamSummary[]>()),
  /** All streams, again at each change; newest wins. */
  watch: stream(nothing, type<StreamSummary[]>()),
  create: call(v.strictObject({ name: streamName, shards: shardCount }), type<StreamSummary>(), {
    errors: ['bad-stream-name', 'stream-exists', 'broker-down', 'disk-full'],
  }),
  /** From now on; what has become too old or too much is trimmed within a few seconds, and does not come back. */
  changeSettings: call(v.strictObject({ name: streamName, settings: streamSettings }), type<StreamSummary>(), {
    errors: ['no-such-stream'],
  }),
  /** Which keys would go elsewhere if the stream had so many shards. Throws `bad-input` for fewer than it has. */
  previewGrowth: call(v.strictObject({ name: streamName, shards: shardCount }), type<GrowthPreview>(), {
    errors: ['no-such-stream', 'broker-down'],
  }),
  /** Adds shards up to this number. What is in the log stays where it is; there is no way back. */
  grow: call(v.strictObject({ name: streamName, shards: shardCount }), type<StreamSummary>(), {
    errors: ['no-such-stream', 'broker-down'],
  }),
  /** Deletes the stream with all its events. There is no way back. */
  delete: call(v.strictObject({ name: streamName }), type<void>(), { errors: ['no-such-stream', 'broker-down'] }),
};
