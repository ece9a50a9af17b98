/**
 * Breaks a few events, as real ones break. Only looks are broken, so that carts and orders add up with or without them.
 * One of each twelfth of the morning, none of them late.
 */
import type { Chance } from './random.ts';
import type { Beat } from './visits.ts';

export type Spoiled =
  | { by: 'no address' }
  /** The time that stands in the event instead of when it happened ("2018-10-15T10:07:11Z"); no date-time of RFC 3339. */
  | { by: 'no time'; timestamp: (happened: string) => string }
  | { by: 'cut short'; characters: number };

const BAD: readonly Spoiled[] = [
  { by: 'no address' },
  { by: 'no address' },
  { by: 'no time', timestamp: (happened) => `15/10/2018 ${happened.slice(11, 16)}` },
  { by: 'no address' },
  { by: 'no address' },
  { by: 'cut short', characters: 67 },
  { by: 'no address' },
  { by: 'no time', timestamp: () => 'NaN-NaN-NaNTNaN:NaN:NaNZ' },
  { by: 'no address' },
  { by: 'no address' },
  { by: 'no time', timestamp: (happened) => `${happened.slice(0, 14)}61${happened.slice(16)}` },
  { by: 'no address' },
];

export function spoil(by: Chance, moments: { beat: Beat; arrivesMs: number; spoiled?: Spoiled }[]): void {
  const share = moments.length / BAD.length;
  for (const [n, spoiled] of BAD.entries()) {
    const looks = moments
      .slice(Math.floor(n * share), Math.floor((n + 1) * share))
      .filter(({ beat, arrivesMs }) => beat.does === 'view' && arrivesMs < (beat.at + 1) * 1000);
    by.one(looks).spoiled = spoiled;
  }
}
