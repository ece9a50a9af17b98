/** The runs of changes of a journal, also while it grows; what is in no run yet comes from its chunks. */
import type Database from 'better-sqlite3';
import { blocksOf, type Change, type ChangeBlock, type ChangeColumns, type ChangeRun } from './changes.ts';
import type { ReadChunk } from './format.ts';

/** Decoded blocks that are kept, of all runs together. */
const BLOCKS_KEPT = 1_024;

interface Chunks {
  reach(): number;
  chunkOf(position: number): ReadChunk | null;
}

export class Runs {
  readonly #chunks: Chunks;
  readonly #new: Database.Statement<[number], [number: number, upTo: number, index: string]>;
  readonly #block: Database.Statement<[number, number], [string]>;
  readonly #blocks = new Map<string, ChangeBlock>();
  readonly #runs: ChangeRun[] = [];
  /** Of the chunks behind the last run. */
  #rest: { changes: Change[]; from: number; upTo: number; run: ChangeRun | null } = { changes: [], from: 1, upTo: 0, run: null };

  constructor(db: Database.Database, chunks: Chunks) {
    this.#chunks = chunks;
    this.#new = db.prepare<[number], [number, number, string]>('SELECT * FROM run WHERE number > ? ORDER BY number').raw();
    this.#block = db.prepare<[number, number], [string]>('SELECT changes FROM block WHERE run = ? AND number = ?').raw();
  }

  /** Those with changes up to a position, the newest first. */
  upTo(position: number): ChangeRun[] {
    for (const [number, upTo, index] of this.#new.iterate(this.#runs.length)) {
      const run: ChangeRun = {
        from: (this.#runs.at(-1)?.upTo ?? 0) + 1,
        upTo,
        index: JSON.parse(index) as ChangeColumns,
        block: (block) => this.#read(number, block),
      };
      this.#runs.push(run);
    }
    const rest = position > (this.#runs.at(-1)?.upTo ?? 0) ? this.#restUpTo(position) : null;
    const own = this.#runs.filter(({ from }) => from <= position).reverse();
    return rest ? [rest, ...own] : own;
  }

  #read(run: number, number: number): ChangeBlock {
    const name = `${run} ${number}`;
    const kept = this.#blocks.get(name);
    if (kept) {
      this.#blocks.delete(name);
      this.#blocks.set(name, kept);
      return kept;
    }
    const block = JSON.parse(this.#block.get(run, number)![0]) as ChangeBlock;
    this.#blocks.set(name, block);
    if (this.#blocks.size > BLOCKS_KEPT) this.#blocks.delete(this.#blocks.keys().next().value!);
    return block;
  }

  /** At most a run's worth of them. */
  #restUpTo(position: number): ChangeRun | null {
    const from = (this.#runs.at(-1)?.upTo ?? 0) + 1;
    const reach = Math.min(position, this.#chunks.reach());
    if (this.#rest.from !== from) this.#rest = { changes: [], from, upTo: from - 1, run: null };
    for (let at = this.#rest.upTo + 1; at <= reach;) {
      const chunk = this.#chunks.chunkOf(at);
      if (!chunk) break;
      this.#rest.changes.push(...changesOf(chunk));
      this.#rest.upTo = chunk.first + chunk.count - 1;
      this.#rest.run = null;
      at = this.#rest.upTo + 1;
    }
    if (this.#rest.changes.length === 0) return null;
    return (this.#rest.run ??= runOf([...this.#rest.changes], from, this.#rest.upTo));
  }
}

function runOf(changes: Change[], from: number, upTo: number): ChangeRun {
  const { index, blocks } = blocksOf(changes);
  return { from, upTo, index, block: (number) => blocks[number]! };
}

function changesOf({ first, count, steps, afters, changedBefore }: ReadChunk): Change[] {
  const changes: Change[] = [];
  for (let at = 0, step = 0; at < count; at++) {
    const begin = step;
    for (; step < steps.ends[at]!; step++) {
      for (let index = changedBefore[step]!; index < changedBefore[step + 1]!; index++) {
        changes.push({
          ...{ store: steps.changedStores[index]!, key: steps.changedKeys[index]!, shard: steps.changedShards[index]! },
          ...{ position: first + at, step: step - begin, after: afters[index]! },
        });
      }
    }
  }
  return changes;
}
