/** Rows of CSV to records: the first one names the columns. */
import { isUtf8 } from 'node:buffer';
import type { ImportRules } from '../../api/imports.ts';
import { parseIsoTime } from '../../api/time.ts';
import { KEY_BYTES_MAX, type NewRecord } from '../../api/values.ts';
import { type Cell, cellsOf, columnsOf, valueOf } from './csvCells.ts';
import { separatorOf } from './csvRows.ts';
import { beginsUtf16 } from './fileKind.ts';
import { type LineReader, type LineResult, timeOf, UTF16_REASON } from './lineRules.ts';
import type { Line } from './lines.ts';

/** Names of columns that a reason lists. */
const NAMED_MAX = 10;

interface Header {
  bytes: Uint8Array;
  separator: string;
  names: string[];
  /** The names as JSON. */
  jsonNames: string[];
  keyAt: number;
  timeAt: number;
}

/** `known`: the header of a file that is read on from a later row. */
export function createCsvReader({ keyField, timeField }: ImportRules, valueBytesMax: number, known: Uint8Array | null = null): LineReader {
  let header: Header | null = null;
  /** Why no row of this file can become an event, once its header has shown it. */
  let wrongHeader: string | null = null;

  /** What is wrong with it. */
  function readHeader({ bytes, isCut }: Pick<Line, 'bytes' | 'isCut'>): string | null {
    if (beginsUtf16(bytes)) return UTF16_REASON;
    if (isCut) return 'the first row, which names the columns, is longer than any event may be: is this file CSV?';
    if (!isUtf8(bytes)) return 'the first row, which names the columns, is not valid UTF-8: save the file as UTF-8 and import it again';
    const separator = String.fromCharCode(separatorOf(bytes));
    const cells = cellsOf(textOf(bytes), separator);
    const names = typeof cells === 'string' ? cells : columnsOf(cells.cells);
    if (typeof names === 'string') return names;
    for (const field of [keyField, timeField])
      if (field !== null && !names.includes(field)) return `there is no column “${field}”: the first row names ${listed(names)}`;
    const at = (field: string | null): number => (field === null ? -1 : names.indexOf(field));
    // A copy: the piece it came in is given back.
    header = {
      bytes: Buffer.from(bytes),
      separator,
      names,
      jsonNames: names.map((name) => JSON.stringify(name)),
      keyAt: at(keyField),
      timeAt: at(timeField),
    };
    return null;
  }

  function readRow({ names, separator, jsonNames, keyAt, timeAt }: Header, bytes: Uint8Array): LineResult {
    if (!isUtf8(bytes)) return { reason: 'not valid UTF-8' };
    const row = cellsOf(textOf(bytes), separator, names.length);
    if (typeof row === 'string') return { reason: row };
    const { cells, count } = row;
    if (count !== names.length)
      return { reason: `this row has ${count} ${count === 1 ? 'cell' : 'cells'}; the first row names ${names.length} columns` };
    const value = Buffer.from(valueOf(jsonNames, cells));
    if (value.length > valueBytesMax) return { reason: tooLong(valueBytesMax) };
    const record: NewRecord = { key: null, value, headers: [], timestamp: null, shard: null };
    if (keyAt >= 0) {
      record.key = keyOf(cells[keyAt]!);
      if (record.key && record.key.length > KEY_BYTES_MAX)
        return { reason: `the key “${keyField}” has ${record.key.length} bytes; a key has at most ${KEY_BYTES_MAX}` };
    }
    if (timeAt >= 0) {
      const { text } = cells[timeAt]!;
      record.timestamp = cellTime(text);
      if (record.timestamp === null)
        return {
          reason: text === '' ? `the time field “${timeField}” is empty` : `the time field “${timeField}” is no time: ${text.slice(0, 60)}`,
        };
    }
    return { record };
  }

  function read(line: Line): LineResult {
    if (wrongHeader !== null) return { reason: wrongHeader };
    if (line.bytes.length === 0) return 'blank';
    if (header) return line.isCut ? { reason: tooLong(valueBytesMax) } : readRow(header, line.bytes);
    wrongHeader = readHeader(line);
    return wrongHeader === null ? 'header' : { reason: wrongHeader };
  }

  if (known) wrongHeader = readHeader({ bytes: known, isCut: false });

  return {
    get header() {
      return header?.bytes ?? null;
    },
    read(line) {
      const result = read(line);
      // A quotation mark too many can take thousands of lines with it: how many were lost is to be seen.
      const isLong = typeof result === 'object' && 'reason' in result && line.lastNumber !== undefined && line.lastNumber > line.number;
      return isLong ? { reason: `${result.reason} (the row ends in line ${line.lastNumber})` } : result;
    },
  };
}

const tooLong = (valueBytesMax: number): string =>
  `longer than ${valueBytesMax.toLocaleString('en')} bytes, the largest value of this workspace (see Settings); a quoted cell that is not closed makes a row long, too`;

/** A cell that is empty and not in quotation marks tells nothing: no key. */
const keyOf = ({ text, isQuoted }: Cell): Uint8Array | null => (text === '' && !isQuoted ? null : Buffer.from(text));

/** ISO 8601, four digits being a year, else seconds or milliseconds since 1970. */
function cellTime(text: string): bigint | null {
  return parseIsoTime(text) ?? (/^-?\d+(\.\d+)?$/.test(text) ? timeOf(Number(text)) : null);
}

function listed(names: string[]): string {
  const shown = names.slice(0, NAMED_MAX).join(', ');
  return names.length > NAMED_MAX ? `${shown} and ${names.length - NAMED_MAX} more` : shown;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
