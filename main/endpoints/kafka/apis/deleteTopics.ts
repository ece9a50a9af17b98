/** DeleteTopics (20). Since 6 by name or by id. */
import { array, int16, int32, string, strings, uuid } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { ZERO_UUID } from '../wire/types.ts';

export const deleteTopics = api({
  name: 'DeleteTopics',
  key: 20,
  versions: '1-6',
  flexible: '4+',
  request: {
    topics: array(
      '6+',
      { name: string('6+', { nullable: '6+', default: null }), topicId: uuid('6+', { default: ZERO_UUID }) },
      { default: [] },
    ),
    topicNames: strings('0-5', { default: [] }),
    timeoutMs: int32('0+', { default: 60_000 }),
  },
  response: {
    throttleTimeMs: int32('1+', { default: 0 }),
    responses: array('0+', {
      name: string('0+', { nullable: '6+' }),
      topicId: uuid('6+'),
      errorCode: int16('0+'),
      errorMessage: string('5+', { nullable: '5+', default: null }),
    }),
  },
});
