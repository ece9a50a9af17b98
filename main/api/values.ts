/** Schemas and limits that several domains share. */
import * as v from 'valibot';

/** Longest stream name, characters (Kafka's rule). */
export const STREAM_NAME_LENGTH_MAX = 249;
/** Most shards that one stream can have. */
export const SHARDS_MAX = 256;
/** Most rows that one window asks for. */
export const WINDOW_ROWS_MAX = 500;
/** Largest value of an event, bytes, unless the workspace's settings say otherwise. */
export const VALUE_BYTES_MAX_DEFAULT = 1024 * 1024;
/** The highest that the settings may raise that limit to, bytes: it must fit in a frame with its key and headers. */
export const VALUE_BYTES_MAX_CEILING = 4 * 1024 * 1024;
/** Largest key, bytes. */
export const KEY_BYTES_MAX = 64 * 1024;
/** Largest size of the names and values of all headers of one event together, bytes: with the largest value it must fit in a frame twice. */
export const HEADERS_BYTES_MAX = 1024 * 1024;
/** Most headers of one event: as many empty ones as lie in so many bytes of the log, which itself has no limit to their number. */
export const HEADERS_MAX = HEADERS_BYTES_MAX / 2;
/** Most events that one request appends, and so one record batch from the lab holds. */
export const APPEND_EVENTS_MAX = 10_000;

/** Says why a text can not name a stream, or null where it can. Kafka's rule: 1 to 249 of A–Z a–z 0–9 . _ -, and not "." or "..". */
export function streamNameProblem(name: string): string | null {
  if (name === '') return 'A stream needs a name.';
  if (name.length > STREAM_NAME_LENGTH_MAX)
    return `A stream’s name has at most ${STREAM_NAME_LENGTH_MAX} characters; this one has ${name.length}.`;
  if (name === '.' || name === '..') return `“${name}” can not name a stream. Add a letter or a digit.`;
  const odd = [...name].find((character) => !/[A-Za-z0-9._-]/.test(character));
  if (odd) return `A stream’s name is made of A–Z, a–z, 0–9, dot, underscore and hyphen; “${odd}” is none of them.`;
  return null;
}

export const streamName = v.pipe(v.string(), v.maxLength(1000));
export const shardNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SHARDS_MAX - 1));
export const shardCount = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, 'A stream has at least one shard.'),
  v.maxValue(SHARDS_MAX, `A stream has at most ${SHARDS_MAX} shards.`),
);
/** Kafka's and SQLite's integers end there. */
const INT64_MAX = 2n ** 63n - 1n;
export const offset = v.pipe(v.bigint(), v.minValue(0n), v.maxValue(INT64_MAX, 'An offset is at most 2^63 - 1.'));
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const bytes = v.custom<Uint8Array>((input) => input instanceof Uint8Array, 'Bytes are expected here.');
export const nothing = v.strictObject({});
/** Shards of a stream, or all of them where left out. */
export const shardChoice = v.optional(v.pipe(v.array(shardNumber), v.minLength(1)));

/** Milliseconds since 1970. */
export const timestamp = v.pipe(
  v.bigint(),
  v.minValue(-INT64_MAX - 1n, 'A timestamp has at most 64 bits.'),
  v.maxValue(INT64_MAX, 'A timestamp has at most 64 bits.'),
);
const header = v.strictTuple([v.string(), v.nullable(bytes)]);

/** A record that is not yet in the log. `timestamp`: milliseconds since 1970, null for the time of its append; `shard`: null lets the key decide. */
export const newRecord = v.strictObject({
  key: v.nullable(bytes),
  value: v.nullable(bytes),
  headers: v.pipe(v.array(header), v.maxLength(HEADERS_MAX, `An event has at most ${HEADERS_MAX.toLocaleString('en')} headers.`)),
  timestamp: v.nullable(timestamp),
  shard: v.nullable(shardNumber),
});
export type NewRecord = v.InferOutput<typeof newRecord>;

/** Where something stands in the log. */
export interface Position {
  shard: number;
  offset: bigint;
}
