/**
 * The tape of a rehearsal: in which order its events come, settled once. A scratch SQLite file, written by one process and read by others
 * while it grows.
 *
 *   part   first    position of its first event
 *          count    events, at most PART_POSITIONS
 *          clock    the simulated clock before it, milliseconds; null before that has begun
 *          vector   JSON: of each input the offset that is read next, decimal
 *          samples  of every SAMPLE_EVERYth event, from its first on, the number of its input, a byte
 *          bytes    zstd of columns, in the order of bytes of the machine:
 *                   n × 8 timestamps, double, NaN for none; n × 8 offsets left out before it, double; n × 2 numbers of inputs, unsigned
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import { NO_TIMESTAMP } from '../../api/time.ts';
import { openScratch, readScratch } from './scratch.ts';

/** Events of a part. */
export const PART_POSITIONS = 4_096;
/** Between two samples, events. */
const SAMPLE_EVERY = 16;
/** Decoded parts that are kept. */
const PARTS_KEPT = 16;

export interface TapePart {
  first: number;
  count: number;
  /** Before it; NaN before it has begun. */
  clock: number;
  vector: bigint[];
  timestamps: Float64Array;
  gaps: Float64Array;
  inputs: Uint16Array;
}

export class TapeWriter {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #next: bigint[];
  #part: TapePart;
  #clock = Number.NaN;
  #vector: string;

  /** `starts`: of each input the first offset. */
  constructor(file: string, starts: readonly bigint[]) {
    this.#db = openScratch(file);
    this.#db.exec('CREATE TABLE part (first INTEGER PRIMARY KEY, count INTEGER, clock REAL, vector TEXT, samples BLOB, bytes BLOB)');
    this.#insert = this.#db.prepare('INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)');
    this.#next = [...starts];
    this.#part = emptyPart(1);
    this.#vector = this.#vectorNow();
  }

  /** Events in all. */
  get positions(): number {
    return this.#part.first + this.#part.count - 1;
  }

  add(input: number, offset: bigint, timestamp: bigint): void {
    const part = this.#part;
    const at = part.count++;
    const time = timestamp === NO_TIMESTAMP ? Number.NaN : Number(timestamp);
    part.inputs[at] = input;
    part.gaps[at] = Number(offset - this.#next[input]!);
    part.timestamps[at] = time;
    this.#next[input] = offset + 1n;
    if (!(time <= this.#clock) && time === time) this.#clock = time;
    if (part.count === PART_POSITIONS) this.flush();
  }

  /** What was added can be read by others. */
  flush(): void {
    const { first, count, clock, timestamps, gaps, inputs } = this.#part;
    if (count === 0) return;
    const bytes = Buffer.concat([bytesOf(timestamps, count), bytesOf(gaps, count), bytesOf(inputs, count)]);
    const samples = Uint8Array.from({ length: Math.ceil(count / SAMPLE_EVERY) }, (_, at) => inputs[at * SAMPLE_EVERY]!);
    this.#insert.run(first, count, Number.isNaN(clock) ? null : clock, this.#vector, samples, zstdCompressSync(bytes));
    this.#part = emptyPart(first + count, this.#clock);
    this.#vector = this.#vectorNow();
  }

  close(): void {
    this.#db.close();
  }

  #vectorNow(): string {
    return JSON.stringify(this.#next.map(String));
  }
}

function emptyPart(first: number, clock = Number.NaN): TapePart {
  return {
    ...{ first, count: 0, clock, vector: [] },
    timestamps: new Float64Array(PART_POSITIONS),
    gaps: new Float64Array(PART_POSITIONS),
    inputs: new Uint16Array(PART_POSITIONS),
  };
}

function bytesOf({ buffer, byteOffset, BYTES_PER_ELEMENT }: Float64Array | Uint16Array, count: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, count * BYTES_PER_ELEMENT);
}

/** An event of the tape. */
export interface TapeEntry {
  position: number;
  input: number;
  offset: bigint;
  /** NaN for none. */
  timestamp: number;
}

type Row = [first: number, count: number, clock: number | null, vector: string, samples: Buffer, bytes: Buffer];

export class TapeReader {
  readonly #db: Database.Database;
  readonly #at: Database.Statement<[number], Row>;
  readonly #head: Database.Statement<[number], [number, number | null, string]>;
  readonly #last: Database.Statement<[], [number, number]>;
  readonly #sampled: Database.Statement<[number], [number, Buffer]>;
  readonly #parts = new Map<number, TapePart>();
  /** Of all parts, in order. */
  readonly #samples: { first: number; inputs: Buffer }[] = [];

  constructor(file: string) {
    this.#db = readScratch(file);
    this.#at = this.#db.prepare<[number], Row>('SELECT * FROM part WHERE first <= ? ORDER BY first DESC LIMIT 1').raw();
    this.#head = this.#db
      .prepare<[number], [number, number | null, string]>(
        'SELECT first, clock, vector FROM part WHERE first <= ? ORDER BY first DESC LIMIT 1',
      )
      .raw();
    this.#sampled = this.#db.prepare<[number], [number, Buffer]>('SELECT first, samples FROM part WHERE first > ? ORDER BY first').raw();
    this.#last = this.#db.prepare<[], [number, number]>('SELECT first, count FROM part ORDER BY first DESC LIMIT 1').raw();
  }

  /** Events that can be read. */
  positions(): number {
    const last = this.#last.get();
    return last ? last[0] + last[1] - 1 : 0;
  }

  /** The part that has a position; null where there is none yet. */
  partOf(position: number): TapePart | null {
    for (const part of this.#parts.values()) {
      if (position < part.first || position >= part.first + part.count) continue;
      this.#parts.delete(part.first);
      this.#parts.set(part.first, part);
      return part;
    }
    const row = this.#at.get(position);
    if (!row || position >= row[0] + row[1]) return null;
    const part = partOf(row);
    this.#parts.set(part.first, part);
    if (this.#parts.size > PARTS_KEPT) this.#parts.delete(this.#parts.keys().next().value!);
    return part;
  }

  /** Of each of these positions, which rise, the input; of very many events that of one at most SAMPLE_EVERY before. */
  inputsNear(positions: readonly number[]): Uint8Array {
    if (this.positions() <= PARTS_KEPT * PART_POSITIONS) {
      return Uint8Array.from(positions, (position) => {
        const part = this.partOf(position);
        return part ? part.inputs[position - part.first]! : 0;
      });
    }
    for (const [first, inputs] of this.#sampled.iterate(this.#samples.at(-1)?.first ?? 0)) this.#samples.push({ first, inputs });
    let at = 0;
    return Uint8Array.from(positions, (position) => {
      while (at + 1 < this.#samples.length && this.#samples[at + 1]!.first <= position) at++;
      const { first, inputs } = this.#samples[at]!;
      return inputs[Math.floor((position - first) / SAMPLE_EVERY)] ?? 0;
    });
  }

  /** Null for position 0, and where there is none. */
  at(position: number): TapeEntry | null {
    const part = position < 1 ? null : this.partOf(position);
    if (!part) return null;
    const index = position - part.first;
    const input = part.inputs[index]!;
    return { position, input, offset: offsetIn(part, input, index), timestamp: part.timestamps[index]! };
  }

  /** Some of them that follow each other. */
  range(from: number, limit: number): TapeEntry[] {
    const entries: TapeEntry[] = [];
    for (let part = this.partOf(from); part && entries.length < limit; part = this.partOf(part.first + part.count)) {
      const next = [...part.vector];
      for (let index = 0; index < part.count && entries.length < limit; index++) {
        const input = part.inputs[index]!;
        const offset = next[input]! + BigInt(part.gaps[index]!);
        next[input] = offset + 1n;
        if (part.first + index >= from) entries.push({ position: part.first + index, input, offset, timestamp: part.timestamps[index]! });
      }
    }
    return entries;
  }

  /** The simulated clock after a position; NaN before it has begun. */
  clockAt(position: number): number {
    const part = position < 1 ? null : this.partOf(position);
    if (!part) return Number.NaN;
    let { clock } = part;
    for (let index = 0; index <= position - part.first; index++) {
      const time = part.timestamps[index]!;
      if (time === time && !(time <= clock)) clock = time;
    }
    return clock;
  }

  /** Of each input the offset that is read next after a position; null where nothing is settled yet. */
  vectorAt(position: number): bigint[] | null {
    const part = this.partOf(Math.max(1, position));
    if (!part) return null;
    const next = [...part.vector];
    for (let index = 0; index < position - part.first + 1; index++) {
      const input = part.inputs[index]!;
      next[input] = next[input]! + BigInt(part.gaps[index]!) + 1n;
    }
    return next;
  }

  /** The first position at which the clock is not before a time; null where there is none. */
  positionOfTime(time: number): number | null {
    // The last part that begins before that time has it, or the next one.
    const first = this.#lastPart((clock) => clock === null || clock < time);
    for (let part = first === null ? null : this.partOf(first); part; part = this.partOf(part.first + part.count)) {
      const index = part.timestamps.subarray(0, part.count).findIndex((each) => each >= time);
      if (index >= 0) return part.first + index;
    }
    return null;
  }

  /** The first position with an offset of an input that is not before this one; null where there is none. */
  positionOfOffset(input: number, offset: bigint): number | null {
    const first = this.#lastPart((_clock, vector) => BigInt((JSON.parse(vector) as string[])[input]!) <= offset);
    for (let part = this.partOf(first ?? 1); part; part = this.partOf(part.first + part.count)) {
      let next = part.vector[input]!;
      for (let index = 0; index < part.count; index++) {
        if (part.inputs[index] !== input) continue;
        const here = next + BigInt(part.gaps[index]!);
        if (here >= offset) return part.first + index;
        next = here + 1n;
      }
    }
    return null;
  }

  close(): void {
    this.#db.close();
  }

  /** Where the last part begins of which this is so; it is so of all before it. */
  #lastPart(isSo: (clock: number | null, vector: string) => boolean): number | null {
    let found: number | null = null;
    let [low, high] = [1, this.positions()];
    while (low <= high) {
      const row = this.#head.get((low + high) >> 1);
      if (!row) break;
      if (isSo(row[1], row[2])) {
        found = row[0];
        low = Math.max((low + high) >> 1, row[0]) + 1;
      } else high = row[0] - 1;
    }
    return found;
  }
}

function partOf([first, count, clock, vector, , bytes]: Row): TapePart {
  // A copy, since columns must begin at multiples of their width.
  const { buffer } = new Uint8Array(zstdDecompressSync(bytes));
  return {
    ...{ first, count, clock: clock ?? Number.NaN, vector: (JSON.parse(vector) as string[]).map(BigInt) },
    timestamps: new Float64Array(buffer, 0, count),
    gaps: new Float64Array(buffer, count * 8, count),
    inputs: new Uint16Array(buffer, count * 16, count),
  };
}

function offsetIn({ vector, inputs, gaps }: TapePart, input: number, index: number): bigint {
  let next = vector[input]!;
  for (let at = 0; at < index; at++) if (inputs[at] === input) next += BigInt(gaps[at]!) + 1n;
  return next + BigInt(gaps[index]!);
}
