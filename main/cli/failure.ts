/** How a command that failed ends: one line on stderr, and its exit code. */
import { toLabError } from '../api/errors.ts';
import type { Output } from './output.ts';

export const USAGE = 2;
export const FAILURE = 1;
export const DIFFERS = 1;

export function fail(output: Output, error: unknown, exitCode: number): void {
  output.say(toLabError(error).message.replaceAll('\n', ' '));
  process.exitCode = exitCode;
}
