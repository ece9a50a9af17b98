/**
 * JSON as indented, coloured lines. Works on the text itself, so that numbers, escapes, repeated names and order stay as they
 * were produced: 1.0 stays 1.0 and an id beyond 2^53 keeps its digits.
 */

export interface JsonToken {
  text: string;
  kind: 'key' | 'string' | 'value' | 'mark';
}
export type JsonLine = JsonToken[];

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;
const INDENT = '  ';

/** The lines, or null where the text is no JSON. */
export function jsonLines(text: string): JsonLine[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(token) ?? [];
  const lines: JsonLine[] = [[]];
  let depth = 0;
  const put = (text: string, kind: JsonToken['kind']): void => void lines.at(-1)?.push({ text, kind });
  const breakLine = (): void => void lines.push(depth > 0 ? [{ text: INDENT.repeat(depth), kind: 'mark' }] : []);
  tokens.forEach((text, at) => {
    const [before, next] = [tokens[at - 1], tokens[at + 1]];
    if (text === '{' || text === '[') {
      put(text, 'mark');
      if (next === '}' || next === ']') return;
      depth++;
      breakLine();
    } else if (text === '}' || text === ']') {
      if (before !== '{' && before !== '[') {
        depth--;
        breakLine();
      }
      put(text, 'mark');
    } else if (text === ',') {
      put(text, 'mark');
      breakLine();
    } else if (text === ':') put(': ', 'mark');
    else put(text, !text.startsWith('"') ? 'value' : next === ':' ? 'key' : 'string');
  });
  return lines;
}
