/** The event that is shown in full: asked for when the selection moves, the one before staying until it comes. */
import { toLabError, type LabError } from '../../../../main/api/errors.ts';
import type { EventDetail } from '../../../../main/api/events.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import type { Position } from '../../../../main/api/values.ts';

/** Ways to see the event. */
export const detailTabs = [
  { value: 'event', label: 'Event' },
  { value: 'raw', label: 'Raw' },
  { value: 'hex', label: 'Hex' },
] as const;
export type DetailTab = (typeof detailTabs)[number]['value'];

export class DetailState {
  tab = $state<DetailTab>('event');
  event = $state.raw<EventDetail | null>(null);
  failure = $state.raw<LabError | null>(null);
  /** Where the event that is asked for or shown stands. */
  at = $state.raw<Position | null>(null);

  readonly #client: Pick<LabClient, 'events'>;
  readonly #stream: string;
  #asking: AbortController | null = null;

  constructor(client: Pick<LabClient, 'events'>, stream: string) {
    this.#client = client;
    this.#stream = stream;
  }

  show(at: Position | null): void {
    if (at?.shard === this.at?.shard && at?.offset === this.at?.offset) return;
    this.#asking?.abort();
    this.at = at && { shard: at.shard, offset: at.offset };
    if (this.at) void this.#get(this.at);
    else this.event = this.failure = null;
  }

  retry(): void {
    if (this.at) void this.#get(this.at);
  }

  close(): void {
    this.#asking?.abort();
  }

  async #get(at: Position): Promise<void> {
    const asking = (this.#asking = new AbortController());
    try {
      const event = await this.#client.events.get({ stream: this.#stream, ...at }, { signal: asking.signal });
      if (asking.signal.aborted) return;
      this.event = event;
      this.failure = null;
    } catch (thrown) {
      if (asking.signal.aborted) return;
      this.event = null;
      this.failure = toLabError(thrown);
    }
  }
}
