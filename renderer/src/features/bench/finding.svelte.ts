/** Looking for a place in a rehearsal: the lab answers after a moment, found or not, and is asked again from where it stood. */
import { toLabError } from '../../../../main/api/errors.ts';
import type { RehearsalSearch } from '../../../../main/api/rehearsalPositions.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { formatCount } from '../../ui/format.ts';

/** How long it may take all in all, milliseconds. */
const SEARCH_MS_MAX = 60_000;
/** Where the columns have not come further since the last answer, milliseconds until it is asked again. */
const AGAIN_MS = 100;

export interface Search {
  rehearsal: string;
  from: number;
  direction: 'next' | 'previous';
  what: RehearsalSearch['what'];
  /** As it is told: "difference". */
  word: string;
}

export class Finding {
  /** The search under way. */
  running = $state.raw<{ word: string; lookedTo: number } | null>(null);
  readonly #lab: LabState;
  #search: AbortController | null = null;

  constructor(lab: LabState) {
    this.#lab = lab;
  }

  /** The position, or null where there is none, which is said; also where another search has begun meanwhile. */
  async find({ rehearsal: id, from, direction, what, word }: Search): Promise<number | null> {
    this.stop();
    const looking = (this.#search = new AbortController());
    const until = performance.now() + SEARCH_MS_MAX;
    try {
      for (let at = from; ;) {
        const found = await this.#lab.client.rehearsals.search({ id, from: at, direction, what }, { signal: looking.signal });
        if (found.position !== null) {
          this.#lab.notices.dismissAbout('bench search');
          return found.position;
        }
        if (found.isOver || performance.now() > until) {
          const where = direction === 'next' ? 'after' : 'before';
          const sentence = found.isOver
            ? `There is no ${word} ${where} this position.`
            : `No ${word} up to event ${formatCount(found.lookedTo)}.`;
          this.#lab.notify(sentence, { about: 'bench search' });
          return null;
        }
        if (found.lookedTo === at) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        at = found.lookedTo;
        this.running = { word, lookedTo: at };
      }
    } catch (thrown) {
      if (!looking.signal.aborted) this.#lab.notify(toLabError(thrown), { about: 'bench search', reading: true });
      return null;
    } finally {
      if (this.#search === looking) this.running = null;
    }
  }

  stop(): void {
    this.#search?.abort();
    this.running = null;
  }
}
