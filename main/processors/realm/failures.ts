/** Where in a processor's file something was thrown. */
import type { Place } from './outcome.ts';

/** The innermost place in the file that the stack names; null where it names none. */
export function placeIn(thrown: unknown, fileName: string): Place | null {
  let stack: unknown;
  try {
    stack = thrown instanceof Error ? thrown.stack : undefined;
  } catch {
    return null;
  }
  if (typeof stack !== 'string') return null;
  for (let at = stack.indexOf(`${fileName}:`); at >= 0; at = stack.indexOf(`${fileName}:`, at + 1)) {
    const [, line, column] = /^(\d+):(\d+)/.exec(stack.slice(at + fileName.length + 1, at + fileName.length + 24)) ?? [];
    if (line !== undefined) return { line: Number(line), column: Number(column) };
  }
  return null;
}
