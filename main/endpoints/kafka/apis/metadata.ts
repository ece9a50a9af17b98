/**
 * Metadata (3): which brokers and topics there are. In 0 no topics named means all of them, since 1 a null does. 10 brings topic ids, 12 lets
 * topics be asked for by them, 13 an error for the whole.
 */
import { array, bool, int16, int32, int32s, string, uuid } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

/** Stands for "not asked". */
export const OPERATIONS_NOT_ASKED = -2147483648;

export const metadata = api({
  name: 'Metadata',
  key: 3,
  versions: '0-13',
  flexible: '9+',
  request: {
    topics: array('0+', { topicId: uuid('10+', { default: ZERO_UUID }), name: string('0+', { nullable: '10+' }) }, { nullable: '1+' }),
    allowAutoTopicCreation: bool('4+', { default: true }),
    includeClusterAuthorizedOperations: bool('8-10', { default: false }),
    includeTopicAuthorizedOperations: bool('8+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('3+', { default: 0 }),
    brokers: array('0+', {
      nodeId: int32('0+'),
      host: string('0+'),
      port: int32('0+'),
      rack: string('1+', { nullable: '1+', default: null }),
    }),
    clusterId: string('2+', { nullable: '2+', default: null }),
    controllerId: int32('1+', { default: -1 }),
    topics: array('0+', {
      errorCode: int16('0+'),
      name: string('0+', { nullable: '12+' }),
      topicId: uuid('10+'),
      isInternal: bool('1+', { default: false }),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partitionIndex: int32('0+'),
        leaderId: int32('0+'),
        leaderEpoch: int32('7+', { default: -1 }),
        replicaNodes: int32s('0+'),
        isrNodes: int32s('0+'),
        offlineReplicas: int32s('5+', { default: [] }),
      }),
      topicAuthorizedOperations: int32('8+', { default: OPERATIONS_NOT_ASKED }),
    }),
    clusterAuthorizedOperations: int32('8-10', { default: OPERATIONS_NOT_ASKED }),
    errorCode: int16('13+', { default: 0 }),
  },
});
