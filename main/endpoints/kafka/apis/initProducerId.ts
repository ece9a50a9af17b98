/** InitProducerId (22): a number for a producer that numbers its batches. Since 3 it may say the one that it has. */
import { int16, int32, int64, string } from '../wire/fields.ts';
import { api } from '../wire/api.ts';

export const initProducerId = api({
  name: 'InitProducerId',
  key: 22,
  versions: '0-5',
  flexible: '2+',
  request: {
    transactionalId: string('0+', { nullable: '0+' }),
    transactionTimeoutMs: int32('0+'),
    producerId: int64('3+', { default: -1n }),
    producerEpoch: int16('3+', { default: -1 }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    producerId: int64('0+', { default: -1n }),
    producerEpoch: int16('0+', { default: 0 }),
  },
});
