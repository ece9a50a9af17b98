/**
 * Appends, five batches of 1,000 records under way for each producer. What of the lab is measured is said by who opens it: appendToEngine.ts,
 * appendToBroker.ts.
 *
 * The ceiling is raw better-sqlite3 in the process that measures, writing the same bytes with the same promise: one blob row a batch by one prepared
 * statement, in pages of 16 KiB and a write-ahead log. `safe` is synchronous=FULL: a row is synced before its transaction returns, as a batch is
 * before it is acknowledged. `fast` is synchronous=NORMAL. Checkpoints are SQLite's own, each 1,000 pages, within a commit, and count.
 *
 * It is measured twice: five rows a transaction, since five that are under way may share one, and a row a transaction, which is what an insert by
 * itself does: the same promise at the price of a sync a row.
 */
import Database from 'better-sqlite3';
import path from 'node:path';
import { type Durability, encodeBatch } from '../../main/log/index.ts';
import type { Figure } from './bench.ts';
import { median, withFolder } from './lab.ts';

const RECORDS = 1_000;
/** Batches that each producer has under way. */
const UNDER_WAY = 5;
/** Rows of one transaction of a ceiling. */
const CEILINGS = [
  { rows: UNDER_WAY, what: 'five rows a transaction' },
  { rows: 1, what: 'a row a transaction' },
];
/** Turns of ceilings and lab, after each other: many short ones, so that both see the same machine. */
const ROUNDS = 15;

export interface Load {
  valueBytes: number;
  /** In a round. */
  batches: number;
  producers: number;
  durability: Durability;
}

/** Where the batches go. */
export interface Opened {
  /** Of each producer: appends one batch, and resolves when it is acknowledged; `underWay` of the producer's are, this one counted. */
  producers: ((underWay: number) => Promise<unknown>)[];
  close(): Promise<void>;
}

export interface Measured extends Load {
  /** What is measured, as the figure says it. */
  what: string;
  /** Least ratio to the ceiling. */
  wanted: number;
  open: (folder: string, load: Load, records: BenchRecord[]) => Promise<Opened>;
}

export type BenchRecord = ReturnType<typeof recordsOf>[number];

/** Those of one batch. */
function recordsOf(valueBytes: number) {
  return Array.from({ length: RECORDS }, (_, index) => ({
    key: null,
    value: Buffer.alloc(valueBytes, 97 + (index % 26)),
    headers: [],
    timestamp: BigInt(1_700_000_000_000 + index),
  }));
}

/** A figure against each of the ceilings. */
export async function measureAppend({ what, wanted, open, ...load }: Measured): Promise<Figure[]> {
  const { valueBytes, batches, producers, durability } = load;
  const records = recordsOf(valueBytes);
  return withFolder(async (folder) => {
    const raw = rawWriter(path.join(folder, 'raw.sqlite'), durability, encodeBatch({ records }));
    const measured = CEILINGS.map(({ rows, what: against }) => ({ rows, against, ceilings: [] as number[], ratios: [] as number[] }));
    const opened = await open(folder, load, records);
    const lab = async (): Promise<number> => {
      const began = performance.now();
      await Promise.all(opened.producers.map((append) => appendAll(append, Math.ceil(batches / producers))));
      return performance.now() - began;
    };
    await lab();
    const rates: number[] = [];
    const events = Math.ceil(batches / producers) * producers * RECORDS;
    for (let round = 0; round < ROUNDS; round++) {
      const rate = (events * 1000) / (await lab());
      rates.push(rate);
      for (const { rows, ceilings, ratios } of measured) {
        const ceiling = (batches * RECORDS * 1000) / raw.write(batches, rows);
        ceilings.push(ceiling);
        ratios.push(rate / ceiling);
      }
    }
    raw.close();
    await opened.close();
    const of = `1000 × ${valueBytes} B, ${durability}, ${UNDER_WAY} under way${producers > 1 ? ` for each of ${producers}` : ''}`;
    return measured.map(({ against, ceilings, ratios }) => {
      const ratio = median(ratios);
      return {
        what: `${what}, ${of}; against ${against}`,
        value: median(rates),
        unit: 'events/s',
        ceiling: median(ceilings),
        ratio,
        wanted: `ratio ≥ ${wanted}`,
        isMet: ratio >= wanted,
      };
    });
  });
}

/** One producer: as soon as one of its batches is acknowledged the next one goes out. */
async function appendAll(append: (underWay: number) => Promise<unknown>, batches: number): Promise<void> {
  let left = batches;
  let underWay = 0;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      await append(++underWay);
      underWay--;
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, one));
}

function rawWriter(file: string, durability: Durability, bytes: Buffer) {
  const db = new Database(file);
  db.pragma('page_size = 16384');
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durability === 'safe' ? 'FULL' : 'NORMAL'}`);
  db.exec('CREATE TABLE batch (id INTEGER PRIMARY KEY, bytes BLOB)');
  const insert = db.prepare('INSERT INTO batch (bytes) VALUES (?)');
  const group = db.transaction((rows: number) => {
    for (let row = 0; row < rows; row++) insert.run(bytes);
  });
  return {
    write(batches: number, rows: number): number {
      const began = performance.now();
      for (let left = batches; left > 0; left -= rows) group(Math.min(left, rows));
      return performance.now() - began;
    },
    close: () => db.close(),
  };
}
