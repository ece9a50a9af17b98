/** Random numbers that the seed of the run repeats. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../unit/openLab.ts';

export interface Random {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Waits for a random time up to `mostMs`. */
  pause(mostMs: number): Promise<void>;
}

/** `salt` keeps two tests of one run from getting the same numbers. */
export function createRandom(salt: number): Random {
  const next = seeded(Number(process.env.FAULTS_SEED) + salt);
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[between(0, choices.length - 1)]!,
    pause: (mostMs) => sleep(next() * mostMs),
  };
}
