/**
 * JSON.parse that loses no digits: a number that a double can not hold keeps the text it was written with, and JSON.stringify writes it so
 * again. https://github.com/tc39/proposal-json-parse-with-source
 */

interface RawJson {
  rawJSON: string;
}
type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};

/** A number with fewer digits in a row is held exactly; looking for them is much cheaper than reviving each value. */
const manyDigits = /\d[\d.]{15}/;

/** Throws SyntaxError as JSON.parse does. */
export function parseExactly(text: string): unknown {
  if (!manyDigits.test(text)) return parse(text);
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source && manyDigits.test(source) ? rawJSON(source) : value,
  );
}

/** A number that was kept as its text. */
export const isExactNumber = (value: unknown): boolean => isRawJSON(value);
