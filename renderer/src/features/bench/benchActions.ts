/** What can be done on the bench, for the palette and the keyboard. */
import type { Action } from '../../state/actions.svelte.ts';
import type { BenchState } from './bench.svelte.ts';
import { PACES, paceWord } from './playback.ts';

export interface BenchDeeds {
  jump: () => void;
  add: () => void;
  /** Of the first two that can be compared; null where there are none. */
  compare: (() => void) | null;
}

const group = 'Bench';

export function benchActions(bench: BenchState, deeds: BenchDeeds): Action[] {
  if (!bench.rehearsal) return [];
  return [
    { id: 'bench-step', group, title: 'Step', keys: 'J', run: () => bench.step(1) },
    { id: 'bench-step-back', group, title: 'Step back', keys: 'K', run: () => bench.step(-1) },
    { id: 'bench-play', group, title: bench.isPlaying ? 'Pause' : 'Play', keys: 'Space', run: () => bench.togglePlay() },
    { id: 'bench-start', group, title: 'To the beginning of the rehearsal', keys: 'Home', run: () => bench.goTo(0) },
    { id: 'bench-end', group, title: 'To the end of the rehearsal', keys: 'End', run: () => bench.goTo(bench.positions) },
    { id: 'bench-jump', group, title: 'Jump to an event, offset, time or text…', keys: 'Mod+G', run: deeds.jump },
    ...placeActions(bench),
    { id: 'bench-add', group, title: 'Add a processor to the bench…', run: deeds.add },
    { id: 'bench-compare', group, title: 'Compare two processors', enabled: deeds.compare !== null, run: () => deeds.compare?.() },
    ...PACES.filter((pace) => pace !== bench.pace).map((pace) => ({
      id: `bench-pace-${pace}`,
      group,
      title: `Play ${paceWord(pace)}`,
      run: () => {
        bench.pace = pace;
        bench.play();
      },
    })),
  ];
}

/** To the next place at which something happened, and to the one before. */
export function placeActions(bench: BenchState): Action[] {
  const columns = bench.columns.map(({ id }) => id);
  const { pair } = bench.comparing;
  const emission = { of: 'emission', columns, output: null, contains: '' } as const;
  const failure = { of: 'failure', columns } as const;
  const finding = (id: string, title: string, run: () => Promise<void>, keys?: string, enabled = true): Action => ({
    id,
    group,
    title,
    enabled,
    ...(keys === undefined ? {} : { keys }),
    run: () => void run(),
  });
  return [
    finding('bench-emission', 'Next emission', () => bench.find('emission', emission), 'E', columns.length > 0),
    finding('bench-emission-back', 'Previous emission', () => bench.find('emission', emission, 'previous'), 'Shift+E', columns.length > 0),
    finding('bench-failure', 'Next failure', () => bench.find('failure', failure), 'F', columns.length > 0),
    finding('bench-failure-back', 'Previous failure', () => bench.find('failure', failure, 'previous'), 'Shift+F', columns.length > 0),
    finding('bench-difference', 'Next difference', () => nextDifference(bench), 'D', pair !== null),
    finding('bench-difference-back', 'Previous difference', () => nextDifference(bench, 'previous'), 'Shift+D', pair !== null),
  ];
}

export async function nextDifference(bench: BenchState, direction: 'next' | 'previous' = 'next'): Promise<void> {
  if (bench.comparing.pair) await bench.find('difference', { of: 'difference', ...bench.comparing.pair }, direction);
}
