/** What the first line of a file tells of a file that is no NDJSON. */

const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;
const COMMA = 0x2c;
const SPACE = 0x20;

/** A byte order mark of UTF-16 (FF FE, FE FF); no UTF-8 has these bytes. */
export function beginsUtf16(line: Uint8Array): boolean {
  return (line[0] === 0xff && line[1] === 0xfe) || (line[0] === 0xfe && line[1] === 0xff);
}

/** A JSON array begins in this line. It may also end in it. */
export function beginsArray(line: Uint8Array): boolean {
  return line.find((byte) => byte > SPACE) === OPENING_BRACKET;
}

/** A JSON object begins in this line. It may also end in it. */
export function beginsObject(line: Uint8Array): boolean {
  return line.find((byte) => byte > SPACE) === OPENING_BRACE;
}

/** A JSON array begins in this line and goes on behind it: "[" alone, or elements and a comma. */
export function opensArray(line: Uint8Array): boolean {
  const last = line.findLast((byte) => byte > SPACE);
  return beginsArray(line) && (last === OPENING_BRACKET || last === COMMA);
}
