import type { ErrorCode } from '../../../main/api/errors.ts';

/** What to do about an error, as a sentence, where its message does not already say it. Those of a deed warn of doing it twice. */
const advice: Partial<Record<ErrorCode, string>> = {
  'broker-down': 'The lab starts the broker again by itself. Try once more in a moment.',
  'batch-damaged': 'The events around it can still be read.',
  'disk-full': 'Free some space on the disk that holds the workspace, then try again. What was acknowledged is kept.',
  disconnected: 'The page connects again by itself. What was asked may or may not have been done: look before you repeat it.',
  deadline: 'It may still be under way. Look before you repeat it.',
  'no-such-stream': 'It may have been deleted meanwhile. The list of streams shows what there is.',
  'workspace-unwritable': 'Give this user the right to write to the workspace’s folder, then try again.',
  unauthorized: 'Open the address that the lab printed as it started: it carries the key to this lab.',
  internal: 'This is a mistake in the lab. What was acknowledged is kept; the details below help to find it.',
};

/** Of what only reads nothing is done twice. */
const adviceToReaders: Partial<Record<ErrorCode, string>> = {
  disconnected: 'The page connects again by itself.',
  deadline: 'The lab is busy, or what was asked is large. Try once more.',
};

export const adviceFor = (code: ErrorCode, reading = false): string | null =>
  (reading ? adviceToReaders[code] : undefined) ?? advice[code] ?? null;
