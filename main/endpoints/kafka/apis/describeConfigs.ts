/** DescribeConfigs (32): settings of topics and brokers. 1 says where each comes from, 3 of what type it is and what it means. */
import { array, bool, int16, int32, int8, string, strings } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const describeConfigs = api({
  name: 'DescribeConfigs',
  key: 32,
  versions: '1-4',
  flexible: '4+',
  request: {
    resources: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configurationKeys: strings('0+', { nullable: '0+' }),
    }),
    includeSynonyms: bool('1+', { default: false }),
    includeDocumentation: bool('3+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
        readOnly: bool('0+'),
        configSource: int8('1+', { default: -1 }),
        isSensitive: bool('0+', { default: false }),
        synonyms: array('1+', { name: string('1+'), value: string('1+', { nullable: '0+' }), source: int8('1+') }, { default: [] }),
        configType: int8('3+', { default: 0 }),
        documentation: string('3+', { nullable: '0+', default: null }),
      }),
    }),
  },
});
