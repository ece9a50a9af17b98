/** Leaves of a JSON value by their dotted paths, and keys and values as the text of a cell. */
import { isUtf8 } from 'node:buffer';
import { isExactNumber, parseExactly } from '../api/exactJson.ts';
import { CELL_TEXT_MAX, type CellText, ROW_FIELDS_MAX } from '../api/events.ts';

/** Largest value, bytes, of which the fields are looked at for a row; a larger one shows its beginning. */
const FIELDS_VALUE_BYTES_MAX = 64 * 1024;
/** Characters of paths and texts that the fields of one row have together: the largest window of the widest rows fits in a frame. */
const FIELDS_CHARS_MAX = 8_192;
/** Deepest nesting that paths follow; deeper parts are shown as JSON. */
const DEPTH_MAX = 6;

export interface ValueCells {
  cell: CellText;
  fields: Record<string, string | null>;
}

/** A value as a row shows it: as JSON with its fields where it is an object, else as text or hex. */
export function valueCells(value: Uint8Array): ValueCells {
  const cell = textCell(value);
  if (cell.kind === 'binary' || value.length > FIELDS_VALUE_BYTES_MAX || value[0] !== OPENING_BRACE) return { cell, fields: {} };
  try {
    const json = Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8');
    return { cell: { ...cell, kind: 'json' }, fields: fieldsOf(parseExactly(json)) };
  } catch {
    return { cell, fields: {} };
  }
}

const OPENING_BRACE = 0x7b;

/** Bytes as the text of a cell. */
export function textCell(bytes: Uint8Array): CellText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isUtf8(buffer)) return { text: clip(buffer.subarray(0, CELL_TEXT_MAX).toString('hex')), bytes: bytes.length, kind: 'binary' };
  // Four bytes make at most one character, so this many are enough for the text and its cut.
  return { text: clip(buffer.subarray(0, (CELL_TEXT_MAX + 1) * 4).toString('utf8')), bytes: bytes.length, kind: 'text' };
}

function clip(text: string): string {
  return text.length > CELL_TEXT_MAX ? `${text.slice(0, CELL_TEXT_MAX)}…` : text;
}

function fieldsOf(value: unknown): ValueCells['fields'] {
  const fields: ValueCells['fields'] = {};
  let count = 0;
  let chars = 0;

  function visit(at: unknown, path: string, depth: number): void {
    if (count >= ROW_FIELDS_MAX) return;
    if (typeof at === 'object' && at !== null && !Array.isArray(at) && !isExactNumber(at) && depth < DEPTH_MAX) {
      for (const [name, inner] of Object.entries(at)) visit(inner, path === '' ? name : `${path}.${name}`, depth + 1);
      return;
    }
    const text = clip(typeof at === 'string' ? at : JSON.stringify(at));
    if (path === '' || chars + path.length + text.length > FIELDS_CHARS_MAX) return;
    fields[path] = at === null ? null : text;
    count += 1;
    chars += path.length + text.length;
  }

  visit(value, '', 0);
  return fields;
}
