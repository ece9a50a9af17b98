/** IncrementalAlterConfigs (44): sets (0), takes back (1), adds to (2) or takes from (3) what is named. */
import { array, bool, int16, int32, int8, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const SET = 0;
export const DELETE = 1;

export const incrementalAlterConfigs = api({
  name: 'IncrementalAlterConfigs',
  key: 44,
  versions: '0-1',
  flexible: '1+',
  request: {
    resources: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', { name: string('0+'), configOperation: int8('0+'), value: string('0+', { nullable: '0+' }) }),
    }),
    validateOnly: bool('0+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    responses: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
    }),
  },
});
