/**
 * Produce (0): record batches to be appended. 3 brings batches of format v2, the only ones that are taken. 0 to 2 are told of and refused, each
 * of their partitions with UNSUPPORTED_VERSION: librdkafka concludes from their absence that nothing may be compressed (KAFKA-18659).
 * 7 allows zstd, 8 tells of single records, 10 names the leader where it is another broker, 13 has topic ids in place of names.
 */
import { array, int16, int32, int64, records, string, struct, uuid } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

/** The lowest version that appends. */
export const PRODUCE_VERSION_MIN = 3;

export const produce = api({
  name: 'Produce',
  key: 0,
  versions: '0-13',
  flexible: '9+',
  request: {
    transactionalId: string('3+', { nullable: '3+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topicData: array('0+', {
      name: string('0-12', { default: '' }),
      topicId: uuid('13+', { default: ZERO_UUID }),
      partitionData: array('0+', { index: int32('0+'), records: records('0+', { nullable: '0+' }) }),
    }),
  },
  response: {
    responses: array('0+', {
      name: string('0-12', { default: '' }),
      topicId: uuid('13+', { default: ZERO_UUID }),
      partitionResponses: array('0+', {
        index: int32('0+'),
        errorCode: int16('0+'),
        baseOffset: int64('0+'),
        logAppendTimeMs: int64('2+', { default: -1n }),
        logStartOffset: int64('5+', { default: -1n }),
        recordErrors: array(
          '8+',
          { batchIndex: int32('8+'), batchIndexErrorMessage: string('8+', { nullable: '8+', default: null }) },
          { default: [] },
        ),
        errorMessage: string('8+', { nullable: '8+', default: null }),
        currentLeader: struct('10+', { leaderId: int32('10+'), leaderEpoch: int32('10+') }, { tag: 0 }),
      }),
    }),
    throttleTimeMs: int32('1+', { default: 0 }),
    nodeEndpoints: array(
      '10+',
      { nodeId: int32('10+'), host: string('10+'), port: int32('10+'), rack: string('10+', { nullable: '10+', default: null }) },
      { tag: 0, default: [] },
    ),
  },
});
