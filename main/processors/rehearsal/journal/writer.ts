/** Writes chunks of a journal; each is one transaction, and can be read by others from then on. */
import { zstdCompressSync, constants } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { Declaration } from '../../realm/declaration.ts';
import { openScratch } from '../scratch.ts';
import { blocksOf, type Change } from './changes.ts';
import { SCHEMA } from './format.ts';
import type { Chunk } from './recorder.ts';

const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** A run of changes is written when it has so many, or about so many bytes. */
const RUN_CHANGES = 65_536;
const RUN_BYTES = 16 * 1024 * 1024;

export class JournalWriter {
  readonly #db: Database.Database;
  readonly #chunk: Database.Statement;
  readonly #run: Database.Statement;
  readonly #block: Database.Statement;
  readonly #sizes: Database.Statement<[], [number, number]>;
  #changes: Change[] = [];
  #changeBytes = 0;
  #runs = 0;
  #reach = 0;

  constructor(file: string, declaration: Declaration) {
    this.#db = openScratch(file);
    this.#db.exec(SCHEMA);
    this.#db.prepare('INSERT INTO about VALUES (?, ?)').run('declaration', JSON.stringify(declaration));
    this.#chunk = this.#db.prepare('INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#run = this.#db.prepare('INSERT INTO run VALUES (?, ?, ?)');
    this.#block = this.#db.prepare('INSERT INTO block VALUES (?, ?, ?)');
    this.#sizes = this.#db.prepare<[], [number, number]>('SELECT page_count, page_size FROM pragma_page_count, pragma_page_size').raw();
  }

  /** Of the file, bytes. */
  get bytes(): number {
    const [count, size] = this.#sizes.get()!;
    return count * size;
  }

  write({ first, count, totals, emitted, failed, steps, emissions, changes }: Chunk): void {
    const packed = [steps, emissions, changes.map(({ after }) => after)].map((columns) =>
      zstdCompressSync(JSON.stringify(columns), FASTEST),
    );
    this.#reach = first + count - 1;
    for (const change of changes) {
      this.#changes.push(change);
      this.#changeBytes += change.key.length + (change.after?.length ?? 0);
    }
    this.#inTransaction(() => {
      this.#chunk.run(first, count, JSON.stringify(totals), emitted, failed, ...packed);
      if (this.#changes.length >= RUN_CHANGES || this.#changeBytes >= RUN_BYTES) this.#writeRun();
    });
  }

  /** Nothing comes any more. */
  close(): void {
    try {
      if (this.#changes.length > 0) this.#inTransaction(() => this.#writeRun());
    } finally {
      this.#db.close();
    }
  }

  #writeRun(): void {
    const { index, blocks } = blocksOf(this.#changes);
    const run = ++this.#runs;
    for (const [number, block] of blocks.entries()) this.#block.run(run, number, JSON.stringify(block));
    this.#run.run(run, this.#reach, JSON.stringify(index));
    this.#changes = [];
    this.#changeBytes = 0;
  }

  #inTransaction(work: () => void): void {
    this.#db.exec('BEGIN');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}
