/** The first events of a file as its import would make them, and what fields they have. */
import { type FieldGuess, type ImportFormat, type ImportPreview, type ImportRules, PREVIEW_EVENTS_MAX } from '../../api/imports.ts';
import { isExactNumber, parseExactly } from '../../api/exactJson.ts';
import { beginsArray, beginsObject, beginsUtf16, opensArray } from './fileKind.ts';
import { cellsOf } from './csvCells.ts';
import { separatorOf } from './csvRows.ts';
import { createFileReader } from './formats.ts';
import { lineText, timeOf } from './lineRules.ts';
import { type Line, LineSplitter, type Splitter } from './lines.ts';

/** Lines that are looked at for fields and for the format. */
const LOOKED_AT_MAX = 500;
/** Fields that are offered. */
const FIELDS_MAX = 50;
/** Characters of a sample value. */
const SAMPLE_MAX = 60;
const csvNames = /\.(csv|tsv)$/i;
/** Of fewer lines nobody can tell whether they are rows. */
const CSV_LINES_MIN = 3;
const recordNames = new Set(['stream', 'shard', 'offset', 'timestamp', 'key', 'value', 'headers']);
/** Names by which fields tell that they hold a time. */
const timeNames = /time|date|(^|\.)(ts|at)$|created|occurred/i;

export interface PreviewOptions {
  head: Uint8Array;
  /** Null to guess the format, without key and time. */
  rules: ImportRules | null;
  /** The file's; empty where it is not known. */
  name: string;
  /** The head is all of the file. */
  isWhole: boolean;
  valueBytesMax: number;
}

/** The engine's thread is given back between the format, the events and the fields. */
export async function previewImport({ head, rules, name, isWhole, valueBytesMax }: PreviewOptions): Promise<ImportPreview> {
  const format = guessFormat(linesOf(head, isWhole, new LineSplitter(valueBytesMax)), name);
  await giveWay();
  const applied = rules ?? { format, keyField: null, timeField: null };
  const { splitter, reader } = createFileReader({ rules: applied, valueBytesMax, shards: null });
  const { lines, cut } = linesOf(head, isWhole, splitter);
  const preview: ImportPreview = { format, events: [], rejected: [], fields: [] };
  for (const line of lines) {
    const result = reader.read(line);
    if (typeof result === 'string') continue;
    if ('reason' in result) {
      if (preview.rejected.length < PREVIEW_EVENTS_MAX)
        preview.rejected.push({ line: line.number, reason: result.reason, text: lineText(line.bytes) });
    } else if (preview.events.length < PREVIEW_EVENTS_MAX) {
      const { key, value, timestamp, shard } = result.record;
      preview.events.push({ line: line.number, key: key && lineText(key), timestamp, value: value && lineText(value), shard });
    }
  }
  if (cut && isWrongKind(cut, applied.format)) {
    const result = reader.read({ ...cut, isCut: true });
    if (typeof result === 'object' && 'reason' in result)
      preview.rejected.push({ line: 1, reason: result.reason, text: lineText(cut.bytes) });
  } else if (cut && preview.events.length < PREVIEW_EVENTS_MAX) {
    preview.cut = { line: cut.number, text: lineText(cut.bytes) };
  }
  await giveWay();
  if (applied.format === 'ndjson') preview.fields = fieldsOf(lines.map(({ bytes }) => bytes));
  if (applied.format === 'csv') preview.fields = fieldsOf(rowValues(lines, valueBytesMax));
  return preview;
}

const giveWay = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

interface LookedAt {
  lines: Line[];
  /** The line, or row of CSV, in which the head of a longer file ends. */
  cut: Line | null;
}

function linesOf(head: Uint8Array, isWhole: boolean, splitter: Splitter): LookedAt {
  const lines: Line[] = [];
  for (const line of splitter.push(head)) {
    lines.push(line);
    if (lines.length >= LOOKED_AT_MAX) return { lines, cut: null };
  }
  const [last] = splitter.finish();
  if (!last) return { lines, cut: null };
  // One that is already longer than any event may be is rejected, however it goes on.
  if (isWhole || last.isCut) return { lines: [...lines, last], cut: null };
  return { lines, cut: last };
}

/** The beginning of the first line is enough to say that the file is no JSON a line. */
const isWrongKind = ({ number, bytes }: Line, format: ImportFormat): boolean =>
  number === 1 && (format === 'ndjson' || format === 'records') && (beginsArray(bytes) || beginsUtf16(bytes));

/** JSON objects or arrays on at least half of the lines; also what is no NDJSON, but meant to be: its lines are rejected with what to do. */
function guessFormat({ lines, cut }: LookedAt, name: string): ImportFormat {
  const first = lines[0] ?? cut;
  if (first && (beginsUtf16(first.bytes) || opensArray(first.bytes))) return 'ndjson';
  if (lines.length === 0 && cut && (beginsObject(cut.bytes) || beginsArray(cut.bytes))) return 'ndjson';
  const objects = lines.filter(({ bytes }) => parse(bytes) !== undefined).length;
  if (lines.length === 0 || objects * 2 < lines.length) return csvNames.test(name) || looksLikeCsv(lines) ? 'csv' : 'lines';
  return lines.filter(({ bytes }) => isRecord(parse(bytes))).length * 2 >= lines.length ? 'records' : 'ndjson';
}

/** What the rows would become whatever key and time are: a column that is not there must not hide those that are. */
function rowValues(lines: Line[], valueBytesMax: number): Uint8Array[] {
  const { reader } = createFileReader({ rules: { format: 'csv', keyField: null, timeField: null }, valueBytesMax, shards: null });
  return lines
    .map((line) => reader.read(line))
    .flatMap((result) => (typeof result === 'object' && 'record' in result ? [result.record.value!] : []));
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

/** Rows of as many cells as the first one. Quoted line breaks are not looked for: a file that has them says so by its name. */
function looksLikeCsv(lines: Line[]): boolean {
  const [first] = lines;
  if (!first || lines.length < CSV_LINES_MIN) return false;
  const separator = String.fromCharCode(separatorOf(first.bytes));
  const counts = lines
    .filter(({ bytes }) => bytes.length > 0)
    .map(({ bytes }) => cellsOf(textOf(bytes), separator))
    .map((cells) => (typeof cells === 'string' ? 0 : cells.count));
  return counts[0]! > 1 && counts.every((count) => count === counts[0]);
}

/** What `consume --json` and `export` write: nothing but its names, and such of them that a value hardly has together. */
function isRecord(value: object | undefined): boolean {
  const told = value !== undefined && ['value', 'shard', 'offset', 'headers'].every((name) => Object.hasOwn(value, name));
  return told && Object.keys(value).every((name) => recordNames.has(name));
}

function parse(bytes: Uint8Array): object | undefined {
  try {
    const value = parseExactly(textOf(bytes));
    return typeof value === 'object' && value !== null && !isExactNumber(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fieldsOf(values: Uint8Array[]): FieldGuess[] {
  const seen = new Map<string, { sample: string; count: number; times: number }>();
  let objects = 0;
  for (const bytes of values) {
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
