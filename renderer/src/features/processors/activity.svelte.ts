/** What one processor does, followed for as long as the page shows it. */
import type { ProcessorActivity } from '../../../../main/api/processors.ts';
import { toLabError } from '../../../../main/api/errors.ts';
import type { LabState } from '../../state/lab.svelte.ts';

const NOTHING: ProcessorActivity = { emitted: [], failures: [], lines: [] };

export class FollowedActivity {
  shown = $state.raw(NOTHING);
  readonly #lab: LabState;
  readonly #name: string;

  constructor(lab: LabState, name: string) {
    this.#lab = lab;
    this.#name = name;
  }

  /** In an effect: begins again when the connection is back. Answers how to end it. */
  follow(): () => void {
    const gone = new AbortController();
    if (this.#lab.connection === 'up') void this.#take(gone.signal);
    return () => gone.abort();
  }

  async #take(signal: AbortSignal): Promise<void> {
    try {
      for await (const activity of this.#lab.client.processors.follow({ name: this.#name }, { signal })) this.shown = activity;
    } catch (thrown) {
      const { code } = toLabError(thrown);
      // It was removed, or the connection is gone: both are said elsewhere.
      if (!signal.aborted && code !== 'no-such-processor' && code !== 'disconnected')
        this.#lab.notify(toLabError(thrown), { reading: true });
    }
  }
}
