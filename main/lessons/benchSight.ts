/** What a step of a lesson looks for on the bench, and among replays. */
import type { Replay } from '../api/replays.ts';
import type { Check } from './content.ts';

/** Of a rehearsal that is open: its processors, and how often somebody stepped back in it. */
export interface OpenRehearsalSight {
  id: string;
  processors: string[];
  stepsBack: number;
}

type Rehearsed = Extract<Check, { rehearsal: unknown }>['rehearsal'];

export class BenchSight {
  readonly #rehearsals: () => OpenRehearsalSight[];
  readonly #replays: () => Replay[];
  /** As it was when the step was first looked at. */
  readonly #before: Map<string, number>;

  constructor(rehearsals: () => OpenRehearsalSight[], replays: () => Replay[]) {
    this.#rehearsals = rehearsals;
    this.#replays = replays;
    this.#before = new Map(rehearsals().map(({ id, stepsBack }) => [id, stepsBack]));
  }

  rehearses({ processors, back }: Rehearsed): boolean {
    return this.#rehearsals().some(
      (one) => processors.every((name) => one.processors.includes(name)) && (!back || one.stepsBack > (this.#before.get(one.id) ?? 0)),
    );
  }

  isReplayed({ stream, into }: { stream: string; into: string }): boolean {
    return this.#replays().some((one) => one.state === 'done' && one.redrives === null && one.stream === stream && one.into === into);
  }

  isRedriven(processor: string): boolean {
    return this.#replays().some(({ state, redrives }) => state === 'done' && redrives?.processor === processor);
  }
}
