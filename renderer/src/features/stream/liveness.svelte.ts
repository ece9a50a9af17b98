/**
 * How far "live" is true. A view that follows the end shows the newest rows, a screenful at a time: where events come faster, some go by that
 * it never shows, and where they come faster than the lab answers, it is behind.
 */
import type { StreamSummary } from '../../../../main/api/streams.ts';
import type { RowsView } from './rowsView.ts';

/** Rows that go by once are a batch; twice within this time, and it can not keep up, milliseconds. */
const GAPS_SPAN_MS = 3_000;
/** When it begins to follow it goes to the end, wherever it was: no gap. Milliseconds. */
const SETTLE_MS = 1_000;
/** Fewer events than these are on their way to the view at any time. */
const BEHIND_SAID_MIN = 1_000;

export class Liveness {
  /** Events go by that are never shown. */
  gaps = $state(false);
  #followsSince: number | null = null;
  #endSeen = 0;
  #gapsAt: number[] = [];
  #over: ReturnType<typeof setTimeout> | undefined;

  /** The view is laid out anew, at a time on the clock of performance.now(). */
  saw({ firstVisible, endVisible }: Pick<RowsView, 'firstVisible' | 'endVisible'>, following: boolean, at: number): void {
    if (!following) return this.close();
    this.#followsSince ??= at;
    if (firstVisible > this.#endSeen && at - this.#followsSince > SETTLE_MS) this.#gap(at);
    this.#endSeen = endVisible;
  }

  close(): void {
    clearTimeout(this.#over);
    this.gaps = false;
    this.#followsSince = null;
    this.#gapsAt = [];
  }

  #gap(at: number): void {
    this.#gapsAt = [...this.#gapsAt.filter((one) => at - one < GAPS_SPAN_MS), at];
    if (this.#gapsAt.length < 2) return;
    this.gaps = true;
    clearTimeout(this.#over);
    this.#over = setTimeout(() => (this.gaps = false), GAPS_SPAN_MS);
  }
}

/** How many events of the shards are not in the view yet, roughly; 0 where it is no more than what is on its way. */
export function eventsBehind(
  summary: StreamSummary | undefined,
  shards: readonly number[] | null,
  { firstRow, endRow }: Pick<RowsView, 'firstRow' | 'endRow'>,
): number {
  if (!summary) return 0;
  const read = summary.shards.filter(({ shard }) => shards === null || shards.includes(shard));
  const behind = read.reduce((sum, { events }) => sum + events, 0) - (endRow - firstRow);
  return sayable(behind, summary);
}

/** More than a second's worth counts, in two digits: the others change while they are read. */
export function sayable(behind: number, { eventsPerSecond }: Pick<StreamSummary, 'eventsPerSecond'>): number {
  return behind < Math.max(BEHIND_SAID_MIN, eventsPerSecond) ? 0 : Number(behind.toPrecision(2));
}
