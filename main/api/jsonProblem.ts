/**
 * Why a text is not JSON, where, in a sentence. JSON.parse decides whether there is a problem (fast, also for a large
 * value); only then this walks to the place, since engines word and place their messages differently. RFC 8259.
 */

export interface JsonProblem {
  /** From 1. */
  line: number;
  column: number;
  /** Range in the text, to underline. */
  from: number;
  to: number;
  sentence: string;
}

/** The number that a send counts up. In JSON it may stand for a bare number, so it is checked as one of the same length. */
export const NUMBER_MARK = '{{n}}';

/** Letters of a word out of place that a sentence repeats. */
const WORD_SHOWN_MAX = 40;

/** `column 8: A comma is missing after this`: of a text of one line, for the middle of a sentence; null where it is JSON. */
export function jsonLineProblem(text: string): string | null {
  const problem = jsonProblem(text);
  return problem && `column ${problem.column}: ${problem.sentence.replace(/\.$/, '')}`;
}

export function jsonProblem(text: string, numbered = false): JsonProblem | null {
  const checked = numbered ? text.replaceAll(NUMBER_MARK, '11111') : text;
  try {
    JSON.parse(checked);
    return null;
  } catch {
    return locate(checked);
  }
}

class Found extends Error {
  readonly at: number;
  readonly end: number;
  constructor(at: number, end: number, sentence: string) {
    super(sentence);
    this.at = at;
    this.end = end;
  }
}

function locate(text: string): JsonProblem {
  try {
    new Walk(text).document();
  } catch (thrown) {
    if (thrown instanceof Found) return place(text, thrown);
    if (thrown instanceof RangeError) return place(text, new Found(0, text.length, 'This is nested too deeply.'));
    throw thrown;
  }
  return place(text, new Found(0, text.length, 'This is not JSON.'));
}

function place(text: string, found: Found): JsonProblem {
  const before = text.slice(0, found.at).split('\n');
  const to = Math.min(text.length, Math.max(found.end, found.at + 1));
  return {
    line: before.length,
    column: before.at(-1)!.length + 1,
    from: Math.min(found.at, Math.max(0, to - 1)),
    to,
    sentence: found.message,
  };
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /[\p{L}_$][\p{L}\p{N}_$]*/uy;

class Walk {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#space();
    if (this.#at >= this.#text.length) this.#fail('There is no value.');
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('The value has ended, but more text follows. An event holds one JSON value.');
  }

  #value(): void {
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('The text ends where a value should stand.');
    if (next === '{') return this.#object();
    if (next === '[') return this.#array();
    if (next === '"') return this.#string();
    if (next === "'") this.#fail('Text in JSON stands in double quotes.');
    if (next === '-' || (next >= '0' && next <= '9')) return this.#number();
    this.#word();
  }

  #object(): void {
    const open = this.#at++;
    this.#space();
    if (this.#take('}')) return;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#failName(open);
      this.#string();
      this.#space();
      if (!this.#take(':')) this.#fail('A colon is missing between a field’s name and its value.');
      this.#space();
      this.#value();
      if (this.#listEnds('}', open, 'object')) return;
    }
  }

  #array(): void {
    const open = this.#at++;
    this.#space();
    if (this.#take(']')) return;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === ']') this.#fail('The comma before ] has no value after it.');
      this.#value();
      if (this.#listEnds(']', open, 'list')) return;
    }
  }

  /** After a member: true at the end, false behind a comma. */
  #listEnds(close: '}' | ']', open: number, what: string): boolean {
    const end = this.#at;
    this.#space();
    if (this.#take(close)) return true;
    if (this.#take(',')) return false;
    if (this.#at >= this.#text.length) this.#failOpen(open, close, what);
    const next = this.#text[this.#at]!;
    const missing = next === '"' || (close === ']' && next !== '}') ? 'A comma' : `A comma or ${close}`;
    this.#at = end - 1; // where it is missing, not where that is noticed, which may be lines below
    return this.#fail(`${missing} is missing after this.`);
  }

  #failName(open: number): never {
    const next = this.#text[this.#at];
    if (next === undefined) this.#failOpen(open, '}', 'object');
    if (next === '}') this.#fail('The comma before } has no field after it.');
    return this.#fail('A field’s name stands in double quotes.', this.#wordEnd());
  }

  #failOpen(open: number, close: string, what: string): never {
    const before = this.#text.slice(0, open).split('\n');
    const where = this.#text.includes('\n') ? `in line ${before.length}` : `at column ${open + 1}`;
    this.#at = this.#text.length;
    return this.#fail(`The ${what} that begins ${where} is not closed: ${close} is missing.`);
  }

  #string(): void {
    const open = this.#at++;
    for (; this.#at < this.#text.length; this.#at++) {
      const next = this.#text[this.#at]!;
      if (next === '"') return void this.#at++;
      if (next === '\n') break;
      if (next < ' ') this.#fail('A control character in a text is written as an escape, such as \\t.');
      if (next === '\\') this.#escape();
    }
    const end = this.#at;
    this.#at = open;
    this.#fail('This text is not closed: a double quote is missing.', end);
  }

  #escape(): void {
    const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
    escape.lastIndex = this.#at;
    if (!escape.test(this.#text)) this.#fail('After a backslash stands one of " \\ / b f n r t, or u and four hex digits.', this.#at + 2);
    this.#at = escape.lastIndex - 1;
  }

  #number(): void {
    number.lastIndex = this.#at;
    const found = number.exec(this.#text);
    if (!found) this.#fail('A minus needs a digit after it.');
    this.#at = number.lastIndex;
    const next = this.#text[this.#at];
    if (next !== undefined && /[\d.eE]/.test(next))
      this.#fail('This is not a number in JSON: no leading zeros, and digits on both sides of the point.');
  }

  #word(): void {
    const end = this.#wordEnd();
    const found = this.#text.slice(this.#at, end);
    if (found === 'true' || found === 'false' || found === 'null') return void (this.#at = end);
    const shown = found.length > WORD_SHOWN_MAX ? `${found.slice(0, WORD_SHOWN_MAX)}…` : found;
    this.#fail(
      found === '' ? `A value can not begin with ${this.#character()}.` : `${shown} is no JSON value. Text stands in double quotes.`,
      end,
    );
  }

  /** The one that stands here; by its number where it can not be seen, or would do something to a terminal. */
  #character(): string {
    const code = this.#text.codePointAt(this.#at)!;
    const character = String.fromCodePoint(code);
    return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }

  #wordEnd(): number {
    word.lastIndex = this.#at;
    return word.test(this.#text) ? word.lastIndex : this.#at;
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(sentence: string, end = this.#at + 1): never {
    throw new Found(this.#at, end, sentence);
  }
}
