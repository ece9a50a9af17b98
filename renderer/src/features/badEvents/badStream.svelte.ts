/** The bad events of one stream as the page shows them: its groups, and those of the chosen one. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { BadEvent, BadEvents, BadGroup, BadGroupName } from '../../../../main/api/badEvents.ts';
import type { LabClient } from '../../../../main/api/index.ts';

export class BadStream {
  readonly #client: Pick<LabClient, 'badEvents'>;
  readonly #stream: string;
  seen = $state.raw<BadEvents | null>(null);
  events = $state.raw<readonly BadEvent[] | null>(null);
  error = $state.raw<LabError | null>(null);
  /** What was chosen; while nothing was, the first group is. */
  #chosen = $state.raw<BadGroupName | null>(null);
  readonly chosen: BadGroup | null = $derived.by(() => {
    const groups = this.seen?.groups ?? [];
    return groups.find((group) => this.#chosen !== null && nameOf(group) === nameOf(this.#chosen)) ?? groups[0] ?? null;
  });
  /** Whether something was sent back of which it is not known yet what became. */
  readonly isWaiting: boolean = $derived(this.seen?.groups.some(({ states }) => states.waiting > 0) ?? false);

  constructor(client: Pick<LabClient, 'badEvents'>, stream: string) {
    this.#client = client;
    this.#stream = stream;
  }

  choose(group: BadGroupName): void {
    this.#chosen = group;
    this.events = null;
    void this.look(new AbortController().signal);
  }

  async look(signal: AbortSignal): Promise<void> {
    const { badEvents } = this.#client;
    try {
      const seen = await badEvents.look({ stream: this.#stream }, { signal });
      if (signal.aborted) return;
      this.seen = seen;
      const { chosen } = this;
      const { processor, reason, from } = chosen ?? { processor: '', reason: '', from: '' };
      const events = chosen ? await badEvents.list({ stream: this.#stream, group: { processor, reason, from } }, { signal }) : [];
      if (signal.aborted || (this.chosen && chosen && nameOf(this.chosen) !== nameOf(chosen))) return;
      this.events = events;
      this.error = null;
    } catch (thrown) {
      if (!signal.aborted) this.error = toLabError(thrown);
    }
  }
}

export const nameOf = ({ processor, reason, from }: BadGroupName): string => JSON.stringify([processor, reason, from]);
