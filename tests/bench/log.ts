/**
 * What a log of 10^7 events costs, held against one of 10^4 or against raw SQLite: reading from its beginning to its end, an offset, a time,
 * opening it, trimming half of it while something is appended.
 */
import Database from 'better-sqlite3';
import path from 'node:path';
import { decodeBatch, encodeBatch, verifyBatch, WAL_BYTES_MAX } from '../../main/log/index.ts';
import { openWholeStore, type WholeStore } from '../wholeStore.ts';
import type { Figure } from './bench.ts';
import { median, withFolder } from './lab.ts';

const RECORDS = 1_000;
const VALUE_BYTES = 100;
const [SMALL, LARGE] = [10, 10_000];
/** Batches that one transaction appends while the log is filled. */
const GROUP = 20;
/** Random places that are looked for, in each of the rounds. */
const [LOOKS, ROUNDS] = [500, 9];
const READ_BYTES = 4 * 1024 * 1024;
/** What reclaiming takes before an append gets its turn, as in the broker, milliseconds. */
const RECLAIM_MS = 5;
const START = 1_700_000_000_000n;

/** Beside appends: reading, seeking, opening, trimming. */
export async function read(): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const figures: Figure[] = [];
    const file = (name: string): string => path.join(folder, `${name}.sqlite`);
    const small = fill(file('small'), SMALL);
    const large = fill(file('large'), LARGE);
    figures.push(readFigure(large, rawBlobs(file('raw'), 2_000)), decodeFigure());
    const end = (store: WholeStore): bigint => store.shards()[0]!.nextOffset;
    const looks: [string, (store: WholeStore) => () => unknown][] = [
      ['fetch at a random offset', (store) => () => store.read(1, anywhere(end(store)), { upTo: 'highWatermark', bytesMax: 1 })],
      ['offset for a random time', (store) => () => store.offsetForTime(1, START + anywhere(end(store)))],
    ];
    for (const [what, look] of looks) figures.push(costFigure(`${what}, 10⁷ against 10⁴`, 'ms', look(small), look(large), LOOKS));
    small.close();
    large.close();
    const opening = (name: string) => (): void => open(file(name)).close();
    open(file('empty')).close();
    figures.push(costFigure('opening a log of 10⁷ against an empty one', 'ms', opening('empty'), opening('large'), 5));
    figures.push(trimFigure(open(file('large'))));
    return figures;
  });
}

const open = (file: string): WholeStore => openWholeStore({ path: file, brokerId: 1, now: Date.now });
const anywhere = (end: bigint): bigint => BigInt(Math.floor(Math.random() * Number(end)));

/** A batch of RECORDS records, one a millisecond. */
function batchAt(number: number): Buffer {
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    key: null,
    value: Buffer.alloc(VALUE_BYTES, 97 + (index % 26)),
    headers: [],
    timestamp: START + BigInt(number * RECORDS + index),
  }));
  return encodeBatch({ records });
}

function append(store: WholeStore, from: number, batches: number): void {
  const group = Array.from({ length: batches }, (_, index) => batchAt(from + index));
  store.append(group.map((bytes) => ({ shardId: 1, bytes, header: verifyBatch(bytes) })));
  if (store.walState().pendingBytes > WAL_BYTES_MAX) store.checkpoint();
}

function fill(file: string, batches: number): WholeStore {
  const store = open(file);
  store.createShards([{ streamId: 'bench', stream: 'bench', number: 0 }]);
  for (let at = 0; at < batches; at += GROUP) append(store, at, Math.min(GROUP, batches - at));
  store.checkpoint({ isIdle: true });
  return store;
}

/** A file with the bytes of as many batches, one blob row each; the returned function reads them all, in order, and says how many bytes. */
function rawBlobs(file: string, batches: number): { read: () => number; batches: number } {
  const db = new Database(file);
  db.pragma('page_size = 16384');
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE batch (id INTEGER PRIMARY KEY, bytes BLOB)');
  const insert = db.prepare('INSERT INTO batch (bytes) VALUES (?)');
  db.transaction(() => {
    for (let at = 0; at < batches; at++) insert.run(batchAt(at));
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  const all = db.prepare<[], Buffer>('SELECT bytes FROM batch ORDER BY id').pluck();
  const read = (): number => {
    let bytes = 0;
    for (const blob of all.iterate()) bytes += blob.length;
    return bytes;
  };
  return { read, batches };
}

function readFigure(store: WholeStore, raw: { read: () => number; batches: number }): Figure {
  const readAll = (): number => {
    let bytes = 0;
    for (let from = 0n; from < BigInt(raw.batches * RECORDS);) {
      const { batches } = store.read(1, from, { upTo: 'highWatermark', bytesMax: READ_BYTES });
      for (const batch of batches) bytes += batch.bytes.length;
      from = batches.at(-1)!.lastOffset + 1n;
    }
    return bytes;
  };
  const rate = (read: () => number): number => {
    const began = performance.now();
    return read() / 1_000 / (performance.now() - began);
  };
  rate(readAll);
  rate(raw.read);
  const pairs = Array.from({ length: ROUNDS }, () => [rate(raw.read), rate(readAll)] as const);
  const ratio = median(pairs.map(([ceiling, own]) => own / ceiling));
  const [ceiling, value] = [median(pairs.map((pair) => pair[0])), median(pairs.map((pair) => pair[1]))];
  return { what: 'sequential read', value, unit: 'MB/s', ceiling, ratio, wanted: 'ratio ≥ 0.7', isMet: ratio >= 0.7 };
}

function decodeFigure(): Figure {
  const bytes = batchAt(0);
  const rates = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    for (let times = 0; times < 200; times++) decodeBatch(bytes);
    return (200 * RECORDS * 1000) / (performance.now() - began);
  });
  const value = median(rates);
  return { what: `decode, records of ${VALUE_BYTES} B`, value, unit: 'records/s', wanted: '≥ 1 M/s', isMet: value >= 1_000_000 };
}

/** How many times what the one costs the other does. */
function costFigure(what: string, unit: string, base: () => unknown, measured: () => unknown, times: number): Figure {
  const cost = (work: () => unknown): number => {
    const began = performance.now();
    for (let at = 0; at < times; at++) work();
    return (performance.now() - began) / times;
  };
  cost(base);
  cost(measured);
  const pairs = Array.from({ length: ROUNDS }, () => [cost(base), cost(measured)] as const);
  const ratio = median(pairs.map(([one, other]) => other / one));
  const [ceiling, value] = [median(pairs.map((pair) => pair[0])), median(pairs.map((pair) => pair[1]))];
  return { what, value, unit, ceiling, ratio, wanted: 'ratio ≤ 1.5', isMet: ratio <= 1.5 };
}

/** Appends go on, one batch each time, while half of the log is trimmed in the turns between them: how long one waits at most. */
function trimFigure(store: WholeStore): Figure {
  const shard = store.shards()[0]!;
  store.setRetention([1], { ms: null, bytes: Math.floor(shard.bytes / 2) });
  let longest = 0;
  for (let at = LARGE; store.shards()[0]!.startOffset < (LARGE / 2) * RECORDS; at++) {
    const began = performance.now();
    store.reclaim(RECLAIM_MS);
    longest = Math.max(longest, performance.now() - began);
    append(store, at, 1);
  }
  store.close();
  const what = 'longest that trimming half of 10⁷ holds an append';
  return { what, value: longest, unit: 'ms', wanted: '≤ 50 ms', isMet: longest <= 50 };
}
