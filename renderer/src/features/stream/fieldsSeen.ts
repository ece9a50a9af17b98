/** What rows tell about their columns: the fields of their values, and how much room their texts take. */
import type { EventRow } from '../../../../main/api/events.ts';

/** Widths of one character in a cell and in a heading, and of a cell's padding, pixels. */
const [CELL_CHARACTER, HEADING_CHARACTER, PADDING] = [7.25, 6.6, 18];

/** The paths with those that rows bring anew behind them, at most `limit`; the same array where there are none. */
export function withFieldsOf(rows: readonly EventRow[], paths: readonly string[], limit: number): readonly string[] {
  const known = new Set(paths);
  for (const row of rows) {
    for (const path in row.fields) if (known.size < limit) known.add(path);
  }
  return known.size > paths.length ? [...known] : paths;
}

/** Pixels that the widest text of each column takes, those measured before included. */
export function withWidthsOf(rows: readonly EventRow[], before: Readonly<Record<string, number>>): Record<string, number> {
  const widths = { ...before };
  const widen = (id: string, text: string): void => {
    widths[id] = Math.max(widths[id] ?? 0, cellWidth(text));
  };
  for (const row of rows) {
    widen('offset', String(row.offset));
    if (row.key) widen('key', row.key.text);
    for (const path in row.fields) widen(`field:${path}`, row.fields[path] ?? 'null');
  }
  return widths;
}

const cellWidth = (text: string): number => Math.ceil(text.length * CELL_CHARACTER) + PADDING;
export const headingWidth = (title: string): number => Math.ceil(title.length * HEADING_CHARACTER) + PADDING;
