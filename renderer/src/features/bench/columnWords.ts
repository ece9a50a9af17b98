/** What is said of a column of the bench. */
import type { ColumnView } from '../../../../main/api/rehearsalPositions.ts';
import type { RehearsalColumn } from '../../../../main/api/rehearsals.ts';
import { formatCount, formatCountOf, formatDuration } from '../../ui/format.ts';
import type { BenchState } from './bench.svelte.ts';

export interface Word {
  word: string;
  tone: 'plain' | 'good' | 'bad' | 'warn';
}

type Named = Pick<RehearsalColumn, 'id' | 'name' | 'version'>;

/** Which text of it runs: a version, one that was changed here, or that of its file, of which there is no version. */
export function textWord(bench: BenchState, { id, version }: Named): string {
  if (version !== null) return `v${version}`;
  return bench.changedSource(id) === null ? 'its file' : 'changed';
}

export const columnName = (bench: BenchState, column: Named): string => `${column.name} ${textWord(bench, column)}`;

/** What kind of a program it is. */
export function kindOf({ stores, windowMs, punctuateMs }: RehearsalColumn): string {
  const parts = [
    ...(stores.length > 0 ? [stores.length === 1 ? 'state store' : 'state stores'] : []),
    ...(windowMs === null ? [] : [`window every ${formatDuration(windowMs)} of wall clock`]),
    ...(punctuateMs === null ? [] : [`every ${formatDuration(punctuateMs)} in event time`]),
  ];
  return parts.join(', ') || 'per event';
}

/** How it stands beside the others, and how far it has run ahead. */
export function standingOf(bench: BenchState, { id, state, reach, failedAt }: RehearsalColumn, view: ColumnView | null): Word {
  if (state === 'stopped') return { word: `stopped at ${formatCount(reach)}`, tone: 'bad' };
  if (view === null) return { word: 'starting', tone: 'plain' };
  if (!view.isReached) return { word: `at ${formatCount(reach)}`, tone: 'warn' };
  if (reach > 0 && failedAt === reach) return { word: 'fails at every event', tone: 'bad' };
  const { pair, told: comparison } = bench.comparing;
  if (pair && comparison && (pair.a === id || pair.b === id)) {
    const differences = comparison.outputs.reduce((sum, { differs, missing, extra }) => sum + differs + missing + extra, 0);
    if (differences > 0) return { word: formatCountOf(differences, 'difference'), tone: 'warn' };
  }
  return { word: 'in step', tone: 'good' };
}

/** The columns as they are shown: the second of two that are compared comes right behind the first. */
export function besideEachOther<T extends { id: number }>(columns: readonly T[], pair: { a: number; b: number } | null): readonly T[] {
  const own = columns.filter(({ id }) => id === pair?.a || id === pair?.b);
  if (own.length < 2) return columns;
  return columns.flatMap((column) => (column === own[0] ? own : column === own[1] ? [] : [column]));
}
