/** What is said of a column: how it stands. */
import { expect, test } from 'vitest';
import type { ColumnView } from '../../../main/api/rehearsalPositions.ts';
import type { RehearsalColumn } from '../../../main/api/rehearsals.ts';
import type { BenchState } from '../../../renderer/src/features/bench/bench.svelte.ts';
import { besideEachOther, columnName, standingOf } from '../../../renderer/src/features/bench/columnWords.ts';

const bench = { comparing: { pair: null, told: null }, changedSource: (id: number) => (id === 2 ? 'text' : null) } as unknown as BenchState;
const column = (rest: Partial<RehearsalColumn>): RehearsalColumn =>
  ({ id: 1, state: 'running', reach: 1_200, failedAt: 3, ...rest }) as RehearsalColumn;
const view = (isReached: boolean): ColumnView => ({ isReached }) as ColumnView;

test.each([
  [column({ state: 'starting', reach: 0, failedAt: 0 }), null, 'starting'],
  [column({}), view(true), 'in step'],
  [column({}), view(false), 'at 1,200'],
  [column({ state: 'stopped' }), view(true), 'stopped at 1,200'],
  [column({ failedAt: 1_200 }), view(true), 'fails at every event'],
])('a column stands: %#', (told, shown, word) => {
  expect(standingOf(bench, told, shown).word).toBe(word);
});

test('a column is called by its version, by having been changed here, or by its file, of which there is no version yet', () => {
  const named = (id: number, version: number | null): string => columnName(bench, { id, name: 'cart', version });
  expect([named(1, 3), named(2, null), named(1, null)]).toEqual(['cart v3', 'cart changed', 'cart its file']);
});

test('two that are compared stand beside each other; the others stay where they are', () => {
  const columns = [1, 2, 3, 4].map((id) => ({ id }));
  const order = (pair: { a: number; b: number } | null) => besideEachOther(columns, pair).map(({ id }) => id);
  expect(order({ a: 1, b: 4 })).toEqual([1, 4, 2, 3]);
  expect(order({ a: 4, b: 2 })).toEqual([1, 2, 4, 3]);
  expect(order(null)).toEqual([1, 2, 3, 4]);
  // One that is made anew is not there for a moment.
  expect(order({ a: 1, b: 5 })).toEqual([1, 2, 3, 4]);
});
