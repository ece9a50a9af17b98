/**
 * How far a rehearsal that plays has come: its clock goes on at a pace, by the times of the events. Nobody waits for a night in which nothing
 * happened: a gap is shortened so that it lasts GAP_MS_MAX on the wall.
 */
import type { RehearsalRow } from '../../../../main/api/rehearsalPositions.ts';

/** Longest that nothing happens while it plays, milliseconds of the wall clock. */
export const GAP_MS_MAX = 1_000;
/** As fast as it goes: the whole rehearsal in so many frames, and at least one event a frame. */
const FRAMES_AT_MOST = 1_200;

/** Times as fast as it happened; `max`: as fast as it goes. */
export type Pace = number | 'max';
export const PACES: readonly Pace[] = [0.1, 1, 10, 100, 1_000, 10_000, 'max'];

export const paceWord = (pace: Pace): string => (pace === 'max' ? 'as fast as it goes' : `${pace.toLocaleString('en')}×`);

/** Where the next frame stands: a position that is known from the rows at hand, or the first one at a time, which the lab finds. */
export type Next = { at: 'position'; position: number } | { at: 'time'; time: number };

export class Playback {
  /** Of the rehearsal, milliseconds; NaN before it has begun. */
  #clock: number;
  readonly pace: Pace;

  constructor(pace: Pace, clock: number | null) {
    this.pace = pace;
    this.#clock = clock ?? Number.NaN;
  }

  /**
   * So much of the wall clock has passed since the last call, milliseconds. `ahead`: rows from the one behind `position` on; none where they are
   * not at hand. `positions`: the last one there is.
   */
  next(passedMs: number, position: number, positions: number, ahead: readonly RehearsalRow[]): Next {
    if (this.pace === 'max') return { at: 'position', position: Math.min(positions, position + Math.ceil(positions / FRAMES_AT_MOST)) };
    const [first] = ahead;
    if (first === undefined) return { at: 'position', position };
    if (Number.isNaN(this.#clock)) this.#clock = first.timestamp ?? Number.NaN;
    this.#clock += passedMs * this.pace;
    this.#clock = Math.max(this.#clock, (first.timestamp ?? -Infinity) - GAP_MS_MAX * this.pace);
    let passed = 0;
    while (passed < ahead.length && !((ahead[passed]!.timestamp ?? -Infinity) > this.#clock)) passed++;
    if (passed < ahead.length || position + passed >= positions) return { at: 'position', position: position + passed };
    return { at: 'time', time: this.#clock };
  }
}
