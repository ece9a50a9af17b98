/** DescribeCluster (60): the brokers. 1 can ask for controllers instead, 2 for brokers that are fenced. */
import { array, bool, int16, int32, int8, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';
import { OPERATIONS_NOT_ASKED } from './metadata.ts';

export const BROKERS = 1;
export const CONTROLLERS = 2;

export const describeCluster = api({
  name: 'DescribeCluster',
  key: 60,
  versions: '0-2',
  flexible: '0+',
  request: {
    includeClusterAuthorizedOperations: bool('0+', { default: false }),
    endpointType: int8('1+', { default: BROKERS }),
    includeFencedBrokers: bool('2+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    endpointType: int8('1+', { default: BROKERS }),
    clusterId: string('0+'),
    controllerId: int32('0+', { default: -1 }),
    brokers: array('0+', {
      brokerId: int32('0+'),
      host: string('0+'),
      port: int32('0+'),
      rack: string('0+', { nullable: '0+', default: null }),
      isFenced: bool('2+', { default: false }),
    }),
    clusterAuthorizedOperations: int32('0+', { default: OPERATIONS_NOT_ASKED }),
  },
});
