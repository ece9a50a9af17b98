/** Reads the journal of a column, also while it grows, and after the process that wrote it has been ended. */
import { zstdDecompressSync } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { Declaration } from '../../realm/declaration.ts';
import { PositionSet } from '../positionSet.ts';
import { readScratch } from '../scratch.ts';
import type { ChunkEmissions, ChunkSteps, ReadChunk, Totals } from './format.ts';
import { Runs } from './runs.ts';

/** Decoded chunks that are kept: of a column that is stepped through, those around the cursor. */
const CHUNKS_KEPT = 8;

type ChunkRow = [
  ...[first: number, count: number, totals: string, emitted: Buffer, failed: Buffer],
  ...[steps: Buffer, emissions: Buffer, afters: Buffer],
];
type Marks = [first: number, count: number, emitted: Buffer, failed: Buffer];

export class JournalReader {
  readonly declaration: Declaration;
  readonly #db: Database.Database;
  /** Changes of stores. */
  readonly runs: Runs;
  /** Positions with an emission, and with a bad event or a failed window. */
  readonly emitted = new PositionSet();
  readonly failed = new PositionSet();
  #reach = 0;
  readonly #marks: Database.Statement<[number], Marks>;
  readonly #chunk: Database.Statement<[number], ChunkRow>;
  readonly #chunks = new Map<number, ReadChunk>();

  constructor(file: string) {
    this.#db = readScratch(file);
    const [declaration] = this.#db.prepare<[], [string]>(`SELECT value FROM about WHERE key = 'declaration'`).raw().get()!;
    this.declaration = JSON.parse(declaration) as Declaration;
    this.runs = new Runs(this.#db, this);
    this.#marks = this.#db.prepare<[number], Marks>('SELECT first, count, emitted, failed FROM chunk WHERE first > ? ORDER BY first').raw();
    this.#chunk = this.#db.prepare<[number], ChunkRow>('SELECT * FROM chunk WHERE first <= ? ORDER BY first DESC LIMIT 1').raw();
  }

  /** The last position that is in it, as of now. */
  reach(): number {
    for (const [first, count, emitted, failed] of this.#marks.iterate(this.#reach)) {
      this.emitted.addBits(first, emitted, count);
      this.failed.addBits(first, failed, count);
      this.#reach = first + count - 1;
    }
    return this.#reach;
  }

  /** Null where the position is 0, or not in it. */
  chunkOf(position: number): ReadChunk | null {
    for (const chunk of this.#chunks.values()) {
      if (position < chunk.first || position >= chunk.first + chunk.count) continue;
      this.#chunks.delete(chunk.first);
      this.#chunks.set(chunk.first, chunk);
      return chunk;
    }
    const row = this.#chunk.get(position);
    if (!row || position >= row[0] + row[1]) return null;
    const chunk = chunkOf(row);
    this.#chunks.set(chunk.first, chunk);
    if (this.#chunks.size > CHUNKS_KEPT) this.#chunks.delete(this.#chunks.keys().next().value!);
    return chunk;
  }

  close(): void {
    this.#db.close();
  }
}

function chunkOf([first, count, totals, , , packedSteps, packedEmissions, packedAfters]: ChunkRow): ReadChunk {
  const steps = parsed<ChunkSteps>(packedSteps);
  return {
    ...{ first, count, totals: JSON.parse(totals) as Totals, steps, emissions: parsed<ChunkEmissions>(packedEmissions) },
    afters: parsed<(string | null)[]>(packedAfters),
    emittedBefore: sumsOf(steps.emitted),
    changedBefore: sumsOf(steps.changed),
  };
}

function parsed<T>(packed: Buffer): T {
  return JSON.parse(zstdDecompressSync(packed).toString()) as T;
}

/** Before each one the sum of those before it; one more at the end. */
export function sumsOf(counts: readonly number[]): number[] {
  const sums = [0];
  for (const count of counts) sums.push(sums.at(-1)! + count);
  return sums;
}

/** The steps of a position: from one up to, not including, the other. */
export function stepsOf({ first, steps }: ReadChunk, position: number): [from: number, until: number] {
  const at = position - first;
  return [at === 0 ? 0 : steps.ends[at - 1]!, steps.ends[at]!];
}
