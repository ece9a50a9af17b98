/**
 * Rows of the input around the cursor. They are asked for a stretch at a time, and kept while the cursor moves within it: while it plays most moves
 * need none. Rows of a position never change, so one that is held stays the same object, and what shows it is left alone.
 */
import { REHEARSAL_ROWS_MAX, type RehearsalRow } from '../../../../main/api/rehearsalPositions.ts';

/** Rows that must be there before the cursor and behind it; more than a high window shows. */
const [NEEDED_BEFORE, NEEDED_BEHIND] = [40, 80];

/** What is to be asked for so that the rows around a position are there; null where they are. `held`: one position after the other. */
export function rowsWanted(held: readonly RehearsalRow[], position: number, positions: number): { from: number; limit: number } | null {
  const from = Math.max(1, position - NEEDED_BEFORE);
  const upTo = Math.min(positions, position + NEEDED_BEHIND);
  if (upTo < from) return null;
  const [first, last] = [held[0]?.position, held.at(-1)?.position];
  if (first !== undefined && last !== undefined && first <= from && last >= upTo) return null;
  return { from, limit: REHEARSAL_ROWS_MAX };
}

/** In place of those that were held. */
export function rowsTaken(held: readonly RehearsalRow[], fresh: readonly RehearsalRow[]): readonly RehearsalRow[] {
  const known = new Map(held.map((row) => [row.position, row]));
  return fresh.map((row) => known.get(row.position) ?? row);
}
