/**
 * A workspace as one file, format 1. A tar (tar.ts), since it is written and read from front to end in any size, opens on any machine, and
 * holds batches as the bytes that they are; a zip's list of contents stands at its end, and an SQLite file has to lie whole on a disk first.
 *
 *   manifest.json                            what it is: `format` first, so that a newer one is known before anything else is read. Its streams
 *                                            in their order here, with about as many events and bytes as there were, and where readers stood
 *   streams/0000/0/shard.json                for each shard of stream 0, 1, …: its state, its key range, the shards it was made from (by number),
 *                                            its leader epoch, the first offset that is there, the records before it, and its end at the cut
 *   streams/0000/0/00000000000000000042.batches   its batches in order, about 1 MiB in each such part, named by the first one's base offset; each is
 *                                              append time    int64    microseconds since 1970 (main/log/store/clock.ts)
 *                                              records before int64    ever appended to the shard
 *                                              record batch            as stored (main/log/batch/layout.ts), its length in itself
 *   streams/0000/0/sums.json                 how many batches, records and bytes these were, and the SHA-256 of all of these parts together
 *   streams/0001/left-out.json               instead of what else there would be of a stream that was deleted meanwhile
 *   left-out.json                            what is left out, and why
 *   end.json                                 the SHA-256 of the names and bytes of all JSON parts before. A file without it is cut short
 *
 * **The cut.** Where all shards end is asked for first, as of one moment, and nothing from there on is in the file. So it is as if everything had
 * been copied at that moment, though producers went on; retention may have trimmed a shard before its turn came, which is told as left out.
 * Readers' positions are not beyond the cut either. Offsets, gaps, append times and so the order over all shards are as they were.
 *
 * Not in it: tokens, paths, jobs, progress of lessons, kept events, the number of brokers and which of them held what.
 */
import * as v from 'valibot';
import { LEFT_OUT_NAMED_MAX, WORKSPACE_HEAD_BYTES_MAX } from '../../api/workspace.ts';
import { LabError } from '../../api/errors.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings, streamSettings } from '../../api/streams.ts';
import { SHARDS_MAX, STREAM_NAME_LENGTH_MAX, VALUE_BYTES_MAX_CEILING } from '../../api/values.ts';
import { READERS_MAX } from '../../api/readers.ts';
import { BATCH_BYTES_MAX } from '../../log/index.ts';
import { STREAMS_MAX } from '../../streams/registry.ts';
import { damaged, foreign } from './tar.ts';

/** The format this version writes, and the newest that it reads. */
export const FILE_FORMAT = 1;

/** Largest JSON part of a file, bytes; the manifest must fit into the head that a preview looks at (api/workspace.ts) with its tar header. */
export const JSON_BYTES_MAX = WORKSPACE_HEAD_BYTES_MAX - 1024;
/** Batches in one part of a shard, bytes; one that is larger has a part of its own. */
export const PART_BYTES_MAX = 1024 * 1024;
/** What stands before each batch, bytes. */
export const BATCH_PREFIX_BYTES = 16;
/** Largest part of a shard that is read, bytes: a part of the smallest batches with what stands before each, or one of the largest batch. */
export const PART_READ_BYTES_MAX = 2 * BATCH_BYTES_MAX;

const INT64_MAX = 2n ** 63n - 1n;
const int64 = v.pipe(
  v.string(),
  v.regex(/^\d{1,19}$/),
  v.transform((digits) => BigInt(digits)),
  v.maxValue(INT64_MAX),
);
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const name = v.pipe(v.string(), v.maxLength(STREAM_NAME_LENGTH_MAX));
const key = v.nullable(v.pipe(v.string(), v.regex(/^\d{1,39}$/)));
/** Settings that a file does not name are the default, as in the catalog. */
const settings = v.pipe(
  v.partial(v.object(streamSettings.entries)),
  v.transform((named) => ({ ...STREAM_SETTINGS_DEFAULT, ...named }) as StreamSettings),
);
const number = v.pipe(whole, v.maxValue(SHARDS_MAX - 1));
const sentence = v.pipe(v.string(), v.maxLength(1_000));

const manifestSchema = v.object({
  format: v.literal(FILE_FORMAT),
  lab: v.pipe(v.string(), v.maxLength(100)),
  madeAt: v.pipe(v.string(), v.isoTimestamp()),
  settings: v.object({ valueBytesMax: v.pipe(whole, v.minValue(1024), v.maxValue(VALUE_BYTES_MAX_CEILING)) }),
  streams: v.pipe(
    v.array(
      v.object({
        name,
        createdAt: v.pipe(v.string(), v.isoTimestamp()),
        settings,
        shards: v.pipe(whole, v.minValue(1), v.maxValue(SHARDS_MAX)),
        events: whole,
        bytes: whole,
      }),
    ),
    v.maxLength(STREAMS_MAX),
  ),
  /** Who read what on screen, up to the cut; for whoever looks into the file: a reader ends with its page. */
  readers: v.pipe(
    v.array(
      v.object({
        name: v.string(),
        stream: name,
        positions: v.pipe(v.array(v.object({ shard: number, offset: int64 })), v.maxLength(SHARDS_MAX)),
      }),
    ),
    v.maxLength(READERS_MAX),
  ),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;

const shardSchema = v.object({
  state: v.picklist(['open', 'closed']),
  parents: v.pipe(v.array(number), v.maxLength(SHARDS_MAX)),
  keyLow: key,
  keyHigh: key,
  leaderEpoch: v.pipe(whole, v.maxValue(2 ** 31 - 1)),
  /** The first offset that could be read. */
  startOffset: int64,
  /** Records ever appended before it. */
  recordsBefore: int64,
  /** One behind the last offset, at the cut. */
  endOffset: int64,
});
export type ShardHead = v.InferOutput<typeof shardSchema>;

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const sumsSchema = v.object({ batches: whole, records: whole, bytes: whole, sha256 });
export type ShardSums = v.InferOutput<typeof sumsSchema>;

const leftOutSchema = v.object({ reason: sentence });

const leftOutsSchema = v.object({
  leftOut: v.pipe(
    v.array(
      v.object({
        stream: name,
        shard: v.nullable(number),
        firstOffset: v.nullable(int64),
        lastOffset: v.nullable(int64),
        reason: sentence,
      }),
    ),
    v.maxLength(LEFT_OUT_NAMED_MAX),
  ),
  leftOutCount: whole,
});
export type LeftOuts = v.InferOutput<typeof leftOutsSchema>;

const endSchema = v.object({ sha256 });
export type FileEnd = v.InferOutput<typeof endSchema>;

export const MANIFEST = 'manifest.json';
export const LEFT_OUTS = 'left-out.json';
export const END = 'end.json';
export const shardPlace = (stream: number, shard: number): string => `streams/${String(stream).padStart(4, '0')}/${shard}`;
export const leftOutName = (stream: number): string => `streams/${String(stream).padStart(4, '0')}/left-out.json`;
export const partName = (stream: number, shard: number, baseOffset: bigint): string =>
  `${shardPlace(stream, shard)}/${String(baseOffset).padStart(20, '0')}.batches`;

/** JSON with offsets as decimal strings. Throws `too-many` beyond {@link JSON_BYTES_MAX}. */
export function toFileJson(value: Manifest | ShardHead | ShardSums | LeftOuts | FileEnd | { reason: string }): Buffer {
  const json = Buffer.from(`${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}\n`);
  if (json.length <= JSON_BYTES_MAX) return json;
  throw new LabError('too-many', `The list of streams is larger than a workspace’s file can hold (${JSON_BYTES_MAX} bytes).`);
}

/** Throws `format-too-new`, `not-a-log` and `file-unreadable`. */
export function manifestFrom(bytes: Buffer): Manifest {
  const value = jsonFrom(bytes, MANIFEST) as { format?: unknown } | null;
  const format = value?.format;
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 1) throw foreign();
  if (format > FILE_FORMAT) {
    throw new LabError(
      'format-too-new',
      `This file was made by a newer version of the lab (format ${format}; this version knows ${FILE_FORMAT}). Install the newer version to open it.`,
    );
  }
  return checked(manifestSchema, value, MANIFEST);
}

export const shardHeadFrom = (bytes: Buffer, file: string): ShardHead => checked(shardSchema, jsonFrom(bytes, file), file);
export const sumsFrom = (bytes: Buffer, file: string): ShardSums => checked(sumsSchema, jsonFrom(bytes, file), file);
export const leftOutFrom = (bytes: Buffer, file: string): { reason: string } => checked(leftOutSchema, jsonFrom(bytes, file), file);
export const leftOutsFrom = (bytes: Buffer): LeftOuts => checked(leftOutsSchema, jsonFrom(bytes, LEFT_OUTS), LEFT_OUTS);
export const endFrom = (bytes: Buffer): FileEnd => checked(endSchema, jsonFrom(bytes, END), END);

function jsonFrom(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw damaged(`its part ${file} can not be read`, cause);
  }
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown, file: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw damaged(`its part ${file} does not hold what it should (${v.getDotPath(issue) ?? 'as a whole'}: ${issue.message})`);
}
