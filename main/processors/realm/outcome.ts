/** What a step has done, as strings and numbers: nothing else leaves the realm. */
import type { NewEvent } from 'loglab';
import {
  EMISSIONS_MAX,
  EMITTED_CHARACTERS_MAX,
  EMITTED_HEADERS_CHARACTERS_MAX,
  EMITTED_KEY_CHARACTERS_MAX,
  EMITTED_VALUE_CHARACTERS_MAX,
  LINE_CHARACTERS_MAX,
  LOG_LINES_MAX,
  REASONS_MAX,
} from './limits.ts';
import { isArray, stringify } from './primordials.ts';

/** Where in the processor's file, from 1. */
export interface Place {
  line: number;
  column: number;
}

export interface Failure {
  message: string;
  place: Place | null;
}

/** Read from outside: an array a column, so that nothing is built for each event. Filled up to `count`. */
export class Outcome {
  count = 0;
  readonly outputs: string[] = [];
  readonly keys: (string | null)[] = [];
  readonly texts: (string | null)[] = [];
  /** Milliseconds; NaN for none. */
  readonly timestamps: number[] = [];
  /** JSON; null for none. */
  readonly headers: (string | null)[] = [];
  /** What it has changed in stores, in its order, filled up to `changes`: values as JSON, null where it has deleted one. */
  changes = 0;
  readonly changedStores: string[] = [];
  readonly changedKeys: string[] = [];
  readonly changedValues: (string | null)[] = [];
  /** Reasons, as a JSON array; null where the event is not bad. */
  reasons: string | null = null;
  /** A {@link Failure} as JSON, of a window or a punctuation. */
  failure: string | null = null;
  /** Lines, as a JSON array; null where there are none. */
  log: string | null = null;
}

/** Entries of stores, read from outside like an {@link Outcome}: filled up to `count`, values as JSON. */
export class Entries {
  count = 0;
  readonly stores: string[] = [];
  readonly keys: string[] = [];
  readonly values: string[] = [];

  add(store: string, key: string, json: string): void {
    this.stores[this.count] = store;
    this.keys[this.count] = key;
    this.values[this.count] = json;
    this.count++;
  }
}

export class Recording {
  readonly outcome = new Outcome();
  #characters = 0;
  #reasons: string[] = [];
  #moreReasons = 0;
  #lines: string[] = [];
  #droppedLines = 0;

  begin(): void {
    const { outcome } = this;
    outcome.count = 0;
    outcome.changes = 0;
    outcome.reasons = null;
    outcome.failure = null;
    outcome.log = null;
    this.#characters = 0;
    if (this.#reasons.length > 0) this.#reasons = [];
    this.#moreReasons = 0;
    if (this.#lines.length > 0) this.#lines = [];
    this.#droppedLines = 0;
  }

  get isBad(): boolean {
    return this.#reasons.length > 0;
  }

  /** `ofKey`, `at`: what is emitted where the event says nothing else. */
  emit(output: string, { key, value, text, timestamp, headers }: NewEvent, ofKey: string | null, at: number): void {
    const { outcome } = this;
    const { count } = outcome;
    if (count >= EMISSIONS_MAX) throw new RangeError(`More than ${EMISSIONS_MAX} events were emitted at once (EMISSIONS_MAX).`);
    const ownKey = key === undefined ? ofKey : checkedKey(key);
    const ownText = textOf(output, value, text);
    const ownHeaders = headers === undefined || headers.length === 0 ? null : stringify(checkedHeaders(headers));
    assertShort('value', ownText, EMITTED_VALUE_CHARACTERS_MAX);
    assertShort('key', ownKey, EMITTED_KEY_CHARACTERS_MAX);
    assertShort('headers', ownHeaders, EMITTED_HEADERS_CHARACTERS_MAX);
    const characters = (ownKey?.length ?? 0) + (ownText?.length ?? 0) + (ownHeaders?.length ?? 0);
    this.#characters += characters;
    if (this.#characters > EMITTED_CHARACTERS_MAX) {
      throw new RangeError(`More than ${EMITTED_CHARACTERS_MAX} characters were emitted at once (EMITTED_CHARACTERS_MAX).`);
    }
    outcome.outputs[count] = output;
    outcome.keys[count] = ownKey;
    outcome.texts[count] = ownText;
    outcome.timestamps[count] = timestamp === undefined ? at : checkedTime(timestamp);
    outcome.headers[count] = ownHeaders;
    outcome.count = count + 1;
  }

  bad(reason: string): void {
    if (this.#reasons.length < REASONS_MAX) this.#reasons[this.#reasons.length] = cut(reason);
    else this.#moreReasons++;
  }

  log(line: string): void {
    if (this.#lines.length < LOG_LINES_MAX) this.#lines[this.#lines.length] = cut(line);
    else this.#droppedLines++;
  }

  /** The step is over; `failure`: what it threw. */
  end(failure: Failure | null): void {
    const { outcome } = this;
    if (failure || this.isBad) outcome.count = 0;
    if (this.isBad) {
      if (this.#moreReasons > 0) this.#reasons[this.#reasons.length] = `and ${this.#moreReasons} more reasons`;
      outcome.reasons = stringify(this.#reasons);
    }
    if (failure) outcome.failure = stringify(failure);
    if (this.#lines.length > 0) {
      if (this.#droppedLines > 0) this.#lines[this.#lines.length] = `(${this.#droppedLines} more lines in this step were dropped)`;
      outcome.log = stringify(this.#lines);
    }
  }
}

export function cut(text: string): string {
  return text.length <= LINE_CHARACTERS_MAX ? text : `${text.slice(0, LINE_CHARACTERS_MAX)}… (${text.length} characters)`;
}

function textOf(output: string, value: unknown, text: unknown): string | null {
  if (text !== undefined) {
    if (value !== undefined) throw new TypeError(`An event for “${output}” has a value or a text, not both.`);
    if (typeof text !== 'string') throw new TypeError(`The text of an event for “${output}” is a string, not a ${typeof text}.`);
    return text;
  }
  if (value === null) return null;
  // Too long, and said to be.
  if (typeof value === 'string' && value.length > EMITTED_VALUE_CHARACTERS_MAX) return value;
  const json = stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`An event for “${output}” needs a value that JSON can say, or a text.`);
  return json;
}

function assertShort(what: string, text: string | null, most: number): void {
  if (text === null || text.length <= most) return;
  throw new RangeError(`The ${what} of an event that is emitted has ${text.length} characters; at most ${most} are taken.`);
}

function checkedKey(key: unknown): string | null {
  if (key === null || typeof key === 'string') return key;
  throw new TypeError(`The key of an event is a string or null, not a ${typeof key}.`);
}

function checkedTime(timestamp: unknown): number {
  if (typeof timestamp === 'number' && Number.isSafeInteger(timestamp)) return timestamp;
  throw new TypeError(`The timestamp of an event is a whole number of milliseconds, not ${String(timestamp)}.`);
}

function checkedHeaders(headers: unknown): unknown {
  const isHeader = (each: unknown): boolean =>
    isArray(each) && each.length === 2 && typeof each[0] === 'string' && (each[1] === null || typeof each[1] === 'string');
  if (isArray(headers) && headers.every(isHeader)) return headers;
  throw new TypeError('Headers are a list of [name, value], the value a string or null.');
}
