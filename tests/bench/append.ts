/**
 * Appends through the engine's API, `safe`, five batches of 1,000 records under way; the ceiling is raw better-sqlite3 writing the same bytes
 * with the same durability, one blob row a batch, five rows a transaction.
 */
import Database from 'better-sqlite3';
import path from 'node:path';
import type { NewRecord } from '../../main/api/values.ts';
import { encodeBatch } from '../../main/log/index.ts';
import type { Figure } from './bench.ts';
import { median, never, openEngine, withFolder } from './lab.ts';

const RECORDS = 1_000;
const UNDER_WAY = 5;
/** Turns of ceiling and lab, after each other. */
const ROUNDS = 5;

export async function append(): Promise<Figure[]> {
  return [await measure(1024, 300), await measure(100, 1_500)];
}

async function measure(valueBytes: number, batches: number): Promise<Figure> {
  const records: NewRecord[] = Array.from({ length: RECORDS }, (_, index) => ({
    key: null,
    value: Buffer.alloc(valueBytes, 97 + (index % 26)),
    headers: [],
    timestamp: BigInt(1_700_000_000_000 + index),
    shard: 0,
  }));
  return withFolder(async (folder) => {
    const engine = await openEngine(path.join(folder, 'workspace'));
    await engine.services.streams.create({ name: 'bench', shards: 1 }, never);
    const lab = (): Promise<number> =>
      timed(batches, () => Promise.resolve(engine.services.produce.append({ stream: 'bench', records }, never)));
    const raw = rawWriter(
      path.join(folder, 'raw.sqlite'),
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
      what: `append, 1000 × ${valueBytes} B, safe, 5 under way`,
      value: median(rates),
      unit: 'events/s',
      ceiling: median(ceilings),
      ratio,
      wanted: 'ratio ≥ 0.5',
      isMet: ratio >= 0.5,
    };
  });
}

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let left = times;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, worker));
  return performance.now() - began;
}

function rawWriter(file: string, bytes: Buffer) {
  const db = new Database(file);
  db.pragma('page_size = 16384');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
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
