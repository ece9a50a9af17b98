/**
 * A workspace as one file, format 2. A tar (tar.ts), since it is written and read from front to end in any size, opens on any machine, and
 * holds batches as the bytes that they are; a zip's list of contents stands at its end, and an SQLite file has to lie whole on a disk first.
 *
 *   manifest.json                            what it is: `format` first, so that a newer one is known before anything else is read. Its streams and
 *                                            processors in their order here, with about as many events and bytes as there were, and where
 *                                            readers stood
 *   processors/0000/processor.json           for each processor 0, 1, …: what it is and where it stands, and which of the parts follow
 *   processors/0000/versions/0000.json       its versions, the oldest first: the number of each, when it was deployed, what it says of itself
 *   processors/0000/versions/0000.ts         and its source
 *   processors/0000/file.ts                  what its file in the workspace's folder says, and its cases
 *   processors/0000/cases.json
 *   states/0000/0/shard.json …               for each processor that has one its stream of state, as if it were a stream. Then the streams:
 *   streams/0000/0/shard.json                for each shard of stream 0, 1, …: its state, its key range, the shards it was made from (by number),
 *                                            its leader epoch, the first offset that is there, the records before it, and its end at the cut
 *   streams/0000/0/00000000000000000042.batches   its batches in order, about 1 MiB in each such part, named by the first one's base offset; each is
 *                                              append time    int64    microseconds since 1970 (main/log/store/clock.ts)
 *                                              records before int64    ever appended to the shard
 *                                              record batch            as stored (main/log/batch/layout.ts), its length in itself
 *   streams/0000/0/sums.json                 how many batches, records and bytes these were, and the SHA-256 of all of these parts together
 *   streams/0001/left-out.json               instead of what else there would be of a stream that was deleted meanwhile; of a state that is
 *                                            damaged, or gone: its processor is a file then, and was never deployed
 *   left-out.json                            what is left out, and why
 *   end.json                                 the SHA-256 of the names and bytes of all parts before but those of batches. A file without it is cut
 *                                            short
 *
 * **The cut** (cut.ts). Where all shards end is asked for first, as of one moment, and nothing from there on is in the file. So it is as if everything
 * had been copied at that moment, though producers went on; retention may have trimmed a shard before its turn came, which is told as left out.
 * Positions, of readers and of processors, are not beyond the cut either. Offsets, gaps, append times and so the order over all shards are as they
 * were. Of what a processor did with an event all is in the file, or nothing: output, state and position.
 *
 * **A processor** (processorFormat.ts) is trusted by nobody where it arrives: of its code nothing is loaded, and nothing that is said of it here is
 * taken for what its code says, before somebody there has looked at it and trusts it. Its names are names, never paths.
 *
 * Not in it: tokens, paths, jobs, progress of lessons, kept events, the number of brokers and which of them held what, whether processors are trusted,
 * geo databases. Format 1 had no processors and is read, too.
 */
import * as v from 'valibot';
import { LEFT_OUT_NAMED_MAX } from '../../api/workspace.ts';
import { LabError } from '../../api/errors.ts';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings, streamSettings } from '../../api/streams.ts';
import { SHARDS_MAX, STREAM_NAME_LENGTH_MAX, VALUE_BYTES_MAX_CEILING } from '../../api/values.ts';
import { READERS_MAX } from '../../api/readers.ts';
import { BATCH_BYTES_MAX, STATE_STREAM_PREFIX } from '../../log/index.ts';
import { STREAMS_MAX } from '../../streams/registry.ts';
import { checked, int64, isoTime, jsonFrom, whole } from './fileJson.ts';
import { manifestProcessors } from './processorFormat.ts';
import { foreign } from './tar.ts';

/** The format this version writes, and the newest that it reads. */
export const FILE_FORMAT = 2;

/** Batches in one part of a shard, bytes; one that is larger has a part of its own. */
export const PART_BYTES_MAX = 1024 * 1024;
/** What stands before each batch, bytes. */
export const BATCH_PREFIX_BYTES = 16;
/** Largest part of a shard that is read, bytes: a part of the smallest batches with what stands before each, or one of the largest batch. */
export const PART_READ_BYTES_MAX = 2 * BATCH_BYTES_MAX;

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
  format: v.picklist([1, FILE_FORMAT]),
  lab: v.pipe(v.string(), v.maxLength(100)),
  madeAt: isoTime,
  settings: v.object({ valueBytesMax: v.pipe(whole, v.minValue(1024), v.maxValue(VALUE_BYTES_MAX_CEILING)) }),
  streams: v.pipe(
    v.array(
      v.object({
        name,
        createdAt: isoTime,
        settings,
        shards: v.pipe(whole, v.minValue(1), v.maxValue(SHARDS_MAX)),
        events: whole,
        bytes: whole,
      }),
    ),
    v.maxLength(STREAMS_MAX),
  ),
  processors: v.optional(manifestProcessors, []),
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

/** A stream of the file, with its shards: one of `streams`, or the state of one of `processors`. */
export interface FileLog {
  /** Its folder. */
  place: string;
  name: string;
  shards: number;
  /** In the manifest; one of them is null. */
  stream: number | null;
  processor: number | null;
}

/** In their order in the file. */
export function logsOf({ streams, processors }: Pick<Manifest, 'streams' | 'processors'>): FileLog[] {
  const folder = (kind: 'states' | 'streams', index: number): string => `${kind}/${String(index).padStart(4, '0')}`;
  const states = processors.flatMap(({ name: own, state }, processor) =>
    state
      ? { place: folder('states', processor), name: `${STATE_STREAM_PREFIX}${own}`, shards: state.shards, stream: null, processor }
      : [],
  );
  const all = streams.map(({ name: own, shards }, stream) => ({
    place: folder('streams', stream),
    name: own,
    shards,
    stream,
    processor: null,
  }));
  return [...states, ...all];
}

export const shardPlace = ({ place }: FileLog, shard: number): string => `${place}/${shard}`;
export const leftOutName = ({ place }: FileLog): string => `${place}/left-out.json`;
export const partName = (log: FileLog, shard: number, baseOffset: bigint): string =>
  `${shardPlace(log, shard)}/${String(baseOffset).padStart(20, '0')}.batches`;

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
