/** Takes down what a column does, position by position, until a chunk of it is taken. The same run gives the same chunks, byte for byte. */
import { BAD, badHeaders } from '../../bad.ts';
import type { InputRecord, Sink } from '../../process/shardRun.ts';
import { utf8OrNull } from '../../process/text.ts';
import type { Declaration } from '../../realm/declaration.ts';
import type { Failure } from '../../realm/outcome.ts';
import type { Realm } from '../../realm/realm.ts';
import type { Change } from './changes.ts';
import {
  type ChunkEmissions,
  type ChunkSteps,
  emptyEmissions,
  emptySteps,
  emptyTotals,
  EVENT,
  orNull,
  PUNCTUATION,
  type Totals,
  WINDOW,
} from './format.ts';

/** About what a step, an emission or a change takes besides its texts, bytes. */
const AROUND_BYTES = 40;

export interface Chunk {
  first: number;
  count: number;
  totals: Totals;
  emitted: Uint8Array;
  failed: Uint8Array;
  steps: ChunkSteps;
  emissions: ChunkEmissions;
  changes: Change[];
}

export interface RecorderParts {
  /** Of the processor, as its bad events tell it. */
  name: string;
  realm: Realm;
  declaration: Declaration;
  /** What a stream is called that the processor calls so. */
  here: (called: string) => string;
  /** Whether its events come from another column: then each step tells its own. */
  isChained: boolean;
  /** A place in the file that runs to the one in the file as it was written. */
  placeOf: (failure: Failure) => Failure;
}

export class Recorder {
  readonly #parts: RecorderParts;
  readonly #stores: ReadonlyMap<string, number>;
  /** Of each shard the entries of each store. */
  readonly #sizes = new Map<number, number[]>();
  #totals: Totals;
  #before: Totals;
  #first = 1;
  #steps: ChunkSteps;
  #emissions = emptyEmissions();
  #changes: Change[] = [];
  #emittedAt: number[] = [];
  #failedAt: number[] = [];
  #bytes = 0;
  /** Of the position that is under way. */
  #stepsBefore = 0;
  #quietWindows = 0;
  #quietPunctuations = 0;
  #hasEmitted = false;
  #hasFailed = false;
  /** Of the step that is under way. */
  #kind = EVENT;
  #due = Number.NaN;
  #now = 0;
  #streamTime = Number.NaN;
  #hasStepped = false;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
    const { stores } = parts.declaration;
    this.#stores = new Map(stores.map((name, index) => [name, index]));
    this.#totals = emptyTotals(stores.length);
    this.#before = structuredClone(this.#totals);
    this.#steps = emptySteps(stores.length);
  }

  /** Positions of the chunk so far, and about how large it is. */
  get count(): number {
    return this.#steps.ends.length;
  }
  get bytes(): number {
    return this.#bytes;
  }

  /** The same realm, its steps noted as they begin. What it has else is looked up in it: it may be another one by then. */
  watched(realm: Realm): Realm {
    const watched: Pick<Realm, 'setTime' | 'event' | 'window' | 'punctuate'> = {
      setTime: (now, streamTime) => {
        this.#now = now;
        this.#streamTime = streamTime;
        realm.setTime(now, streamTime);
      },
      event: (stream, shard, offset, timestamp, key, text, headers) => {
        this.#begin(EVENT, Number.NaN);
        realm.event(stream, shard, offset, timestamp, key, text, headers);
      },
      window: (shard, time) => {
        this.#begin(WINDOW, time);
        realm.window(shard, time);
      },
      punctuate: (shard, time) => {
        this.#begin(PUNCTUATION, time);
        realm.punctuate(shard, time);
      },
    };
    return Object.assign(Object.create(realm) as Realm, watched);
  }

  readonly sink: Sink = {
    stepped: (shard) => this.#stepped(shard),
    failed: (_step, failure) => {
      this.#steps.failures.push([this.#steps.kinds.length - 1, this.#parts.placeOf(failure)]);
      this.#totals.failures++;
      this.#hasFailed = true;
    },
    bad: (shard, record, reasons) => this.#bad(shard, record, reasons),
  };

  /** An event is about to be processed. */
  beginEvent(now: number): void {
    this.#hasStepped = false;
    this.#now = now;
    this.#totals.in++;
  }

  /** It was processed; `record`: where it is told with its step. */
  endEvent(record: InputRecord): void {
    if (!this.#parts.isChained) return;
    this.#steps.events.push([this.#steps.kinds.length - 1, record.stream, record.offset]);
  }

  /** All of a position is done. */
  endPosition(nextWindow: number | null): void {
    const { ends, quietWindows, quietPunctuations, nextWindows, sizes } = this.#steps;
    const at = this.#first + ends.length;
    ends.push(this.#steps.kinds.length);
    quietWindows.push(this.#quietWindows);
    quietPunctuations.push(this.#quietPunctuations);
    nextWindows.push(nextWindow);
    this.#totals.nextWindow = nextWindow;
    for (const [store, column] of sizes.entries()) column.push(this.#totals.sizes[store]!);
    if (this.#hasEmitted) this.#emittedAt.push(at);
    if (this.#hasFailed) this.#failedAt.push(at);
    this.#quietWindows = 0;
    this.#quietPunctuations = 0;
    this.#hasEmitted = false;
    this.#hasFailed = false;
    this.#stepsBefore = this.#steps.kinds.length;
    this.#bytes += AROUND_BYTES;
  }

  /** All positions that were ended since the last one was taken. */
  take(): Chunk {
    const [first, count] = [this.#first, this.count];
    const chunk: Chunk = {
      ...{ first, count, totals: this.#before, steps: this.#steps, emissions: this.#emissions, changes: this.#changes },
      emitted: bitsOf(this.#emittedAt, first, count),
      failed: bitsOf(this.#failedAt, first, count),
    };
    this.#first += count;
    this.#before = structuredClone(this.#totals);
    this.#steps = emptySteps(this.#stores.size);
    this.#emissions = emptyEmissions();
    this.#changes = [];
    this.#emittedAt = [];
    this.#failedAt = [];
    this.#stepsBefore = 0;
    this.#bytes = 0;
    return chunk;
  }

  #begin(kind: number, due: number): void {
    this.#kind = kind;
    this.#due = due;
  }

  #stepped(shard: number): void {
    const { outcome } = this.#parts.realm;
    this.#hasStepped = true;
    if (this.#kind !== EVENT) {
      this.#totals[this.#kind === WINDOW ? 'windows' : 'punctuations']++;
      if (outcome.count === 0 && outcome.changes === 0 && outcome.failure === null && outcome.log === null) {
        if (this.#kind === WINDOW) this.#quietWindows++;
        else this.#quietPunctuations++;
        return;
      }
    }
    const step = this.#addStep(shard);
    for (let at = 0; at < outcome.count; at++) {
      const output = this.#parts.here(outcome.outputs[at]!);
      this.#emit(output, shard, outcome.timestamps[at]!, outcome.keys[at]!, outcome.texts[at]!, outcome.headers[at]!);
    }
    this.#steps.emitted[step] = outcome.count;
    if (outcome.changes > 0) this.#steps.changed[step] = this.#change(shard);
    if (outcome.log === null) return;
    const lines = JSON.parse(outcome.log) as string[];
    this.#steps.logs.push([step, lines]);
    this.#totals.lines += lines.length;
    this.#bytes += outcome.log.length;
  }

  #addStep(shard: number): number {
    const steps = this.#steps;
    const step = steps.kinds.length;
    steps.kinds.push(this.#kind);
    steps.shards.push(shard);
    steps.nows.push(this.#now);
    steps.streamTimes.push(orNull(this.#streamTime));
    steps.lines.push(this.#hasStepped ? this.#parts.realm.line() : 0);
    steps.emitted.push(0);
    steps.changed.push(0);
    if (this.#due === this.#due) steps.dues.push([step, this.#due]);
    this.#bytes += AROUND_BYTES;
    return step;
  }

  #emit(output: string, shard: number, timestamp: number, key: string | null, text: string | null, headers: string | null): void {
    const { outputs, shards, timestamps, keys, texts, headers: all } = this.#emissions;
    outputs.push(output);
    shards.push(shard);
    timestamps.push(orNull(timestamp));
    keys.push(key);
    texts.push(text);
    all.push(headers);
    this.#totals.out[output] = (this.#totals.out[output] ?? 0) + 1;
    this.#hasEmitted = true;
    this.#bytes += (key?.length ?? 0) + (text?.length ?? 0) + (headers?.length ?? 0) + AROUND_BYTES;
  }

  /** Answers how many keys it has changed. */
  #change(shard: number): number {
    const { outcome } = this.#parts.realm;
    const { changedStores, changedShards, changedKeys } = this.#steps;
    const position = this.#first + this.count;
    const step = this.#steps.kinds.length - 1 - this.#stepsBefore;
    const touched = new Set<number>();
    const seen = outcome.changes > 1 ? new Set<string>() : null;
    let count = 0;
    for (let at = 0; at < outcome.changes; at++) {
      const name = outcome.changedStores[at]!;
      const key = outcome.changedKeys[at]!;
      const store = this.#stores.get(name);
      if (store === undefined) continue;
      // Of several changes of a key in one step all say what it is at the end.
      const place = outcome.changes > 1 ? `${store} ${key}` : '';
      if (seen?.has(place)) continue;
      seen?.add(place);
      const after = outcome.changedValues[at]!;
      touched.add(store);
      changedStores.push(store);
      changedShards.push(shard);
      changedKeys.push(key);
      this.#bytes += key.length + (after?.length ?? 0) + AROUND_BYTES;
      this.#changes.push({ store, key, shard, position, step, after });
      count++;
    }
    for (const store of touched) this.#measure(shard, store);
    return count;
  }

  #measure(shard: number, store: number): void {
    const known = this.#sizes.get(shard) ?? this.#totals.sizes.map(() => 0);
    const size = this.#parts.realm.sizeOf(shard, this.#parts.declaration.stores[store]!);
    this.#totals.sizes[store]! += size - known[store]!;
    known[store] = size;
    this.#sizes.set(shard, known);
  }

  /** It goes as it is; one whose bytes are no text has had no step. */
  #bad(shard: number, record: InputRecord, reasons: readonly string[]): void {
    if (!this.#hasStepped) {
      this.#begin(EVENT, Number.NaN);
      this.#addStep(shard);
    }
    const step = this.#steps.kinds.length - 1;
    const { offset, timestamp, key, value, headers } = record;
    const { name: processor, here } = this.#parts;
    const all = badHeaders(headers, reasons, { processor, stream: here(record.stream), shard, offset });
    const told = JSON.stringify(all.map(([name, content]) => [name, textOf(content)]));
    this.#emit(here(BAD), shard, timestamp, textOf(key), textOf(value), told);
    this.#steps.emitted[step]!++;
    this.#steps.reasons.push([step, [...reasons]]);
    this.#totals.bad++;
    this.#hasFailed = true;
  }
}

/** What is no text is told as records are in JSON. */
function textOf(bytes: Uint8Array | null): string | null {
  const text = utf8OrNull(bytes);
  return text === undefined ? JSON.stringify({ base64: Buffer.from(bytes!).toString('base64') }) : text;
}

function bitsOf(positions: readonly number[], first: number, count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const position of positions) bits[(position - first) >> 3]! |= 1 << ((position - first) & 7);
  return bits;
}
