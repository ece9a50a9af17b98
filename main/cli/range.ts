/** What `--from` and `--until` say. */
import type { RangeFrom, RangeUntil } from '../api/events.ts';
import { parseIsoTime } from '../api/time.ts';

const INT64_MAX = 2n ** 63n - 1n;
const offsetForm = /^offset:(\d{1,19})$/;
const countForm = /^count:(\d{1,15})$/;

/** beginning, latest, offset:N or a time. Null for anything else. */
export function parseFrom(text: string): RangeFrom | null {
  if (text === 'beginning' || text === 'latest') return { at: text };
  const offset = parseOffset(text);
  if (offset !== null) return { at: 'offset', offset };
  const time = parseIsoTime(text);
  return time === null ? null : { at: 'time', time };
}

/** live, now, offset:N, count:N or a time. Null for anything else. */
export function parseUntil(text: string): RangeUntil | null {
  if (text === 'live' || text === 'now') return { at: text };
  const offset = parseOffset(text);
  if (offset !== null) return { at: 'offset', offset };
  const count = countForm.exec(text);
  if (count) return { at: 'count', count: Number(count[1]) };
  const time = parseIsoTime(text);
  return time === null ? null : { at: 'time', time };
}

function parseOffset(text: string): bigint | null {
  const digits = offsetForm.exec(text)?.[1];
  return digits === undefined || BigInt(digits) > INT64_MAX ? null : BigInt(digits);
}
