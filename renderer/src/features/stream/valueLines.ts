/** A value as lines to show. */
import { jsonProblem } from '../../../../main/api/jsonProblem.ts';
import { jsonLines, type JsonToken } from './jsonLines.ts';

/** Bytes of a value that are shown before it is asked for whole. */
export const VALUE_SHOWN_BYTES = 256 * 1024;

type Line = { text: string; kind: JsonToken['kind'] }[];
export type ValueLines =
  | { kind: 'json'; lines: Line[] }
  /** `problem`: why it is no JSON, where it begins as if it were. */
  | { kind: 'text'; lines: Line[]; problem: string | null };

/** Null where the bytes are no text. Of a value that was cut, the last character may be half, and JSON can not be told. */
export function valueLines(bytes: Uint8Array, cut: boolean): ValueLines | null {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: cut });
  } catch {
    return null;
  }
  const json = cut ? null : jsonLines(text);
  if (json) return { kind: 'json', lines: json };
  const looksLikeJson = !cut && /^\s*[{[]/.test(text);
  const lines = text.split(/\r?\n/).map((line): Line => [{ text: line, kind: 'mark' }]);
  return { kind: 'text', lines, problem: looksLikeJson ? (jsonProblem(text)?.sentence ?? null) : null };
}
