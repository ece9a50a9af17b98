/** What `--from`, `--until` and durations say. */
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

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 500ms, 90s, 30m, 1h or 1d, as milliseconds. Null for anything else. */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^(\d{1,9}) ?(ms|s|m|h|d)$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * UNIT_MS[unit!]!;
}

function parseOffset(text: string): bigint | null {
  const digits = offsetForm.exec(text)?.[1];
  return digits === undefined || BigInt(digits) > INT64_MAX ? null : BigInt(digits);
}
