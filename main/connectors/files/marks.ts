/** How far an import is known to be in the log: appends are acknowledged in any order, a mark moves over those that leave no gap. */
import type { Mark } from './standing.ts';

interface UnderWay {
  /** Where the import stands when this append and all before it are in the log. */
  after: Mark;
  isDone: boolean;
}

export class Marks {
  #reached: Mark;
  readonly #underWay: UnderWay[] = [];

  constructor(reached: Mark) {
    this.#reached = reached;
  }

  get reached(): Mark {
    return this.#reached;
  }

  /** Nothing is on its way. */
  reach(mark: Mark): void {
    this.#reached = mark;
  }

  /** An append leaves, in the order of the file. To be called when it is in the log; never where it failed. */
  leave(after: Mark): () => void {
    const own: UnderWay = { after, isDone: false };
    this.#underWay.push(own);
    return () => {
      own.isDone = true;
      while (this.#underWay[0]?.isDone) this.#reached = this.#underWay.shift()!.after;
    };
  }
}
