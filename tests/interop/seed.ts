/** Random numbers that the seed of the run repeats. */
import { seeded } from '../unit/openLab.ts';

export interface Random {
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  bytes(length: number): Buffer;
  pick<T>(choices: readonly T[]): T;
}

/** `salt` keeps two tests of one run from getting the same numbers. */
export function createRandom(salt: number): Random {
  const next = seeded(Number(process.env.INTEROP_SEED) + salt);
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length);
      for (let at = 0; at < length; at++) bytes[at] = between(0, 255);
      return bytes;
    },
    pick: (choices) => choices[between(0, choices.length - 1)]!,
  };
}
