/** Readable places on an axis of time, and what stands beside them. Plain numbers of milliseconds: JavaScript's dates are its bounds. */
import { formatTime, type Clock } from '../../ui/format.ts';

/** Least distance between two ticks, pixels; milliseconds since 1970 are longer than a time of day. */
const [TICK_GAP, EPOCH_TICK_GAP] = [84, 124];
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
/** JavaScript's dates end here, milliseconds. */
const DATE_MS_MAX = 8.64e15;

const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14].map((count) => count * DAY),
];
/** Steps of the calendar. */
const STEPS_MONTHS = [
  1,
  3,
  6,
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000].map((years) => years * 12),
];
const MONTH_MS = 30.4 * DAY;

/** Of the type that the labels are set in, and what stands before them, pixels. */
const [CHARACTER, PADDING] = [6.7, 5];

/** How wide a label is. */
export function labelPixels(label: string): number {
  return label.length * CHARACTER + PADDING;
}

export interface Tick {
  /** Milliseconds since 1970. */
  at: number;
  label: string;
}

export interface Axis {
  ticks: Tick[];
  /** The day on which the axis begins, where its ticks do not tell of days. */
  day: string | null;
}

export function timeAxis(fromMs: bigint, toMs: bigint, pixels: number, clock: Clock): Axis {
  const [from, to] = [Number(fromMs), Number(toMs)];
  if (!(to > from) || pixels <= 0) return { ticks: [], day: null };
  const least = ((to - from) * (clock === 'epoch' ? EPOCH_TICK_GAP : TICK_GAP)) / pixels;
  const stepMs = STEPS_MS.find((step) => step >= least);
  if (stepMs === undefined) return { ticks: calendarTicks(from, to, least, clock), day: null };
  const shift = shiftOf(from, clock);
  const ticks: Tick[] = [];
  for (let at = Math.ceil((from + shift) / stepMs) * stepMs - shift; at < to; at += stepMs) {
    ticks.push({ at, label: labelOf(at, clock, stepMs) });
  }
  return { ticks, day: stepMs < DAY && clock !== 'epoch' ? formatTime(from, clock, 'date') : null };
}

function labelOf(at: number, clock: Clock, stepMs: number): string {
  if (clock === 'epoch' || Math.abs(at) > DATE_MS_MAX) return String(at);
  if (stepMs >= DAY) return formatTime(at, clock, 'date');
  const time = formatTime(at, clock, 'clock');
  // The day where one begins.
  if (time.startsWith('00:00:00.000')) return formatTime(at, clock, 'date');
  return stepMs < SECOND ? time : stepMs < MINUTE ? time.slice(0, 8) : time.slice(0, 5);
}

/** The first days of months and years. */
function calendarTicks(from: number, to: number, least: number, clock: Clock): Tick[] {
  const months = STEPS_MONTHS.find((step) => step * MONTH_MS >= least) ?? STEPS_MONTHS.at(-1)!;
  const shift = shiftOf(from, clock);
  const begin = new Date(Math.max(from, -DATE_MS_MAX) + shift);
  const first = Math.floor((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / months) * months;
  const ticks: Tick[] = [];
  for (let month = first; ticks.length < 200; month += months) {
    const at = new Date(0).setUTCFullYear(Math.floor(month / 12), month - Math.floor(month / 12) * 12, 1) - shift;
    if (at >= to) break;
    if (Number.isNaN(at)) {
      if (month > 0) break;
      continue;
    }
    if (at < from) continue;
    const date = formatTime(at, clock, 'date');
    ticks.push({ at, label: clock === 'epoch' ? date : months % 12 === 0 ? date.slice(0, -6) : date.slice(0, -3) });
  }
  return ticks;
}

/** What the clock is ahead of UTC at a time, milliseconds. */
function shiftOf(at: number, clock: Clock): number {
  const minutes = clock === 'local' ? new Date(at).getTimezoneOffset() : 0;
  return Number.isNaN(minutes) ? 0 : -minutes * MINUTE;
}
