import { expect, it } from 'vitest';
import { REHEARSAL_ROWS_MAX, type RehearsalRow } from '../../../main/api/rehearsalPositions.ts';
import { rowsTaken, rowsWanted } from '../../../renderer/src/features/bench/heldRows.ts';

const rows = (from: number, until: number): RehearsalRow[] =>
  Array.from({ length: until - from + 1 }, (_, at) => ({ position: from + at }) as RehearsalRow);

it('asks for as many rows as there may be around the cursor, where they are not held', () => {
  expect(rowsWanted([], 0, 0)).toBeNull();
  expect(rowsWanted([], 0, 2318)).toEqual({ from: 1, limit: REHEARSAL_ROWS_MAX });
  expect(rowsWanted([], 1000, 2318)).toEqual({ from: 960, limit: REHEARSAL_ROWS_MAX });
});

it('asks for none while the cursor moves among them, forward and back, up to both ends', () => {
  const held = rows(960, 1159);
  expect(rowsWanted(held, 1000, 2318)).toBeNull();
  expect(rowsWanted(held, 1079, 2318)).toBeNull();
  expect(rowsWanted(held, 1080, 2318)).toEqual({ from: 1040, limit: REHEARSAL_ROWS_MAX });
  expect(rowsWanted(held, 999, 2318)).toEqual({ from: 959, limit: REHEARSAL_ROWS_MAX });
  expect(rowsWanted(held, 1159, 1159)).toBeNull();
  expect(rowsWanted(rows(1, 30), 30, 30)).toBeNull();
});

it('asks again where more have come behind the last', () => {
  expect(rowsWanted(rows(1, 30), 10, 31)).toEqual({ from: 1, limit: REHEARSAL_ROWS_MAX });
});

it('keeps the rows that it had', () => {
  const [held, fresh] = [rows(1, 100), rows(60, 160)];
  const taken = rowsTaken(held, fresh);
  expect(taken.map(({ position }) => position)).toEqual(fresh.map(({ position }) => position));
  expect(taken[0]).toBe(held[59]);
  expect(taken.at(-1)).toBe(fresh.at(-1));
});
