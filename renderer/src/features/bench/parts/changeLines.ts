/** A value of a store before and after a step, line by line. */
import { diffArrays } from 'diff';
import type { Told } from '../../../../../main/api/rehearsalPositions.ts';
import { jsonLines } from '../../stream/jsonLines.ts';

/** Lines of a value that are compared; of a larger one both are shown whole. */
const COMPARED_LINES_MAX = 400;
/** Lines that have not changed and are shown around those that have. */
const AROUND = 2;

export interface ChangeLine {
  kind: 'same' | 'gone' | 'new' | 'left-out';
  text: string;
}

const linesOf = (told: Told | null): string[] => {
  if (told === null) return [];
  const lines = told.length > told.text.length ? null : jsonLines(told.text);
  return lines ? lines.map((line) => line.map(({ text }) => text).join('')) : [told.text];
};

/** `before`, `after`: JSON, null for nothing there. */
export function changeLines(before: Told | null, after: Told | null): ChangeLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  if (old.length > COMPARED_LINES_MAX || now.length > COMPARED_LINES_MAX)
    return [...old.map((text) => ({ kind: 'gone' as const, text })), ...now.map((text) => ({ kind: 'new' as const, text }))];
  const lines = diffArrays(old, now).flatMap(({ added, removed, value }) =>
    value.map((text): ChangeLine => ({ kind: added ? 'new' : removed ? 'gone' : 'same', text })),
  );
  return folded(lines);
}

/** Long stretches in which nothing has changed are one line. */
function folded(lines: readonly ChangeLine[]): ChangeLine[] {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== 'same'));
  const shown: ChangeLine[] = [];
  for (const [at, line] of lines.entries()) {
    if (near[at]) shown.push(line);
    else if (shown.at(-1)?.kind !== 'left-out') shown.push({ kind: 'left-out', text: '…' });
  }
  return shown;
}
