/** How far a replay is, as it is shown and kept: what it has sent is known from the log, the rest is told. */
import { MISSED_SHOWN_MAX, type MissedRange, type Replay } from '../api/replays.ts';
import { NO_TIMESTAMP } from '../api/time.ts';
import { createRateMeter, type RateMeter } from '../streams/rates.ts';

/** A wait for the next event that is shorter is not told, milliseconds. */
const TOLD_WAIT_MS = 1_500;

export interface SavedProgress {
  read: number;
  sent: number;
  bad: number;
  eventTime: number | null;
  missed: MissedRange[];
  missedRanges: number;
  /** Of each shard what is read next. */
  positions: { shard: number; offset: bigint }[];
}

export const NO_PROGRESS: SavedProgress = { read: 0, sent: 0, bad: 0, eventTime: null, missed: [], missedRanges: 0, positions: [] };

export class Progress {
  #saved: SavedProgress;
  #shortened = { waits: 0, ms: 0 };
  #next: Replay['next'] = null;
  #rates: RateMeter = createRateMeter();
  readonly #changed: () => void;
  readonly #now: () => number;

  constructor(saved: SavedProgress, now: () => number, changed: () => void) {
    this.#saved = { ...saved };
    this.#now = now;
    this.#changed = changed;
  }

  get saved(): SavedProgress {
    return this.#saved;
  }

  get shortened(): { waits: number; ms: number } {
    return this.#shortened;
  }

  /** What it waits for, and until when. */
  get next(): Replay['next'] {
    return this.#next;
  }

  get perSecond(): number {
    return this.#rates.rates(this.#now())[0] ?? 0;
  }

  /** It is read on from here. */
  begins(read: number, positions: ReadonlyMap<number, bigint>, sent: number): void {
    this.#rates = createRateMeter();
    this.#saved = { ...this.#saved, read, sent, positions: listed(positions) };
    this.#said();
  }

  /** It waits so long for an event with this timestamp. */
  awaits(waitMs: number, timestamp: bigint): void {
    if (waitMs < TOLD_WAIT_MS) return;
    this.#next = { dueAt: Math.round(this.#now() + waitMs), timestamp: Number(timestamp) };
    this.#changed();
  }

  /** It does not wait any more. */
  goesOn(): void {
    if (this.#next === null) return;
    this.#next = null;
    this.#changed();
  }

  /** So many more events were looked at, and there are so many now in the target. */
  wrote(
    looked: number,
    positions: ReadonlyMap<number, bigint>,
    sent: number,
    latest: bigint,
    shortened: { waits: number; ms: number },
  ): void {
    const eventTime = latest === NO_TIMESTAMP ? this.#saved.eventTime : Math.max(Number(latest), this.#saved.eventTime ?? -Infinity);
    this.#saved = { ...this.#saved, read: this.#saved.read + looked, sent, eventTime, positions: listed(positions) };
    this.#shortened = { ...shortened };
    this.#said();
  }

  /** Of a processor's report. */
  processed(
    read: number,
    positions: ReadonlyMap<number, bigint>,
    sent: number,
    bad: number,
    eventTime: number | null,
    shortened = this.#shortened,
  ): void {
    this.#shortened = { ...shortened };
    this.#saved = { ...this.#saved, read, sent, bad, eventTime: eventTime ?? this.#saved.eventTime, positions: listed(positions) };
    this.#said();
  }

  /** After a crash it may come to the same place again. What adjoins a range of which the same holds makes it longer. */
  missed(missed: MissedRange): void {
    const { missed: known, missedRanges } = this.#saved;
    const ofShard = known.filter(({ shard }) => shard === missed.shard);
    if (ofShard.some(({ from, until }) => from <= missed.from && missed.until <= until)) return;
    const before = ofShard.find(({ until, why }) => until === missed.from && why === missed.why);
    if (before) {
      const longer = { ...before, until: missed.until };
      this.#saved = { ...this.#saved, missed: known.map((range) => (range === before ? longer : range)) };
    } else {
      const shown = known.length < MISSED_SHOWN_MAX ? [...known, missed] : known;
      this.#saved = { ...this.#saved, missed: shown, missedRanges: missedRanges + 1 };
    }
    this.#said();
  }

  #said(): void {
    this.#rates.sample(this.#now(), [this.#saved.sent]);
    this.#changed();
  }
}

function listed(positions: ReadonlyMap<number, bigint>): SavedProgress['positions'] {
  return [...positions].map(([shard, offset]) => ({ shard, offset }));
}
