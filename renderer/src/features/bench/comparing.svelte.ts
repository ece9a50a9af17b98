/** The comparison of two columns, followed until another one is asked for. */
import { toLabError } from '../../../../main/api/errors.ts';
import type { Comparison } from '../../../../main/api/rehearsalComparisons.ts';
import type { LabState } from '../../state/lab.svelte.ts';

export interface Pair {
  a: number;
  b: number;
}

export class Comparing {
  pair = $state.raw<Pair | null>(null);
  told = $state.raw<Comparison | null>(null);
  readonly #lab: LabState;
  #following: AbortController | null = null;

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  async follow(rehearsal: string, pair: Pair): Promise<void> {
    this.stop();
    this.pair = pair;
    const following = (this.#following = new AbortController());
    try {
      for await (const told of this.#lab.client.rehearsals.compare({ id: rehearsal, ...pair }, { signal: following.signal }))
        this.told = told;
    } catch (thrown) {
      if (following.signal.aborted) return;
      this.stop();
      const error = toLabError(thrown);
      if (error.code !== 'disconnected') this.#lab.notify(error, { about: 'bench compare', reading: true });
    }
  }

  stop(): void {
    this.#following?.abort();
    this.pair = this.told = null;
  }
}
