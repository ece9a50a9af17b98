/**
 * ListOffsets (2): where a partition begins and ends, and which offset a time leads to. Times below zero ask for places: −1 the end, −2 the
 * start, since 7 −3 the greatest timestamp, since 8 −4 the start of what lies here, since 9 −5 the end of what lies elsewhere.
 */
import { array, int16, int32, int64, int8, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const LATEST = -1n;
export const EARLIEST = -2n;
export const MAX_TIMESTAMP = -3n;
export const EARLIEST_LOCAL = -4n;
export const LATEST_TIERED = -5n;

export const listOffsets = api({
  name: 'ListOffsets',
  key: 2,
  versions: '1-10',
  flexible: '6+',
  request: {
    replicaId: int32('0+', { default: -1 }),
    isolationLevel: int8('2+', { default: 0 }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        currentLeaderEpoch: int32('4+', { default: -1 }),
        timestamp: int64('0+'),
      }),
    }),
    timeoutMs: int32('10+', { default: 0 }),
  },
  response: {
    throttleTimeMs: int32('2+', { default: 0 }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
        timestamp: int64('1+', { default: -1n }),
        offset: int64('1+', { default: -1n }),
        leaderEpoch: int32('4+', { default: -1 }),
      }),
    }),
  },
});
