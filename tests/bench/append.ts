/**
 * Appends through the engine's API, five batches of 1,000 records under way for each producer; the ceiling is raw better-sqlite3 writing the
 * same bytes with the same durability, one blob row a batch, five rows a transaction.
 */
import Database from 'better-sqlite3';
import path from 'node:path';
import type { NewRecord } from '../../main/api/values.ts';
import { type Durability, encodeBatch } from '../../main/log/index.ts';
import type { Figure } from './bench.ts';
import { median, never, openEngine, withFolder } from './lab.ts';

const RECORDS = 1_000;
const UNDER_WAY = 5;
/** Turns of ceiling and lab, after each other: many short ones, so that both see the same machine. */
const ROUNDS = 15;

interface Load {
  valueBytes: number;
  /** In a round. */
  batches: number;
  producers: number;
  durability: Durability;
  /** Least ratio to the ceiling. */
  wanted: number;
}

export async function append(): Promise<Figure[]> {
  const first = { producers: 1, durability: 'safe', wanted: 0.5 } as const;
  return [await measure({ ...first, valueBytes: 1024, batches: 100 }), await measure({ ...first, valueBytes: 100, batches: 500 })];
}

/** For `bench log`: what is wanted of one producer and of eight, of each durability. */
export async function appendOfEach(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [valueBytes, batches] of [
    [1024, 100],
    [100, 500],
  ] as const) {
    for (const producers of [1, 8]) {
      for (const durability of ['safe', 'fast'] as const)
        figures.push(await measure({ valueBytes, batches, producers, durability, wanted: 0.7 }));
    }
  }
  return figures;
}

async function measure({ valueBytes, batches, producers, durability, wanted }: Load): Promise<Figure> {
  const records: NewRecord[] = Array.from({ length: RECORDS }, (_, index) => ({
    key: null,
    value: Buffer.alloc(valueBytes, 97 + (index % 26)),
    headers: [],
    timestamp: BigInt(1_700_000_000_000 + index),
    shard: 0,
  }));
  return withFolder(async (folder) => {
    const engine = await openEngine(path.join(folder, 'workspace'), durability);
    await engine.services.streams.create({ name: 'bench', shards: 1 }, never);
    const lab = (): Promise<number> =>
      timed(batches, producers * UNDER_WAY, () => Promise.resolve(engine.services.produce.append({ stream: 'bench', records }, never)));
    const raw = rawWriter(
      path.join(folder, 'raw.sqlite'),
      durability,
      encodeBatch({ records: records.map((record) => ({ ...record, timestamp: record.timestamp! })) }),
    );
    await lab();
    const ratios: number[] = [];
    const rates: number[] = [];
    const ceilings: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ceiling = (batches * RECORDS * 1000) / raw.write(batches);
      const rate = (batches * RECORDS * 1000) / (await lab());
      ceilings.push(ceiling);
      rates.push(rate);
      ratios.push(rate / ceiling);
    }
    raw.close();
    await engine.close();
    const ratio = median(ratios);
    return {
      what: `append, 1000 × ${valueBytes} B, ${durability}, ${UNDER_WAY} under way${producers > 1 ? ` for each of ${producers}` : ''}`,
      value: median(rates),
      unit: 'events/s',
      ceiling: median(ceilings),
      ratio,
      wanted: `ratio ≥ ${wanted}`,
      isMet: ratio >= wanted,
    };
  });
}

async function timed(times: number, underWay: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let left = times;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: underWay }, worker));
  return performance.now() - began;
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
    write(batches: number): number {
      const began = performance.now();
      for (let left = batches; left > 0; left -= UNDER_WAY) group(Math.min(left, UNDER_WAY));
      return performance.now() - began;
    },
    close: () => db.close(),
  };
}
