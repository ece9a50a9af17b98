/** DeleteRecords (21): what lies before an offset is trimmed; −1 means the end. */
import { array, int16, int32, int64, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const deleteRecords = api({
  name: 'DeleteRecords',
  key: 21,
  versions: '0-2',
  flexible: '2+',
  request: {
    topics: array('0+', { name: string('0+'), partitions: array('0+', { partitionIndex: int32('0+'), offset: int64('0+') }) }),
    timeoutMs: int32('0+', { default: 60_000 }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', { partitionIndex: int32('0+'), lowWatermark: int64('0+'), errorCode: int16('0+') }),
    }),
  },
});
