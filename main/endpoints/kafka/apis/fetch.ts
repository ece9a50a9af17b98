/**
 * Fetch (1): record batches from offsets on. 4 brings batches of format v2, 7 sessions, 10 zstd, 12 the flexible encoding, 13 topic ids in place
 * of names, 16 the addresses of other leaders. 15, 17 and 18 concern replicas only.
 */
import { array, int16, int32, int32s, int64, int8, records, string, struct, uuid } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

export const fetch = api({
  name: 'Fetch',
  key: 1,
  versions: '4-18',
  flexible: '12+',
  request: {
    clusterId: string('12+', { nullable: '12+', default: null, tag: 0 }),
    replicaId: int32('4-14', { default: -1 }),
    replicaState: struct('15+', { replicaId: int32('15+'), replicaEpoch: int64('15+') }, { tag: 1 }),
    maxWaitMs: int32('0+'),
    minBytes: int32('0+'),
    maxBytes: int32('3+', { default: 0x7fffffff }),
    isolationLevel: int8('4+', { default: 0 }),
    sessionId: int32('7+', { default: 0 }),
    sessionEpoch: int32('7+', { default: -1 }),
    topics: array('0+', {
      topic: string('0-12', { default: '' }),
      topicId: uuid('13+', { default: ZERO_UUID }),
      partitions: array('0+', {
        partition: int32('0+'),
        currentLeaderEpoch: int32('9+', { default: -1 }),
        fetchOffset: int64('0+'),
        lastFetchedEpoch: int32('12+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1n }),
        partitionMaxBytes: int32('0+'),
        replicaDirectoryId: uuid('17+', { tag: 0, default: ZERO_UUID }),
        highWatermark: int64('18+', { tag: 1, default: 2n ** 63n - 1n }),
      }),
    }),
    forgottenTopicsData: array(
      '7+',
      { topic: string('7-12', { default: '' }), topicId: uuid('13+', { default: ZERO_UUID }), partitions: int32s('7+') },
      { default: [] },
    ),
    rackId: string('11+', { default: '' }),
  },
  response: {
    throttleTimeMs: int32('1+', { default: 0 }),
    errorCode: int16('7+', { default: 0 }),
    sessionId: int32('7+', { default: 0 }),
    responses: array('0+', {
      topic: string('0-12', { default: '' }),
      topicId: uuid('13+', { default: ZERO_UUID }),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        highWatermark: int64('0+'),
        lastStableOffset: int64('4+', { default: -1n }),
        logStartOffset: int64('5+', { default: -1n }),
        divergingEpoch: struct('12+', { epoch: int32('12+'), endOffset: int64('12+') }, { tag: 0 }),
        currentLeader: struct('12+', { leaderId: int32('12+'), leaderEpoch: int32('12+') }, { tag: 1 }),
        snapshotId: struct('12+', { endOffset: int64('0+'), epoch: int32('0+') }, { tag: 2 }),
        abortedTransactions: array('4+', { producerId: int64('4+'), firstOffset: int64('4+') }, { nullable: '4+', default: null }),
        preferredReadReplica: int32('11+', { default: -1 }),
        records: records('0+', { nullable: '0+' }),
      }),
    }),
    nodeEndpoints: array(
      '16+',
      { nodeId: int32('16+'), host: string('16+'), port: int32('16+'), rack: string('16+', { nullable: '16+', default: null }) },
      { tag: 0, default: [] },
    ),
  },
});
