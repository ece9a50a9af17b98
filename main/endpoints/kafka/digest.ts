/** A message as people are shown it: short, without the bytes of its record batches. */
import { LENGTH_OVERHEAD_BYTES } from '../../log/index.ts';
import { apiVersions } from './apis/apiVersions.ts';
import { errorNameOf } from './errorCodes.ts';
import { type Message, serves } from './wire/api.ts';
import { type Fields, given, isOnWire } from './wire/fields.ts';
import type { Format } from './wire/types.ts';

/** Elements of an array that are kept; of the rest the number is told. */
const ELEMENTS_KEPT_MAX = 10;
const BATCHES_COUNTED_MAX = 100;
/** Characters of its text. */
export const DIGEST_CHARS_MAX = 4_000;

const BATCH_LENGTH_AT = 8;
const RECORD_COUNT_AT = 57;
const RECORDS_AT = 61;

/** Of a request or an answer: the fields that its version has, in the order of the wire, and no others; a tagged one where it was said. */
export const digestOf = ({ value, fields, format }: Message): unknown => digestOfStruct(value as Record<string, unknown>, fields, format);

function digestOfStruct(value: Record<string, unknown>, fields: Fields, format: Format): unknown {
  const copy: Record<string, unknown> = {};
  for (const name in fields) {
    const field = fields[name]!;
    if (isOnWire(value, name, field, format)) copy[name] = digestOfValue(given(value, name, field), field.fields, format);
  }
  return copy;
}

function digestOfValue(value: unknown, fields: Fields | null, format: Format): unknown {
  if (value instanceof Uint8Array) return batchesIn(value);
  if (Array.isArray(value)) {
    const kept = value.slice(0, ELEMENTS_KEPT_MAX).map((element) => digestOfValue(element, fields, format));
    return value.length > ELEMENTS_KEPT_MAX ? [...kept, `and ${value.length - ELEMENTS_KEPT_MAX} more`] : kept;
  }
  return value === null || fields === null ? value : digestOfStruct(value as Record<string, unknown>, fields, format);
}

/** Null for nothing. */
export function textOf(digest: unknown): string | null {
  if (digest === null) return null;
  const text = JSON.stringify(digest, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return text.length > DIGEST_CHARS_MAX ? `${text.slice(0, DIGEST_CHARS_MAX)}…` : text;
}

/**
 * Names of the errors that an answer tells of, each once. None where a client asked in a newer version of ApiVersions than there is here: the
 * answer to that is how it learns in which one to ask (KIP-511), and every new library begins so.
 */
export function errorsIn(response: unknown, { api, version }: { api: string; version: number | null }): string[] {
  if (api === apiVersions.name && version !== null && !serves(apiVersions, version)) return [];
  const codes = new Set<number>();
  collect(response, codes);
  return [...codes].map(errorNameOf);
}

function collect(value: unknown, codes: Set<number>): void {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (const element of value) collect(element, codes);
    return;
  }
  for (const name in value) {
    const own = (value as Record<string, unknown>)[name];
    if (name === 'errorCode' && own !== 0) codes.add(own as number);
    else if (typeof own === 'object') collect(own, codes);
  }
}

/** How many, as their headers say it. */
function batchesIn(bytes: Uint8Array): { bytes: number; batches: number; records: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let [at, batches, records] = [0, 0, 0];
  while (at + RECORDS_AT <= view.length && batches < BATCHES_COUNTED_MAX) {
    const length = view.readInt32BE(at + BATCH_LENGTH_AT);
    batches += 1;
    records += Math.max(0, view.readInt32BE(at + RECORD_COUNT_AT));
    if (length < 0) break;
    at += LENGTH_OVERHEAD_BYTES + length;
  }
  return { bytes: view.length, batches, records };
}
