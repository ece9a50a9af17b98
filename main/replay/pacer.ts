/**
 * When the next event is due: as long after the first one as it came then, divided by the speed. Event time only goes on: an event that is
 * earlier than one that was sent is due at once, and so is one without a time. Where the lab can not keep up, it catches up as soon as it can.
 */
import { NO_TIMESTAMP } from '../api/time.ts';

export class Pacer {
  readonly #now: () => number;
  readonly #waitMsMax: number | null;
  #speed: number | null;
  /** At this moment of the wall clock, milliseconds, event time stood there. Null before the first event. */
  #anchor: { wall: number; event: number } | null = null;
  #latest = Number.NEGATIVE_INFINITY;
  readonly #shortened = { waits: 0, ms: 0 };

  /** `speed` null: everything is due at once. */
  constructor(options: { speed: number | null; waitMsMax: number | null; now: () => number }) {
    this.#speed = options.speed;
    this.#waitMsMax = options.waitMsMax;
    this.#now = options.now;
  }

  get shortened(): Readonly<{ waits: number; ms: number }> {
    return this.#shortened;
  }

  /** From now on. */
  setSpeed(speed: number | null): void {
    const time = this.#time();
    this.#anchor = time === null ? null : { wall: this.#now(), event: time };
    this.#speed = speed;
  }

  /** How long the next event has to wait, milliseconds. A wait that is too long is shortened when it is first asked for. */
  waitMs(timestamp: bigint): number {
    if (this.#speed === null || timestamp === NO_TIMESTAMP) return 0;
    const time = Number(timestamp);
    if (time <= this.#latest) return 0;
    const now = this.#now();
    this.#anchor ??= { wall: now, event: time };
    const wait = this.#anchor.wall + (time - this.#anchor.event) / this.#speed - now;
    if (this.#waitMsMax === null || wait <= this.#waitMsMax) return Math.max(0, wait);
    this.#shortened.waits++;
    this.#shortened.ms += wait - this.#waitMsMax;
    this.#anchor = { wall: now + this.#waitMsMax, event: time };
    return this.#waitMsMax;
  }

  sent(timestamp: bigint): void {
    if (timestamp !== NO_TIMESTAMP) this.#latest = Math.max(this.#latest, Number(timestamp));
  }

  /** Where event time stands now. */
  #time(): number | null {
    if (this.#speed === null) return this.#latest === Number.NEGATIVE_INFINITY ? null : this.#latest;
    return this.#anchor && this.#anchor.event + (this.#now() - this.#anchor.wall) * this.#speed;
  }
}
