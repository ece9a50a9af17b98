/** How numbers, sizes and times are written on the page: the same everywhere. */

/** Which clock all times on the page follow. */
export type Clock = 'utc' | 'local' | 'epoch';

/** What an event without a time carries as its timestamp. */
export const NO_TIME = -1n;

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 2,318: counts, and offsets where they are read. What is copied, typed or sent has an offset's bare digits. */
export const formatCount = (count: number | bigint): string => grouped.format(count);

/** "1 event", "2,318 events" */
export const formatCountOf = (count: number | bigint, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${Number(count) === 1 ? one : many}`;

/** 3.1 kB: decimal units, three digits at most. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (unit < units.length - 1 && Math.abs(value) >= (unit === 0 ? 1000 : 999.95)) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? grouped.format(value) : shortNumber(value)} ${units[unit]}`;
}

/** A limit in the binary units it was set in: 1 MiB, 512 KiB. */
export function formatByteLimit(bytes: number): string {
  if (bytes >= 1024 ** 2 && bytes % (1024 ** 2 / 4) === 0) return `${bytes / 1024 ** 2} MiB`;
  if (bytes >= 1024 && bytes % 256 === 0) return `${bytes / 1024} KiB`;
  return `${formatCount(bytes)} bytes`;
}

/** 1.9, 240, 20,000: a rate without its unit. */
export const formatRate = (perSecond: number): string => (perSecond === 0 ? '0' : perSecond < 0.1 ? '<0.1' : shortNumber(perSecond));

function shortNumber(value: number): string {
  const digits = Math.abs(value) >= 99.95 ? 0 : 1;
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value);
}

/** From here on the hours beside the days say nothing any more. */
const DAYS_WITH_HOURS_MAX = 30;

/** 0.2 ms, 41 s, 3 min 20 s, 2 h 5 min, 3 d 4 h, 2,612 days. Negative ones carry a minus sign. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `−${formatDuration(-ms)}`;
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return pair(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  const days = whole / 86_400;
  if (days >= DAYS_WITH_HOURS_MAX) return `${formatCount(Math.floor(days))} days`;
  return pair(Math.floor(days), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${formatCount(big)} ${bigUnit}` : `${formatCount(big)} ${bigUnit} ${small} ${smallUnit}`;

/** "just now", "40 s ago", "3 h ago". */
export function formatAgo(ms: number, now: number): string {
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${formatCountOf(Math.floor(seconds / 86_400), 'day')} ago`;
}

/** How much of a time is written. `full` names the zone; `row` leaves it out; `clock` is the time of day; `date` the day. */
export type TimeForm = 'full' | 'row' | 'clock' | 'date';

/** JavaScript's dates end here; beyond it a time is written as its milliseconds. */
const DATE_MS_MAX = 8_640_000_000_000_000n;

/**
 * Milliseconds since 1970 as a time: `2018-10-15 10:52:35.123 UTC`. Years before 1000 have four digits (0718), years before
 * 1 a minus sign (−0043 is 44 BC), years past 9999 a plus. No time is a dash.
 */
export function formatTime(ms: bigint | number, clock: Clock, form: TimeForm = 'full'): string {
  const whole = typeof ms === 'bigint' ? ms : BigInt(Math.round(ms));
  if (whole === NO_TIME) return '–';
  if (clock === 'epoch') return form === 'full' ? `${whole} ms` : String(whole);
  if (whole > DATE_MS_MAX || whole < -DATE_MS_MAX) return `${whole} ms`;
  const parts = clock === 'utc' ? utcParts(Number(whole)) : localParts(Number(whole));
  if (form === 'clock') return parts.clock;
  if (form === 'date') return parts.date;
  return form === 'row' ? `${parts.date} ${parts.clock}` : `${parts.date} ${parts.clock} ${parts.zone}`;
}

interface TimeParts {
  date: string;
  clock: string;
  zone: string;
}

function utcParts(ms: number): TimeParts {
  const [date, clock] = new Date(ms).toISOString().replace('Z', '').split('T') as [string, string];
  return { date: shortYear(date), clock, zone: 'UTC' };
}

function localParts(ms: number): TimeParts {
  const date = new Date(ms);
  // The zone's offset as whole minutes makes the local time readable through the UTC getters, which know every year.
  const shifted = new Date(ms - date.getTimezoneOffset() * 60_000);
  if (Number.isNaN(shifted.getTime())) return utcParts(ms);
  const minutes = -Math.round(date.getTimezoneOffset());
  const two = (number: number) => String(number).padStart(2, '0');
  const zone = `${minutes < 0 ? '−' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return { ...utcParts(shifted.getTime()), zone };
}

/** ISO's expanded years with six digits, without the zeros that say nothing. */
function shortYear(date: string): string {
  const expanded = /^([+-])(\d{6})(-.*)$/.exec(date);
  if (!expanded) return date;
  const [, sign, digits, rest] = expanded as unknown as [string, string, string, string];
  return `${sign === '-' ? '−' : '+'}${String(Number(digits)).padStart(4, '0')}${rest}`;
}
