/**
 * Times as the lab reads and writes them: ISO 8601 in UTC with milliseconds, years outside 0 to 9999 with a sign and six digits
 * (ECMA-262, expanded years), and beyond JavaScript's dates (±8.64e15 ms) a decimal string of milliseconds.
 */

/** Largest distance from 1970 that a Date can hold, milliseconds. */
const DATE_MS_MAX = 8_640_000_000_000_000n;
/** The timestamp of a record that has none. */
export const NO_TIMESTAMP = -1n;

const iso = /^([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?)?)?$/;

/** Milliseconds since 1970 of an ISO 8601 date or date-time; one without a zone is UTC. Null where the text is no such time. */
export function parseIsoTime(text: string): bigint | null {
  const match = iso.exec(text.trim());
  if (!match || match[1] === '-000000') return null;
  const [, year = '', month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const normal = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const ms = Date.parse(`${normal}${offset}`);
  if (Number.isNaN(ms)) return null;
  // Date.parse takes 31 February as 3 March; a learner who types it should hear of it.
  const asWritten = new Date(Date.parse(`${year}-${month}-${day}T00:00:00.000Z`));
  return asWritten.getUTCDate() === Number(day) ? BigInt(ms) : null;
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
