/** The errors that the peer itself raises, said in one place. */
import { LabError } from '../api/errors.ts';
import { FRAME_BYTES_MAX } from './port.ts';

export const cancelled = (method: string) => new LabError('cancelled', `${method} was cancelled.`);

export const pastDeadline = (method: string, deadlineMs: number) =>
  new LabError('deadline', `${method} did not answer within ${deadlineMs} ms.`);

export const disconnected = (reason?: string) =>
  new LabError('disconnected', reason ? `The connection was closed: ${reason}` : 'The connection was closed.');

export const tooMany = (what: string, limitName: string, limit: number) =>
  new LabError('too-many', `Too many ${what} at once: ${limitName} is ${limit}.`, { retriable: true });

export const frameTooLarge = (method: string, bytes: number) =>
  new LabError('too-many', `What ${method} sends takes ${bytes} bytes: FRAME_BYTES_MAX is ${FRAME_BYTES_MAX} bytes.`);

export const cannotTravel = (code: 'bad-input' | 'internal', method: string, cause: unknown) =>
  new LabError(code, `What ${method} sends cannot travel: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });

export const broken = (what: string) => new LabError('protocol', `The other side broke the protocol: ${what}.`);
