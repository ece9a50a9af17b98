/**
 * Events as CSV (RFC 4180 with LF at the end of a row), for spreadsheets and the like:
 *
 *   shard,offset,timestamp,key,<field>,…,value
 *
 * timestamp: as time.ts writes it, empty for none. Fields: the names of values that are JSON objects, as the first FIELDS_FROM_EVENTS_MAX
 * events have them, in the order in which they come; objects and lists in them are JSON text. A field that is named as one of the other
 * columns is called "value.key". `value`: the whole value where the other columns do not tell it: it is no JSON object, or has further
 * fields. A key or value that is no UTF-8 is {"base64":"…"}. Null and a field that an event does not have are an empty cell, an empty
 * text is "" in quotation marks, and a text that would be taken for a number stands in quotation marks too. Headers are left out.
 */
import type { ReadRecord } from './events.ts';
import { isExactNumber, parseExactly } from './exactJson.ts';
import { bytesToJson, type JsonBytes } from './recordJson.ts';
import { formatIsoTime } from './time.ts';

/** Events that are looked at for their fields before the first row is written. */
export const FIELDS_FROM_EVENTS_MAX = 1_000;
/** Bytes of values that are held back for it; fields of events behind them are not looked for. */
export const FIELDS_FROM_BYTES_MAX = 16 * 1024 * 1024;
/** Most fields that get a column of their own. */
export const FIELD_COLUMNS_MAX = 1_000;

const BEFORE = ['shard', 'offset', 'timestamp', 'key'];
const WHOLE = 'value';

export interface CsvWriter {
  write(records: readonly ReadRecord[]): string;
  end(): string;
}

export function createCsvWriter(): CsvWriter {
  let held: ReadRecord[] = [];
  let heldBytes = 0;
  let fields: Map<string, number> | null = null;

  function begin(): string {
    const chosen = (fields = fieldsOf(held));
    const names = [...BEFORE, ...columnNames([...chosen.keys()]), WHOLE];
    const text = rowOf(names.map(quoted)) + held.map((record) => rowOfRecord(record, chosen)).join('');
    held = [];
    return text;
  }

  return {
    write(records) {
      if (fields) return records.map((record) => rowOfRecord(record, fields!)).join('');
      let used = 0;
      while (used < records.length && held.length < FIELDS_FROM_EVENTS_MAX && heldBytes < FIELDS_FROM_BYTES_MAX) {
        const record = records[used++]!;
        held.push(record);
        heldBytes += record.value?.length ?? 0;
      }
      if (held.length < FIELDS_FROM_EVENTS_MAX && heldBytes < FIELDS_FROM_BYTES_MAX) return '';
      return (
        begin() +
        records
          .slice(used)
          .map((record) => rowOfRecord(record, fields!))
          .join('')
      );
    },
    end: () => (fields ? '' : begin()),
  };
}

/** Field to its place among the field columns. */
function fieldsOf(records: readonly ReadRecord[]): Map<string, number> {
  const fields = new Map<string, number>();
  for (const { value } of records) {
    for (const name of Object.keys(objectIn(bytesToJson(value)) ?? {}))
      if (!fields.has(name) && fields.size < FIELD_COLUMNS_MAX) fields.set(name, fields.size);
  }
  return fields;
}

/** Two columns of one name could not be told apart. */
function columnNames(fields: string[]): string[] {
  const taken = new Set([...BEFORE, WHOLE, ...fields.filter((name) => !isOwn(name))]);
  return fields.map((name) => {
    let column = name;
    if (!isOwn(name)) return column;
    while (taken.has(column)) column = `${WHOLE}.${column}`;
    taken.add(column);
    return column;
  });
}

const isOwn = (name: string): boolean => name === '' || name === WHOLE || BEFORE.includes(name);

function rowOfRecord({ shard, offset, timestamp, key, value }: ReadRecord, fields: ReadonlyMap<string, number>): string {
  const cells = new Array<string>(fields.size).fill('');
  const text = bytesToJson(value);
  const object = objectIn(text);
  let isTold = object !== null;
  for (const [name, inner] of Object.entries(object ?? {})) {
    const at = fields.get(name);
    // A number that is none in JavaScript would be written as null.
    if (at === undefined || inner === Number.POSITIVE_INFINITY || inner === Number.NEGATIVE_INFINITY) isTold = false;
    else cells[at] = cellOf(inner);
  }
  return rowOf([
    String(shard),
    String(offset),
    formatIsoTime(timestamp) ?? '',
    bytesCell(bytesToJson(key)),
    ...cells,
    isTold ? '' : bytesCell(text),
  ]);
}

const rowOf = (cells: string[]): string => `${cells.join(',')}\n`;

function objectIn(text: JsonBytes): Record<string, unknown> | null {
  if (typeof text !== 'string' || !/^\s*\{/.test(text)) return null;
  try {
    return parseExactly(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** A field's value. Only a text may look like a number and be none, so only there quotation marks say it. */
function cellOf(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'string') return isCanonicalNumber(value) ? `"${value}"` : quoted(value);
  return typeof value === 'object' && !isExactNumber(value) ? quoted(JSON.stringify(value)) : JSON.stringify(value);
}

function bytesCell(content: JsonBytes): string {
  if (content === null) return '';
  return quoted(typeof content === 'string' ? content : JSON.stringify(content));
}

/** Whatever a reader could take for a separator, it finds in quotation marks. */
function quoted(text: string): string {
  return text === '' || /[",;\t\r\n\uFEFF]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?$/;

/** Whether this text is just what JSON writes for the number that it reads there: 12, -0.5, 1e+21; not 007, 1.50, +1, 1e3 or 20 digits. */
export const isCanonicalNumber = (text: string): boolean => numberForm.test(text) && String(Number(text)) === text;
