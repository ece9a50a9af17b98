/** The produce form as the user has it: texts and choices, what is wrong with them, and the record that they say. */
import type { Draft } from '../../../../main/api/produce.ts';
import type { NewRecord } from '../../../../main/api/values.ts';
import { jsonProblem, NUMBER_MARK, type JsonProblem } from '../../../../main/api/jsonProblem.ts';
import { parseTime } from '../../ui/typedTime.ts';

export type ValueMode = 'json' | 'text' | 'null';

export interface HeaderRow {
  id: number;
  name: string;
  value: string;
}

/** Everything in the form as plain data, for the draft that outlives a reload. */
export interface FormSnapshot {
  keyed: boolean;
  key: string;
  mode: ValueMode;
  value: string;
  headers: [string, string][];
  byKey: boolean;
  shard: number;
  timed: boolean;
  time: string;
  count: number | null;
  /** Null where nobody chose: then it is counted up wherever `{{n}}` stands. */
  numbered: boolean | null;
}

const empty: FormSnapshot = {
  keyed: false,
  key: '',
  mode: 'json',
  value: '',
  headers: [],
  byKey: true,
  shard: 0,
  timed: false,
  time: '',
  count: 100,
  numbered: null,
};

const utf8 = new TextEncoder();

export class ProduceForm {
  /** False where the event has no key at all, which is not the same as an empty one. */
  keyed = $state(empty.keyed);
  key = $state(empty.key);
  mode = $state<ValueMode>(empty.mode);
  value = $state(empty.value);
  headers = $state<HeaderRow[]>([]);
  byKey = $state(empty.byKey);
  shard = $state(empty.shard);
  timed = $state(empty.timed);
  time = $state(empty.time);
  /** Null while the field is empty. */
  count = $state(empty.count);
  #numbered = $state(empty.numbered);
  #headerIds = 0;

  /** Whether `{{n}}` stands where it would be counted up. */
  readonly marked = $derived((this.keyed && this.key.includes(NUMBER_MARK)) || (this.mode !== 'null' && this.value.includes(NUMBER_MARK)));
  readonly typedTime = $derived(this.timed ? parseTime(this.time) : ({ kind: 'now' } as const));
  readonly jsonProblem = $derived(this.mode === 'json' ? valueProblem(this.value, this.numbered) : null);
  readonly keyBytes = $derived(this.keyed ? utf8.encode(this.key) : null);
  readonly valueBytes = $derived(this.mode === 'null' ? 0 : utf8.encode(this.value).length);
  readonly untouched = $derived(!this.keyed && this.value === '' && this.headers.length === 0);

  /** Ticks itself with the mark in the text; a tick against that is a choice and stays. */
  get numbered(): boolean {
    return this.#numbered ?? this.marked;
  }
  set numbered(numbered: boolean | null) {
    this.#numbered = numbered === this.marked ? null : numbered;
  }

  /** The record to append; a header left empty is none. The time must not be a problem; whether the value is JSON is the caller's to ask. */
  record(): NewRecord {
    const time = this.typedTime;
    return {
      key: this.keyBytes,
      value: this.mode === 'null' ? null : utf8.encode(this.value),
      headers: this.headers
        .filter(({ name, value }) => name !== '' || value !== '')
        .map(({ name, value }): [string, Uint8Array] => [name, utf8.encode(value)]),
      timestamp: time.kind === 'at' ? time.ms : null,
      shard: this.byKey ? null : this.shard,
    };
  }

  addHeader(name = '', value = ''): void {
    this.headers.push({ id: ++this.#headerIds, name, value });
  }

  removeHeader(id: number): void {
    this.headers = this.headers.filter((row) => row.id !== id);
  }

  snapshot(): FormSnapshot {
    const { keyed, key, mode, value, byKey, shard, timed, time, count } = this;
    return { keyed, key, mode, value, headers: this.#headerPairs(), byKey, shard, timed, time, count, numbered: this.#numbered };
  }

  restore(snapshot: Partial<FormSnapshot>): void {
    const { headers, ...plain } = { ...empty, ...snapshot };
    Object.assign(this, plain);
    this.headers = [];
    for (const [name, value] of headers) this.addHeader(name, value);
  }

  clear(): void {
    this.restore({ count: this.count });
  }

  draft(): Draft {
    return {
      key: this.keyed ? this.key : null,
      value: this.mode === 'null' ? null : this.value,
      headers: this.#headerPairs(),
      shard: this.byKey ? null : this.shard,
      timestamp: this.timed ? this.time : null,
    };
  }

  /** Takes a kept event up. How often it is sent stays as it is. */
  load(draft: Draft): void {
    this.restore({
      keyed: draft.key !== null,
      key: draft.key ?? '',
      mode: modeOf(draft.value),
      value: draft.value ?? '',
      headers: draft.headers,
      byKey: draft.shard === null,
      shard: draft.shard ?? 0,
      timed: draft.timestamp !== null,
      time: draft.timestamp ?? '',
      count: this.count,
    });
  }

  #headerPairs(): [string, string][] {
    return this.headers.map(({ name, value }): [string, string] => [name, value]);
  }
}

function valueProblem(value: string, numbered: boolean): JsonProblem | null {
  const problem = jsonProblem(value, numbered);
  return problem && value.trim() === ''
    ? { ...problem, sentence: 'There is no value yet. For an event without one, choose Null.' }
    : problem;
}

function modeOf(value: string | null): ValueMode {
  if (value === null) return 'null';
  return jsonProblem(value, true) === null ? 'json' : 'text';
}
