/** What a replay would do, asked again whenever the form says something else; the newest answer counts. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { ReplayPreview, ReplayWish } from '../../../../main/api/replays.ts';

/** Typing is over after so long, milliseconds. */
const TYPED_MS = 250;

export class PreviewedReplay {
  shown = $state.raw<ReplayPreview | null>(null);
  error = $state.raw<LabError | null>(null);
  isLooking = $state(false);
  readonly #client: Pick<LabClient, 'replays'>;

  constructor(client: Pick<LabClient, 'replays'>) {
    this.#client = client;
  }

  /** To be called in an effect: what it returns ends it. */
  ask(wish: ReplayWish | null): (() => void) | undefined {
    if (wish === null) {
      this.shown = null;
      this.error = null;
      return;
    }
    const asked = new AbortController();
    const timer = setTimeout(() => void this.#look(wish, asked.signal), TYPED_MS);
    this.isLooking = true;
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }

  async #look(wish: ReplayWish, signal: AbortSignal): Promise<void> {
    try {
      const shown = await this.#client.replays.preview(wish, { signal });
      if (signal.aborted) return;
      this.shown = shown;
      this.error = null;
    } catch (thrown) {
      if (signal.aborted) return;
      this.error = toLabError(thrown);
      this.shown = null;
    }
    this.isLooking = false;
  }
}
