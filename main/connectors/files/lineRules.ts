/** From a line to a record, or the reason why not. */
import { isUtf8 } from 'node:buffer';
import { type ImportRules, REJECTED_TEXT_MAX } from '../../api/imports.ts';
import { isExactNumber, parseExactly } from '../../api/exactJson.ts';
import { jsonLineProblem } from '../../api/jsonProblem.ts';
import { parseIsoTime } from '../../api/time.ts';
import { recordLineBytesMax } from '../../api/recordJson.ts';
import { KEY_BYTES_MAX, type NewRecord } from '../../api/values.ts';
import { fieldReader } from './fieldPath.ts';
import { beginsArray, beginsUtf16, opensArray } from './fileKind.ts';
import type { Line } from './lines.ts';
import { readRecordLine } from './recordLines.ts';

/** A whole number below this distance from 1970 counts seconds, one above it milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_BELOW = 1e11;

/** Farther from 1970 no clock means milliseconds: it counts something finer, or nothing. */
const TIME_MS_MAX = 8.64e15;

export const UTF16_REASON = 'the file is UTF-16, not UTF-8: save it as UTF-8 and import it again';
const ARRAY_REASON = 'the file is a JSON array: write one JSON object on each line (jq -c ".[]" does it) and import it again';

/** `header`: it names the columns of those that follow. */
export type LineResult = { record: NewRecord } | { reason: string } | 'blank' | 'header';

export interface LineReader {
  read(line: Line): LineResult;
  /** The row that names the columns, once it was read; null in a format that has none. */
  readonly header: Uint8Array | null;
}

/** The longest line that can become an event, bytes. A value as record JSON writes it may be longer than the value. */
export const lineBytesMax = ({ format }: ImportRules, valueBytesMax: number): number =>
  format === 'records' ? recordLineBytesMax(valueBytesMax) : valueBytesMax;

/**
 * Blank lines of JSON are passed over; of plain lines they are events like any other. `shards`: of the stream that the lines go into, null where
 * it is not known yet.
 */
export function createLineReader(rules: ImportRules, valueBytesMax: number, shards: number | null): LineReader {
  const bytesMax = lineBytesMax(rules, valueBytesMax);
  const isJson = rules.format !== 'lines';
  const { keyField, timeField } = rules;
  const keyIn = keyField === null ? null : fieldReader(keyField);
  const timeIn = timeField === null ? null : fieldReader(timeField);
  /** Why no line of this file can become an event, once its first line has shown it. */
  let wrongKind: string | null = null;

  function readJson(bytes: Uint8Array): LineResult {
    const text = asBuffer(bytes).toString('utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (text.trim() === '') return 'blank';
      return { reason: `not JSON, ${jsonLineProblem(text)}` };
    }
    const record: NewRecord = { key: null, value: bytes, headers: [], timestamp: null, shard: null };
    if (keyIn) {
      const field = keyIn(value);
      // Only a key that is no string can lose digits, so only then is the line read again with all of them.
      record.key = keyOf(typeof field === 'string' ? field : keyIn(parseExactly(text)));
      if (record.key && record.key.length > KEY_BYTES_MAX)
        return { reason: `the key “${keyField}” has ${record.key.length} bytes; a key has at most ${KEY_BYTES_MAX}` };
    }
    if (timeIn) {
      const field = timeIn(value);
      const time = timeOf(field);
      if (time === null) {
        return {
          reason:
            field === undefined
              ? `the time field “${timeField}” is missing`
              : `the time field “${timeField}” is no time: ${JSON.stringify(field).slice(0, 60)}`,
        };
      }
      record.timestamp = time;
    }
    return { record };
  }

  function readRecord(bytes: Uint8Array): LineResult {
    const text = asBuffer(bytes).toString('utf8');
    return text.trim() === '' ? 'blank' : readRecordLine(text, valueBytesMax, shards);
  }

  return {
    header: null,
    read({ number, bytes, isCut }) {
      if (isJson && number === 1 && beginsUtf16(bytes)) wrongKind = UTF16_REASON;
      if (wrongKind !== null) return { reason: wrongKind };
      // A whole array on one line is most often longer than any event may be: that it is one says more than its length.
      if (isCut && isJson && number === 1 && beginsArray(bytes)) return { reason: ARRAY_REASON };
      if (isCut || bytes.length > bytesMax) return { reason: tooLong(rules, bytesMax) };
      if (rules.format === 'lines') return { record: { key: null, value: bytes, headers: [], timestamp: null, shard: null } };
      if (!isUtf8(bytes)) return { reason: 'not valid UTF-8' };
      const result = rules.format === 'records' ? readRecord(bytes) : readJson(bytes);
      if (number !== 1 || typeof result === 'string' || 'record' in result || !beginsArray(bytes)) return result;
      // Of a line that only looks like it the others are read on.
      if (opensArray(bytes)) wrongKind = ARRAY_REASON;
      return { reason: ARRAY_REASON };
    },
  };
}

function tooLong({ format }: ImportRules, bytesMax: number): string {
  const most = `longer than ${bytesMax.toLocaleString('en')} bytes`;
  return format === 'records'
    ? `${most}, more than any record of this workspace takes (“Largest value”, under Settings in the lab’s page)`
    : `${most}, the largest value that this workspace takes (Settings in the lab’s page change it)`;
}

/** The string, or the JSON text of anything else; nothing for a field that is missing or null. */
function keyOf(field: unknown): Uint8Array | null {
  if (field === undefined || field === null) return null;
  return Buffer.from(typeof field === 'string' ? field : JSON.stringify(field));
}

/** ISO 8601 text, or seconds or milliseconds since 1970 as a number; null for anything else. */
export function timeOf(field: unknown): bigint | null {
  if (typeof field === 'string') return parseIsoTime(field);
  const number = isExactNumber(field) ? Number(JSON.stringify(field)) : field;
  if (typeof number !== 'number') return null;
  const ms = Math.round(Math.abs(number) < SECONDS_BELOW ? number * 1000 : number);
  return Math.abs(ms) <= TIME_MS_MAX ? BigInt(ms) : null;
}

/** A line as a report shows it. */
export function lineText(bytes: Uint8Array, charactersMax = REJECTED_TEXT_MAX): string {
  // Four bytes make at most one character; one that is cut is left out.
  const head = asBuffer(wholeCharacters(bytes.subarray(0, charactersMax * 4)));
  const text = isUtf8(head)
    ? head.toString('utf8')
    : [...head]
        .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`))
        .join('');
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}

/** Without a last character that goes on behind these bytes. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.subarray(0, -back) : bytes;
  }
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
