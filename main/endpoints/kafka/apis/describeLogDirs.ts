/** DescribeLogDirs (35): how many bytes each partition has on this broker's disk. 3 brings an error for the whole, 4 the disk's own size. */
import { array, bool, int16, int32, int32s, int64, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const describeLogDirs = api({
  name: 'DescribeLogDirs',
  key: 35,
  versions: '1-4',
  flexible: '2+',
  request: {
    topics: array('0+', { topic: string('0+'), partitions: int32s('0+') }, { nullable: '0+' }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('3+', { default: 0 }),
    results: array('0+', {
      errorCode: int16('0+'),
      logDir: string('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: array('0+', {
          partitionIndex: int32('0+'),
          partitionSize: int64('0+'),
          offsetLag: int64('0+'),
          isFutureKey: bool('0+'),
        }),
      }),
      totalBytes: int64('4+', { default: -1n }),
      usableBytes: int64('4+', { default: -1n }),
    }),
  },
});
