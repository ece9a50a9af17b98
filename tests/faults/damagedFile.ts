/** A broker's file as bytes, its parts by what they are for, and what may be said and served of it once it is damaged. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { LabError } from '../../main/api/errors.ts';
import { decodeStored, encodeBatch, verifyBatch, type BatchToAppend, type ShardState } from '../../main/log/index.ts';
import type { WholeStore } from '../wholeStore.ts';
import { openFile } from './logFiles.ts';
import type { Random } from './random.ts';

const READ_BYTES = 256 * 1024;
/** More than a summary row covers. */
const SMALL_BATCHES = 1_100;
const MIXED_ROUNDS = 60;

export interface Image {
  file: Buffer;
  /** Null where the log was closed cleanly. */
  wal: Buffer | null;
}

/** Value of each event, by "id of the stream/shard" and offset: the catalog has the name of the stream. */
export type Content = Map<string, Map<bigint, string>>;

/** A part of the file: pages of one kind. */
export interface Region {
  name: string;
  pages: number[];
}

export interface Made {
  closed: Image;
  crashed: Image;
  content: Content;
  regions: Region[];
  pageBytes: number;
}

/** A log with batches of all sizes in three shards, which begin in step so that their batches have the same offsets. */
export function makeFile(folder: string, random: Random): Made {
  const file = path.join(folder, 'made.sqlite');
  const store = openFile(file);
  const content: Content = new Map();
  const shards = store.createShards([0, 1, 2].map((number) => ({ streamId: 'stream-1', stream: 'orders', number })));
  const batch = (shard: ShardState, values: readonly string[]): BatchToAppend => {
    const records = values.map((value) => ({ key: Buffer.from('key'), value: Buffer.from(value), headers: [], timestamp: 1_000n }));
    const bytes = encodeBatch({ records });
    return { shardId: shard.id, bytes, header: verifyBatch(bytes) };
  };
  let count = 0;
  const append = (...batches: { shard: ShardState; values: string[] }[]): void => {
    store.append(batches.map(({ shard, values }) => batch(shard, values))).forEach((result, index) => {
      if (result instanceof LabError) throw result;
      const { shard, values } = batches[index]!;
      const own = content.get(`${shard.streamId}/${shard.number}`) ?? new Map<bigint, string>();
      content.set(`${shard.streamId}/${shard.number}`, own);
      values.forEach((value, at) => own.set(result.baseOffset + BigInt(at), value));
    });
  };
  const value = (most: number): string => `event ${count++} ${'x'.repeat(random.between(0, most))}`;
  for (let n = 0; n < SMALL_BATCHES; n += 50) {
    append(...Array.from({ length: 50 }, (_, index) => ({ shard: shards[n + index < 60 ? index % 3 : 0]!, values: [value(20)] })));
  }
  for (let round = 0; round < MIXED_ROUNDS; round++) {
    const most = round % 20 === 0 ? 60_000 : 2_000;
    append(...shards.map((shard) => ({ shard, values: Array.from({ length: random.between(1, 5) }, () => value(most)) })));
  }
  // As it lies there when the process is killed now: one half in the file, the other in its write-ahead log.
  const halfway = readHalf(store, file, () => {
    for (let round = 0; round < 20; round++) append({ shard: random.pick(shards), values: [value(3_000)] });
  });
  store.close();
  const closed: Image = { file: readFileSync(file), wal: null };
  const db = new Database(file, { readonly: true });
  const pages = db
    .prepare<[], { name: string; page: number; kind: string }>('SELECT name, pageno AS page, pagetype AS kind FROM dbstat')
    .all();
  const pageBytes = db.pragma('page_size', { simple: true }) as number;
  db.close();
  const regions = [...Map.groupBy(pages, ({ name, kind }) => `${name}, ${kind}`)].map(([name, own]) => ({
    name,
    pages: own.map(({ page }) => page),
  }));
  const named = new Set(pages.map(({ page }) => page));
  const rest = Array.from({ length: closed.file.length / pageBytes }, (_, index) => index + 1).filter((page) => !named.has(page));
  return { closed, crashed: halfway, content, regions: [...regions, { name: 'pointer map', pages: rest }], pageBytes };
}

function readHalf(store: WholeStore, file: string, appendMore: () => void): Image {
  store.checkpoint({ isIdle: true });
  appendMore();
  return { file: readFileSync(file), wal: readFileSync(`${file}-wal`) };
}

export interface Outcome {
  /** What was said instead of events: codes of errors. */
  said: Set<string>;
  /** Nothing was wrong with what was served. */
  served: number;
  /** Events that were neither served nor said to be damaged or unreadable. */
  missing: string[];
  /** What must never be: other events than were appended, failures without a clear reason. */
  wrong: string[];
}

const CLEAR = new Set(['not-a-log', 'file-unreadable', 'format-too-new', 'batch-damaged', 'no-such-shard', 'offset-out-of-range']);

/** Opens what these bytes are now, and reads all that it serves. */
export function examine(folder: string, image: Image, content: Content): Outcome {
  const file = path.join(folder, 'damaged.sqlite');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  writeFileSync(file, image.file);
  if (image.wal) writeFileSync(`${file}-wal`, image.wal);
  const outcome: Outcome = { said: new Set(), served: 0, missing: [], wrong: [] };
  let store: WholeStore;
  try {
    store = openFile(file);
  } catch (thrown) {
    say(outcome, 'opening', thrown);
    return outcome;
  }
  try {
    const shards = new Map(store.shards().map((shard) => [`${shard.streamId}/${shard.number}`, shard]));
    for (const name of shards.keys()) if (!content.has(name)) outcome.wrong.push(`there is a shard ${name}`);
    for (const [name, events] of content) {
      const shard = shards.get(name);
      if (shard) readShard(store, shard, events, name, outcome);
      else outcome.missing.push(`all of ${name}`);
    }
  } finally {
    store.close();
  }
  return outcome;
}

function readShard(store: WholeStore, shard: ShardState, events: Map<bigint, string>, name: string, outcome: Outcome): void {
  /** Offsets that were served or said to be damaged. */
  const accounted = new Set<bigint>();
  let isCutShort = false;
  for (let from = shard.startOffset; ;) {
    let read: ReturnType<WholeStore['read']>;
    try {
      read = store.read(shard.id, from, { upTo: 'highWatermark', bytesMax: READ_BYTES });
    } catch (thrown) {
      say(outcome, `reading ${name}`, thrown);
      isCutShort = true;
      break;
    }
    for (const batch of read.batches) {
      try {
        for (const { offset, value } of decodeStored(batch)) {
          const served = Buffer.from(value!).toString();
          if (events.get(offset) !== served) outcome.wrong.push(`${name} serves "${served.slice(0, 20)}" at ${offset}`);
          if (accounted.has(offset)) outcome.wrong.push(`${name} serves ${offset} twice`);
          accounted.add(offset);
          outcome.served++;
        }
      } catch (thrown) {
        say(outcome, `decoding ${name}`, thrown);
        if (!(thrown as Error).message.includes(`offsets ${batch.baseOffset} to ${batch.lastOffset}`))
          outcome.wrong.push(`a damaged batch is not named: ${(thrown as Error).message}`);
        for (const offset of events.keys()) if (offset >= batch.baseOffset && offset <= batch.lastOffset) accounted.add(offset);
      }
    }
    const next = (read.batches.at(-1)?.lastOffset ?? read.endOffset) + 1n;
    if (read.batches.length === 0 || next >= read.endOffset) break;
    if (next <= from) {
      outcome.wrong.push(`${name} does not go on after ${from}`);
      break;
    }
    from = next;
  }
  if (isCutShort) return;
  for (const offset of events.keys()) if (!accounted.has(offset)) outcome.missing.push(`${name}:${offset}`);
}

function say(outcome: Outcome, doing: string, thrown: unknown): void {
  const { code, message } = thrown as { code?: string; message: string };
  if (thrown instanceof LabError && CLEAR.has(thrown.code)) outcome.said.add(thrown.code);
  else outcome.wrong.push(`${doing} fails with ${code}: ${message}`);
}
