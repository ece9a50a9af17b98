/**
 * A record as one line of JSON, lossless both ways:
 *
 *   {"stream","shard","offset","timestamp","key","value","headers"}
 *
 * offset: decimal string; timestamp: as time.ts writes it, null for none; key, value: a string where valid UTF-8, else {"base64"}, or
 * null; headers: [["name", value], …] with values as above.
 */
import { LabError } from './errors.ts';
import { jsonLineProblem } from './jsonProblem.ts';
import { formatIsoTime, NO_TIMESTAMP, parseRecordTime } from './time.ts';
import { HEADERS_BYTES_MAX, HEADERS_MAX, KEY_BYTES_MAX, type NewRecord } from './values.ts';

export interface StoredRecord {
  shard: number;
  offset: bigint;
  timestamp: bigint;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly (readonly [string, Uint8Array | null])[];
}

/** JSON writes one byte in at most so many: a control character as \u0000. */
const ESCAPE_FACTOR = 6;
/** What stands around key, value and headers, bytes: names, brackets, numbers and a stream's name. */
const AROUND_BYTES = 1_024;
/** What stands around one header, bytes. */
const AROUND_HEADER_BYTES = 24;

/** The longest line that a record of this lab can have, bytes. */
export const recordLineBytesMax = (valueBytesMax: number): number =>
  (valueBytesMax + KEY_BYTES_MAX + HEADERS_BYTES_MAX) * ESCAPE_FACTOR + HEADERS_MAX * AROUND_HEADER_BYTES + AROUND_BYTES;

export type JsonBytes = string | { base64: string } | null;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function recordToJson(stream: string, record: StoredRecord): string {
  return JSON.stringify({
    stream,
    shard: record.shard,
    offset: String(record.offset),
    timestamp: formatIsoTime(record.timestamp),
    key: bytesToJson(record.key),
    value: bytesToJson(record.value),
    headers: record.headers.map(([name, value]) => [name, bytesToJson(value)]),
  });
}

/** Text where the bytes are UTF-8, else base64; null for none. */
export function bytesToJson(bytes: Uint8Array | null): JsonBytes {
  if (!bytes) return null;
  try {
    return utf8.decode(bytes);
  } catch {
    return { base64: toBase64(bytes) };
  }
}

/** The record that a line of JSON tells. Everything but `value` may be left out. Throws `bad-input` with what is wrong. */
export function recordFromJson(line: string): NewRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new LabError('bad-input', `This line is not JSON, ${jsonLineProblem(line)}.`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new LabError('bad-input', 'A record is a JSON object with “key”, “value” and more.');
  const { timestamp, key, value, headers, shard } = parsed as Record<string, unknown>;
  if (value === undefined) throw new LabError('bad-input', 'A record needs a “value”; null is one.');
  return {
    key: bytesFromJson(key ?? null, 'key'),
    value: bytesFromJson(value, 'value'),
    headers: headersFromJson(headers ?? []),
    timestamp: timeFromJson(timestamp),
    shard: shardFromJson(shard ?? null),
  };
}

function bytesFromJson(json: unknown, field: string): Uint8Array | null {
  if (json === null) return null;
  if (typeof json === 'string') return encoder.encode(wellFormed(json, field));
  const base64 = (json as { base64?: unknown }).base64;
  const bytes = typeof base64 === 'string' ? fromBase64(base64) : null;
  if (bytes) return bytes;
  throw new LabError('bad-input', `“${field}” is a string, null, or {"base64": "…"} with padded base64.`);
}

/** Half a character ("\ud800") has no UTF-8: it would silently become another one. */
function wellFormed(text: string, field: string): string {
  if (text.isWellFormed()) return text;
  throw new LabError(
    'bad-input',
    `“${field}” holds half of a character (a lone surrogate). Write bytes that are no text as {"base64": "…"}.`,
  );
}

function headersFromJson(json: unknown): [string, Uint8Array | null][] {
  if (!Array.isArray(json)) throw new LabError('bad-input', '“headers” is a list of ["name", value].');
  return json.map((header: unknown) => {
    if (!Array.isArray(header) || header.length !== 2 || typeof header[0] !== 'string')
      throw new LabError('bad-input', 'Each of “headers” is ["name", value].');
    return [wellFormed(header[0], 'headers'), bytesFromJson(header[1], `headers.${header[0]}`)];
  });
}

/** Left out: the time of the append. null: none. */
function timeFromJson(json: unknown): bigint | null {
  if (json === undefined) return null;
  if (json === null) return NO_TIMESTAMP;
  const time = typeof json === 'string' ? parseRecordTime(json) : null;
  if (time !== null) return time;
  throw new LabError('bad-input', '“timestamp” is an ISO 8601 time, a decimal string of milliseconds, or null.');
}

function shardFromJson(json: unknown): number | null {
  if (json === null || (Number.isInteger(json) && (json as number) >= 0)) return json as number | null;
  throw new LabError('bad-input', '“shard” is a whole number from 0.');
}

/** Bytes turned to characters at once; more would overflow the stack. */
const CHARACTERS_AT_ONCE = 8_192;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHARACTERS_AT_ONCE)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHARACTERS_AT_ONCE));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
