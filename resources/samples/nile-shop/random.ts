/** Chance that comes out the same every time: a seed decides all of it. */

export interface Chance {
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** True so many times out of a hundred. */
  percent(share: number): boolean;
  one<T>(of: readonly T[]): T;
  /** One of them, each as likely as its weight. */
  weighted<T extends { weight: number }>(of: readonly T[]): T;
  shuffled<T>(of: readonly T[]): T[];
}

/** Mulberry32: 32-bit integer arithmetic alone, so that every platform draws the same numbers. */
export function chance(seed: number): Chance {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    between: (low, high) => low + below(high - low + 1),
    percent: (share) => below(100) < share,
    one: (of) => of[below(of.length)]!,
    weighted(of) {
      let left = below(of.reduce((sum, each) => sum + each.weight, 0));
      return of.find((each) => (left -= each.weight) < 0)!;
    },
    shuffled(of) {
      const cards = [...of];
      for (let last = cards.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [cards[last], cards[other]] = [cards[other]!, cards[last]!];
      }
      return cards;
    },
  };
}
