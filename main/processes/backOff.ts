/** How long to wait before a process that ended unasked is started again. */

/** First pause, milliseconds; it doubles with each failure in a row. */
export const RESTART_FIRST_MS = 100;
/** Longest pause, milliseconds. */
export const RESTART_LONGEST_MS = 5_000;
/** A process that ran this long, milliseconds, has recovered: the next pause is the first again. */
export const RECOVERED_AFTER_MS = 10_000;

export function restartPauseMs(failuresInARow: number): number {
  return Math.min(RESTART_LONGEST_MS, RESTART_FIRST_MS * 2 ** Math.max(0, failuresInARow - 1));
}
