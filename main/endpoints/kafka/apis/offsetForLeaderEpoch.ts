/** OffsetForLeaderEpoch (23): where the batches of a leader's epoch end; a client that has seen another leader finds out what it lost. */
import { array, int16, int32, int64, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const offsetForLeaderEpoch = api({
  name: 'OffsetForLeaderEpoch',
  key: 23,
  versions: '2-4',
  flexible: '4+',
  request: {
    replicaId: int32('3+', { default: -2 }),
    topics: array('0+', {
      topic: string('0+'),
      partitions: array('0+', { partition: int32('0+'), currentLeaderEpoch: int32('2+', { default: -1 }), leaderEpoch: int32('0+') }),
    }),
  },
  response: {
    throttleTimeMs: int32('2+', { default: 0 }),
    topics: array('0+', {
      topic: string('0+'),
      partitions: array('0+', {
        errorCode: int16('0+'),
        partition: int32('0+'),
        leaderEpoch: int32('1+', { default: -1 }),
        endOffset: int64('0+', { default: -1n }),
      }),
    }),
  },
});
