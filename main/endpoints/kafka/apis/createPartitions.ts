/** CreatePartitions (37): more of them, up to a number. */
import { array, bool, int16, int32, int32s, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const createPartitions = api({
  name: 'CreatePartitions',
  key: 37,
  versions: '0-3',
  flexible: '2+',
  request: {
    topics: array('0+', {
      name: string('0+'),
      count: int32('0+'),
      assignments: array('0+', { brokerIds: int32s('0+') }, { nullable: '0+' }),
    }),
    timeoutMs: int32('0+', { default: 60_000 }),
    validateOnly: bool('0+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', { name: string('0+'), errorCode: int16('0+'), errorMessage: string('0+', { nullable: '0+', default: null }) }),
  },
});
