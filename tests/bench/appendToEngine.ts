/**
 * `bench append`: through the engine's API, as the page, the command and the imports append. Each event is checked and encoded, in the process
 * that measures; the ceiling writes bytes that are ready.
 */
import path from 'node:path';
import type { Figure } from './bench.ts';
import { type BenchRecord, type Load, measureAppend, type Opened } from './append.ts';
import { never, openEngine } from './lab.ts';

export async function appendToEngine(): Promise<Figure[]> {
  const same = { what: 'append of events through the engine', wanted: 0.5, producers: 1, durability: 'safe', open } as const;
  return [
    ...(await measureAppend({ ...same, valueBytes: 1024, batches: 100 })),
    ...(await measureAppend({ ...same, valueBytes: 100, batches: 500 })),
  ];
}

async function open(folder: string, { durability, producers }: Load, records: BenchRecord[]): Promise<Opened> {
  const engine = await openEngine(path.join(folder, 'workspace'), durability);
  await engine.services.streams.create({ name: 'bench', shards: 1 }, never);
  const events = records.map((record) => ({ ...record, shard: 0 }));
  const append = (): Promise<unknown> => Promise.resolve(engine.services.produce.append({ stream: 'bench', records: events }, never));
  return { producers: Array.from({ length: producers }, () => append), close: () => engine.close() };
}
