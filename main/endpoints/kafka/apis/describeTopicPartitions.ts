/** DescribeTopicPartitions (75): as Metadata, in pages, for topics with more partitions than one answer takes. */
import { array, bool, int16, int32, int32s, string, struct, uuid } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { OPERATIONS_NOT_ASKED } from './metadata.ts';

const cursor = { topicName: string('0+'), partitionIndex: int32('0+') };

export const describeTopicPartitions = api({
  name: 'DescribeTopicPartitions',
  key: 75,
  versions: '0',
  flexible: '0+',
  request: {
    topics: array('0+', { name: string('0+') }),
    responsePartitionLimit: int32('0+', { default: 2_000 }),
    cursor: struct('0+', cursor, { nullable: '0+' }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    topics: array('0+', {
      errorCode: int16('0+'),
      name: string('0+', { nullable: '0+' }),
      topicId: uuid('0+'),
      isInternal: bool('0+', { default: false }),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('0+', { default: -1 }),
        replicaNodes: int32s('0+'),
        isrNodes: int32s('0+'),
        eligibleLeaderReplicas: int32s('0+', { nullable: '0+', default: null }),
        lastKnownElr: int32s('0+', { nullable: '0+', default: null }),
        offlineReplicas: int32s('0+'),
      }),
      topicAuthorizedOperations: int32('0+', { default: OPERATIONS_NOT_ASKED }),
    }),
    nextCursor: struct('0+', cursor, { nullable: '0+' }),
  },
});
