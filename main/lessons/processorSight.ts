/** What a step of a lesson looks for in processors. */
import type { ProcessorSummary } from '../api/processors.ts';
import type { Check } from './content.ts';

type Runs = Extract<Check, { processor: unknown }>['processor'];

export class ProcessorSight {
  readonly #all: () => ProcessorSummary[];
  /** How often each was restarted when the step was first looked at; a new version begins to count anew. */
  readonly #restarts: Map<string, number>;

  constructor(all: () => ProcessorSummary[]) {
    this.#all = all;
    this.#restarts = new Map(all().map(({ name, restarts }) => [name, restarts]));
  }

  /** It is at work, and as far as the check says; in version 0 it needs but be there. */
  runs({ name, version = 1, in: events = 0, bad = 0, badMost = Infinity }: Runs): boolean {
    const processor = this.#of(name);
    if (!processor || version === 0) return processor !== undefined;
    // One that came with an imported workspace may have other streams than those that the lesson is about.
    if (Object.keys(processor.streams).length > 0) return false;
    const isAtWork = processor.state === 'running' || processor.state === 'parked';
    const isFar = processor.in >= events && processor.bad >= bad && processor.bad <= badMost;
    return isAtWork && isFar && (processor.current?.version ?? 0) >= version;
  }

  /** Its process ended unasked since this began, and runs again. */
  isBack(name: string): boolean {
    const processor = this.#of(name);
    const before = Math.min(this.#restarts.get(name) ?? 0, processor?.restarts ?? 0);
    this.#restarts.set(name, before);
    return processor?.state === 'running' && processor.restarts > before;
  }

  #of(name: string): ProcessorSummary | undefined {
    return this.#all().find((processor) => processor.name === name);
  }
}
