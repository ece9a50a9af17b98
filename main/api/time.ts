/**
 * Times as the lab reads and writes them: ISO 8601 in UTC with milliseconds, years outside 0 to 9999 with a sign and six digits
 * (ECMA-262, expanded years), and beyond JavaScript's dates (±8.64e15 ms) a decimal string of milliseconds.
 */

/** Largest distance from 1970 that a Date can hold, milliseconds. */
const DATE_MS_MAX = 8_640_000_000_000_000n;
/** The timestamp of a record that has none. */
export const NO_TIMESTAMP = -1n;

/** Of the years 0 to 9999: YYYY-MM-DDTHH:mm:ss.sssZ. */
const DATE_TEXT_LENGTH = 24;

const iso = /^([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?)?)?$/;

/**
 * Milliseconds since 1970 of an ISO 8601 date or date-time; one without a zone is UTC. Null where the text is no such time: unlike
 * Date.parse, which takes 31 February as 3 March, so that a learner who types it hears of it.
 */
export function parseIsoTime(text: string): bigint | null {
  return asDateWritesIt(text) ?? parseAnyIsoTime(text);
}

/** Most programs write the one form that a Date writes. It is read several times as fast without the pattern: an import has millions. */
function asDateWritesIt(text: string): bigint | null {
  if (text.length !== DATE_TEXT_LENGTH || !isPunctuated(text)) return null;
  const date = dateMs(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
  const time = timeMs(digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2), digits(text, 20, 3));
  return date === null || time === null ? null : BigInt(date + time);
}

function isPunctuated(text: string): boolean {
  return (
    text[4] === '-' && text[7] === '-' && text[10] === 'T' && text[13] === ':' && text[16] === ':' && text[19] === '.' && text[23] === 'Z'
  );
}

/** NaN where one of them is no digit. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

function parseAnyIsoTime(text: string): bigint | null {
  const match = iso.exec(text.trim());
  if (!match || match[1] === '-000000') return null;
  const [, year, month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const ms = fraction === '' ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
  const date = dateMs(Number(year), Number(month), Number(day));
  const time = timeMs(Number(hour), Number(minute), Number(second), ms);
  const offset = zoneMs(zone);
  if (date === null || time === null || offset === null) return null;
  const sum = date + time - offset;
  return Math.abs(sum) <= Number(DATE_MS_MAX) ? BigInt(sum) : null;
}

function dateMs(year: number, month: number, day: number): number | null {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  // Date.UTC takes the years 0 to 99 as 1900 to 1999.
  const ms = year >= 0 && year < 100 ? new Date(0).setUTCFullYear(year, month - 1, day) : Date.UTC(year, month - 1, day);
  return Number.isNaN(ms) ? null : ms;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** 24:00 is the end of a day, and nothing comes after it. */
function timeMs(hour: number, minute: number, second: number, ms: number): number | null {
  if (!(hour <= 24 && minute <= 59 && second <= 59 && ms <= 999) || (hour === 24 && minute + second + ms > 0)) return null;
  return ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

function zoneMs(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The time as the record JSON writes it; null for "none". */
export function formatIsoTime(ms: bigint): string | null {
  if (ms === NO_TIMESTAMP) return null;
  return ms > DATE_MS_MAX || ms < -DATE_MS_MAX ? String(ms) : new Date(Number(ms)).toISOString();
}

/** The inverse of {@link formatIsoTime}: also takes decimal milliseconds. Null where the text is neither. */
export function parseRecordTime(text: string): bigint | null {
  const trimmed = text.trim();
  const time = parseIsoTime(trimmed);
  // Four digits are a year; any other whole number is milliseconds.
  if (time !== null) return time;
  if (!/^-?\d{1,19}$/.test(trimmed)) return null;
  const ms = BigInt(trimmed);
  return BigInt.asIntN(64, ms) === ms ? ms : null;
}
