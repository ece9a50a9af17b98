/** DescribeTopicPartitions: topics by name, in pages of so many partitions; all of them where none is named. */
import type { describeTopicPartitions } from '../apis/describeTopicPartitions.ts';
import type { Answer } from '../asked.ts';
import { streamNameProblem } from '../../../api/values.ts';
import { errorCodes } from '../errorCodes.ts';
import type { ResponseOf } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';
import { errorOf, partitionOf, TOPIC_OPERATIONS } from './topics.ts';

/** Partitions in one answer, as Kafka's max.request.partition.size.limit. */
export const ANSWERED_PARTITIONS_MAX = 2_000;

type AnsweredTopic = ResponseOf<typeof describeTopicPartitions>['topics'][number];

export const answerDescribeTopicPartitions: Answer<typeof describeTopicPartitions> = async (request, { topology }) => {
  await topology.refresh();
  const named = request.topics.length > 0 ? request.topics.map(({ name }) => name) : topology.current().streams.map(({ name }) => name);
  const { cursor } = request;
  if (cursor !== null && isElsewhere(cursor, request.topics)) {
    return { topics: named.map((name) => ({ errorCode: errorCodes.INVALID_REQUEST, name, topicId: ZERO_UUID, partitions: [] })) };
  }
  const names = [...new Set(named)].sort().filter((name) => cursor === null || name >= cursor.topicName);
  let left = Math.min(Math.max(request.responsePartitionLimit, 1), ANSWERED_PARTITIONS_MAX);
  const topics: AnsweredTopic[] = [];
  for (const name of names) {
    const stream = topology.byName(name);
    if (!stream) {
      const errorCode = streamNameProblem(name) ? errorCodes.INVALID_TOPIC_EXCEPTION : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      topics.push({ errorCode, name, topicId: ZERO_UUID, partitions: [], topicAuthorizedOperations: TOPIC_OPERATIONS });
      continue;
    }
    const first = cursor?.topicName === name ? cursor.partitionIndex : 0;
    if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: first } };
    const shards = stream.shards.slice(first, first + left);
    left -= shards.length;
    const partitions = shards.map((shard) => ({ ...partitionOf(topology, shard), eligibleLeaderReplicas: [], lastKnownElr: [] }));
    topics.push({ errorCode: errorOf(stream), name, topicId: stream.id, partitions, topicAuthorizedOperations: TOPIC_OPERATIONS });
    const next = first + shards.length;
    if (next < stream.shards.length) return { topics, nextCursor: { topicName: name, partitionIndex: next } };
  }
  return { topics };
};

/** Not a place within the topics that are asked for. */
function isElsewhere(
  { topicName, partitionIndex }: { topicName: string; partitionIndex: number },
  topics: readonly { name: string }[],
): boolean {
  return partitionIndex < 0 || (topics.length > 0 && !topics.some(({ name }) => name === topicName));
}
