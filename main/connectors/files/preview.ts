/** The first events of a file as its import would make them, and what fields they have. */
import {
  type FieldGuess,
  type ImportFormat,
  type ImportPreview,
  type ImportRules,
  PREVIEW_BYTES_MAX,
  PREVIEW_EVENTS_MAX,
} from '../../api/imports.ts';
import { isExactNumber, parseExactly } from '../../api/exactJson.ts';
import { beginsUtf16, opensArray } from './fileKind.ts';
import { createLineReader, lineText, timeOf } from './lineRules.ts';
import { type Line, LineSplitter } from './lines.ts';

/** Lines that are looked at for fields and for the format. */
const LOOKED_AT_MAX = 500;
/** Fields that are offered. */
const FIELDS_MAX = 50;
/** Characters of a sample value. */
const SAMPLE_MAX = 60;
const recordNames = new Set(['stream', 'shard', 'offset', 'timestamp', 'key', 'value', 'headers']);
/** Names by which fields tell that they hold a time. */
const timeNames = /time|date|(^|\.)(ts|at)$|created|occurred/i;

export interface PreviewOptions {
  head: Uint8Array;
  /** Null to guess the format, without key and time. */
  rules: ImportRules | null;
  /** The file's; empty where it is not known. */
  name: string;
  valueBytesMax: number;
}

export function previewImport({ head, rules, valueBytesMax }: PreviewOptions): ImportPreview {
  const lines = linesOf(head, valueBytesMax);
  const format = guessFormat(lines);
  const applied = rules ?? { format, keyField: null, timeField: null };
  const reader = createLineReader(applied, valueBytesMax, null);
  const preview: ImportPreview = { format, events: [], rejected: [], fields: applied.format === 'ndjson' ? fieldsOf(lines) : [] };
  for (const line of lines) {
    const result = reader.read(line);
    if (result === 'blank') continue;
    if ('reason' in result) {
      if (preview.rejected.length < PREVIEW_EVENTS_MAX)
        preview.rejected.push({ line: line.number, reason: result.reason, text: lineText(line.bytes) });
    } else if (preview.events.length < PREVIEW_EVENTS_MAX) {
      const { key, value, timestamp, shard } = result.record;
      preview.events.push({ line: line.number, key: key && lineText(key), timestamp, value: value && lineText(value), shard });
    }
  }
  return preview;
}

function linesOf(head: Uint8Array, valueBytesMax: number): Line[] {
  const splitter = new LineSplitter(valueBytesMax);
  const lines: Line[] = [];
  for (const line of splitter.push(head)) {
    lines.push(line);
    if (lines.length >= LOOKED_AT_MAX) return lines;
  }
  // Of a longer file the last line is cut by the end of the head; it counts only where there is no other.
  if (lines.length === 0 || head.length < PREVIEW_BYTES_MAX) lines.push(...splitter.finish());
  return lines;
}

/** JSON objects or arrays on at least half of the lines; also what is no NDJSON, but meant to be: its lines are rejected with what to do. */
function guessFormat(lines: Line[]): ImportFormat {
  const [first] = lines;
  if (first && (beginsUtf16(first.bytes) || opensArray(first.bytes))) return 'ndjson';
  const objects = lines.filter(({ bytes }) => parse(bytes) !== undefined).length;
  if (lines.length === 0 || objects * 2 < lines.length) return 'lines';
  return lines.filter(({ bytes }) => isRecord(parse(bytes))).length * 2 >= lines.length ? 'records' : 'ndjson';
}

/** What `consume --json` and `export` write: nothing but its names, and such of them that a value hardly has together. */
function isRecord(value: object | undefined): boolean {
  const told = value !== undefined && ['value', 'shard', 'offset', 'headers'].every((name) => Object.hasOwn(value, name));
  return told && Object.keys(value).every((name) => recordNames.has(name));
}

function parse(bytes: Uint8Array): object | undefined {
  try {
    const value = parseExactly(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
    return typeof value === 'object' && value !== null && !isExactNumber(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(lines: Line[]): FieldGuess[] {
  const seen = new Map<string, { sample: string; count: number; times: number }>();
  let objects = 0;
  for (const { bytes } of lines) {
    const value = parse(bytes);
    if (!value) continue;
    objects += 1;
    visit(value, '', (path, leaf) => {
      const field = seen.get(path) ?? { sample: sampleOf(leaf), count: 0, times: 0 };
      field.count += 1;
      if (timeOf(leaf) !== null && (typeof leaf === 'string' || timeNames.test(path))) field.times += 1;
      seen.set(path, field);
    });
  }
  return [...seen]
    .slice(0, FIELDS_MAX)
    .map(([path, { sample, count, times }]) => ({ path, sample, share: count / objects, looksLikeTime: times * 2 > count }));
}

function visit(value: object, path: string, leaf: (path: string, value: unknown) => void, depth = 0): void {
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const at = path === '' ? name : `${path}.${name}`;
    if (Array.isArray(inner)) continue;
    const isObject = typeof inner === 'object' && inner !== null && !isExactNumber(inner);
    if (isObject && depth < 5) visit(inner, at, leaf, depth + 1);
    else leaf(at, inner);
  }
}

function sampleOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > SAMPLE_MAX ? `${text.slice(0, SAMPLE_MAX)}…` : text;
}
