/**
 * InitProducerId: a number for a producer, drawn from so many that no two labs draw the same one: what one producer has appended may come to stand
 * in another lab, with its numbers.
 */
import { randomBytes } from 'node:crypto';
import type { initProducerId } from '../apis/initProducerId.ts';
import type { Answer } from '../asked.ts';
import { errorCodes } from '../errorCodes.ts';

const NONE = -1n;

/** One that has a transactional id is refused for good, whatever its library. */
export const answerInitProducerId: Answer<typeof initProducerId> = ({ transactionalId, producerId, producerEpoch }) => {
  const isHalfGiven = (producerId === NONE) !== (producerEpoch === Number(NONE));
  if (transactionalId === '' || isHalfGiven) return { errorCode: errorCodes.INVALID_REQUEST, producerEpoch: -1 };
  if (transactionalId !== null) return { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, producerEpoch: -1 };
  return { errorCode: errorCodes.NONE, producerId: randomBytes(8).readBigUInt64BE() >> 1n, producerEpoch: 0 };
};
