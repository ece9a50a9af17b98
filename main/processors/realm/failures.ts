/** Where in a processor's file something was thrown. */
import type { Place } from './outcome.ts';
import { sourceOf } from './primordials.ts';

/** Where a function of a module is written; null where that can not be told. */
export function placeOf(written: unknown, module: unknown): Place | null {
  try {
    const text = sourceOf(module);
    const at = text.indexOf(sourceOf(written));
    return at === -1 ? null : { line: text.slice(0, at).split('\n').length, column: 1 };
  } catch {
    return null;
  }
}

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
