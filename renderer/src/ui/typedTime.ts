/**
 * A time as it is typed: "now", an ISO 8601 text (UTC where it names no zone), or milliseconds since 1970.
 * Events are older than computers, so years run from −271821 on as ISO's expanded years, and 0718 is one of them.
 */
import { NO_TIME } from './format.ts';

export type TypedTime = { kind: 'now' } | { kind: 'at'; ms: bigint; hint: string | null } | { kind: 'problem'; sentence: string };

const MS_MAX = 2n ** 63n - 1n;
const DATE_MS_MAX = 8_640_000_000_000_000n;
const iso = /^([+-]\d{6}|\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?)?)?$/i;

export function parseTime(text: string): TypedTime {
  const typed = text.trim();
  if (typed === '' || typed.toLowerCase() === 'now') return { kind: 'now' };
  if (/^[-−]?\d+$/.test(typed)) return epoch(typed.replace('−', '-'));
  const parts = iso.exec(typed);
  if (!parts) return problem('Write a time as 2018-10-15T10:52:35Z, a day as 0718-01-01, or milliseconds since 1970.');
  return fromIso(parts);
}

/** A time as it will stand in the log: ISO 8601 in UTC with milliseconds; beyond JavaScript's dates the milliseconds. */
export function storedTime(ms: bigint): string {
  if (ms > DATE_MS_MAX || ms < -DATE_MS_MAX) return ms.toString();
  return new Date(Number(ms)).toISOString();
}

/** What will be stored, as a sentence. */
export function timeSentence(time: TypedTime): string {
  if (time.kind === 'now') return 'The time at which the lab appends it.';
  if (time.kind === 'problem') return time.sentence;
  if (time.ms === NO_TIME) return 'Stored as −1, which says that the event has no time.';
  return `Stored as ${storedTime(time.ms)}`;
}

function epoch(digits: string): TypedTime {
  const ms = BigInt(digits);
  if (ms > MS_MAX || ms < -MS_MAX) return problem('That is more milliseconds than 64 bits hold.');
  return { kind: 'at', ms, hint: epochHint(digits) };
}

function epochHint(digits: string): string | null {
  if (/^\d{1,4}$/.test(digits)) return `Read as milliseconds. For a year, write ${digits.padStart(4, '0')}-01-01.`;
  if (/^1\d{9}$/.test(digits)) return `Read as milliseconds. If these are seconds, add 000.`;
  return null;
}

function fromIso([
  ,
  year,
  month = '01',
  day = '01',
  hour = '00',
  minute = '00',
  second = '00',
  fraction = '',
  zone = 'Z',
]: string[]): TypedTime {
  if (year === '-000000') return problem('ISO 8601 has no year −000000; the year 0 is written 0000.');
  if (Number(month) < 1 || Number(month) > 12) return problem(`There is no month ${month}.`);
  const days = daysIn(Number(year), Number(month));
  if (Number(day) < 1 || Number(day) > days) return problem(`${year}-${month} has ${days} days.`);
  const ends = hour === '24' && Number(minute) === 0 && Number(second) === 0 && Number(fraction) === 0;
  if (Number(hour) > 23 && !ends) return problem(`There is no hour ${hour}.`);
  if (Number(minute) > 59) return problem(`There is no minute ${minute}.`);
  if (Number(second) > 59) return problem(`There is no second ${second}; leap seconds have no place in milliseconds since 1970.`);
  const offset = zoneMinutes(zone);
  if (offset === null) return problem(`There is no time zone ${zone}.`);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute) - offset, Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  if (Number.isNaN(date.getTime()))
    return problem('That is further from 1970 than an ISO text can say here. Write milliseconds since 1970.');
  return { kind: 'at', ms: BigInt(date.getTime()), hint: isoHint(fraction, date.getTime()) };
}

function isoHint(fraction: string, ms: number): string | null {
  if (ms === -1) return 'This one millisecond before 1970 can not be told from “no time”.';
  return /[1-9]/.test(fraction.slice(3)) ? 'What is finer than a millisecond is cut.' : null;
}

function zoneMinutes(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return Number.isNaN(date.getTime()) ? 31 : date.getUTCDate();
}

const problem = (sentence: string): TypedTime => ({ kind: 'problem', sentence });
