/** What a replay is, fixed when it begins: the range of each shard, what is chosen of it, and where it goes. */
import { LabError } from '../api/errors.ts';
import type { ProcessorShape } from '../api/processors.ts';
import type { ReplayWish } from '../api/replays.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import type { StreamPlaces } from '../streams/streamPlaces.ts';
import type { PassingOptions } from './passing.ts';

export interface PlannedShard {
  number: number;
  from: bigint;
  /** The offset behind the last one. */
  until: bigint;
  /** Events that were ever appended to the shard before `from`. */
  rowsFrom: number;
}

/** A stream, and no other of its name; of how many shards it had when the replay began. */
export interface PlannedStream {
  id: string;
  stream: string;
  shards: number;
}

export interface PlannedProcessor {
  name: string;
  source: string;
  shape: ProcessorShape;
  /** By output, that of the bad events too. */
  targets: { output: string; stream: string }[];
  /** Of its chance. */
  seed: number;
  /** In the sequences of what it sends to other brokers, decimal. */
  producerId: string;
}

/** Bad events of one processor, with one reason, from one stream: they go back there. `bad`: the stream that they are in. */
export type Redrives = NonNullable<PassingOptions['redrives']>;

export interface ReplayPlan {
  wish: Omit<ReplayWish, 'through' | 'shards' | 'speed'> & { shards: number[] | null };
  source: PlannedStream;
  ranges: PlannedShard[];
  /** Events of the ranges. */
  total: number;
  target: PlannedStream;
  /** Those that it has made. */
  madeStreams: string[];
  through: PlannedProcessor | null;
  redrives: Redrives | null;
}

export function passingOf({ wish, redrives }: ReplayPlan): PassingOptions {
  const { from, until, keys, timestamps, keepsHeaders } = wish;
  return { from, until, keys, timestamps, keepsHeaders, redrives };
}

/** The chosen range of each shard as it is now. */
export async function rangesOf(
  cluster: Cluster,
  places: readonly ShardPlace[],
  { from, until }: Pick<ReplayWish, 'from' | 'until'>,
): Promise<PlannedShard[]> {
  if (from.at !== 'beginning' && from.at === until.at && boundOf(from) > boundOf(until))
    throw new LabError('bad-input', 'It would end before it begins. Change from or until.');
  const bounds = await cluster.bounds([...places]);
  const firsts = from.at === 'time' ? await cluster.offsetsForTime([...places], from.time) : [];
  return Promise.all(
    places.map(async (place, index) => {
      const { startOffset, endOffset } = bounds[index]!;
      const end = until.at === 'offset' && until.offset < endOffset ? until.offset : endOffset;
      const wanted = from.at === 'beginning' ? startOffset : from.at === 'offset' ? from.offset : (firsts[index]?.offset ?? endOffset);
      const begin = wanted < startOffset ? startOffset : wanted > end ? end : wanted;
      return { number: place.number, from: begin, until: end < begin ? begin : end, rowsFrom: await rowsBefore(cluster, place, begin) };
    }),
  );
}

const boundOf = (bound: { at: 'offset'; offset: bigint } | { at: 'time'; time: bigint }): bigint =>
  bound.at === 'offset' ? bound.offset : bound.time;

/** Events of the ranges, counted by what was appended. */
export async function eventsIn(cluster: Cluster, places: readonly ShardPlace[], ranges: readonly PlannedShard[]): Promise<number> {
  const counts = ranges.map(async ({ number, until, rowsFrom }) => {
    const place = places.find((each) => each.number === number)!;
    return Math.max(0, (await rowsBefore(cluster, place, until)) - rowsFrom);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Events ever appended to a shard before an offset of it. */
export async function rowsBefore(cluster: Cluster, place: ShardPlace, offset: bigint): Promise<number> {
  const batch = await cluster.batchAt(place, offset);
  if (!batch) return Number((await cluster.currentStates([place]))[0]?.recordsTotal ?? 0n);
  const within = offset - batch.baseOffset;
  return Number(batch.recordsBefore) + Math.max(0, Math.min(Number(within), batch.recordCount));
}

/** Throws `no-such-stream` for another stream of that name. */
export function assertSame(found: StreamPlaces, { id, stream }: PlannedStream): StreamPlaces {
  if (found.id === id) return found;
  throw new LabError('no-such-stream', `The stream “${stream}” of this replay was deleted; this is another one of its name.`);
}
