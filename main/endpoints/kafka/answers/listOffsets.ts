/** ListOffsets: the ends of a shard, and the offset that a time leads to. */
import type { Log } from '../../../log/index.ts';
import { EARLIEST, EARLIEST_LOCAL, LATEST, LATEST_TIERED, type listOffsets, MAX_TIMESTAMP } from '../apis/listOffsets.ts';
import type { Answer, Asked } from '../asked.ts';
import { errorCodes, KafkaError, toldOf } from '../errorCodes.ts';
import { assertOnce, once } from './namedTwice.ts';
import type { RequestOf } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

type AskedPartition = RequestOf<typeof listOffsets>['topics'][number]['partitions'][number];

interface Place {
  offset: bigint;
  timestamp: bigint;
  leaderEpoch: number;
}

/** From which version on a time below zero has its meaning. */
const MAX_TIMESTAMP_VERSION = 7;
const LOCAL_VERSION = 8;
const TIERED_VERSION = 9;

/** Below are times before 1970; from here on to zero places, also those that other versions know or will know. */
const PLACE_MIN = -16n;

const NOWHERE: Place = { offset: -1n, timestamp: -1n, leaderEpoch: -1 };

export const answerListOffsets: Answer<typeof listOffsets> = ({ topics }, asked) => ({
  topics: topics.map(({ name, partitions }) => ({
    name,
    partitions: once(partitions, ({ partitionIndex }) => String(partitionIndex)).map(({ one, times }) => ({
      partitionIndex: one.partitionIndex,
      ...answerOne(name, one, times, asked),
    })),
  })),
});

function answerOne(
  name: string,
  { partitionIndex, currentLeaderEpoch, timestamp }: AskedPartition,
  times: number,
  asked: Asked,
): Place & { errorCode: number } {
  try {
    assertOnce(times, 'The partition');
    const { shardId } = asked.topology.own({ name, topicId: ZERO_UUID }, partitionIndex, currentLeaderEpoch);
    return { errorCode: errorCodes.NONE, ...placeOf(asked.log, shardId, timestamp, asked.version) };
  } catch (error) {
    return { errorCode: toldOf(error).errorCode, ...NOWHERE };
  }
}

function placeOf(log: Log, shardId: number, timestamp: bigint, version: number): Place {
  const shard = log.shard(shardId);
  if (!shard) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'The shard is gone.');
  const { startOffset, nextOffset, leaderEpoch } = shard;
  if (timestamp === LATEST) return { offset: nextOffset, timestamp: -1n, leaderEpoch };
  if (timestamp === EARLIEST || (timestamp === EARLIEST_LOCAL && version >= LOCAL_VERSION)) {
    return { offset: startOffset, timestamp: -1n, leaderEpoch: epochAt(log, shardId, startOffset) ?? leaderEpoch };
  }
  if (timestamp === LATEST_TIERED && version >= TIERED_VERSION) return NOWHERE;
  const isGreatest = timestamp === MAX_TIMESTAMP && version >= MAX_TIMESTAMP_VERSION;
  if (!isGreatest && timestamp <= MAX_TIMESTAMP && timestamp >= PLACE_MIN)
    throw new KafkaError('UNSUPPORTED_VERSION', `The place ${timestamp} is not known in version ${version}.`);
  const found = isGreatest ? log.reader.maxTimestamp(shardId) : log.reader.offsetForTime(shardId, timestamp);
  return found ? { ...found, leaderEpoch: epochAt(log, shardId, found.offset) ?? leaderEpoch } : NOWHERE;
}

function epochAt(log: Log, shardId: number, offset: bigint): number | undefined {
  return log.reader.locate(shardId, { offset })?.leaderEpoch;
}
