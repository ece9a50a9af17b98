/**
 * The order of one stream by event time, in an SQLite file of its own. It is made from the log and can be made again: a file that is damaged,
 * or of another setting, is dropped. What it tells goes down a tree in memory (countedTree.ts) to one chunk of the file.
 *
 * meta    format, stream_id, field, open_since_boot: when the machine was started under which it is open; null where it was closed
 * shard   how far each shard is read: the offset that is read next
 * chunk   entries that follow each other (entries.ts), and what the tree needs of them, so that it is there without reading them all
 */
import { rmSync } from 'node:fs';
import { uptime } from 'node:os';
import Database from 'better-sqlite3';
import { type Chunk, CountedTree, sum } from './countedTree.ts';
import {
  CHUNK_ENTRIES_MAX,
  compare,
  countBefore,
  type Entries,
  type Entry,
  entryAt,
  fromBytes,
  merged,
  slice,
  TIMELESS,
  toBytes,
  withoutTrimmed,
} from './entries.ts';

/** `PRAGMA application_id`: "LTim". */
const APPLICATION_ID = 0x4c54696d;
/** A file of another format is dropped: it can be made again. */
const FORMAT = 1;
const PAGE_BYTES = 8 * 1024;
/** Pages of the write-ahead log that are moved into the file at once: about 2 MiB. */
const CHECKPOINT_PAGES = 256;
/** Memory of SQLite's own, KiB. */
const CACHE_KIB = 8 * 1024;
/** Two times at which the machine was started are one where they differ by no more, milliseconds: clocks are set a little. */
const SAME_BOOT_MS = 60_000;
/** Chunks that are kept as they were read, the least recently used leaving first; about 2.5 MB. */
const CHUNKS_KEPT = 256;
/** What is cut in the middle leaves room for as much again as this share. */
const FULL_SHARE = 0.7;

export interface IndexIdentity {
  streamId: string;
  field: string;
}

export class IndexFile {
  readonly #db: Database.Database;
  readonly #tree: CountedTree;
  readonly #next = new Map<number, number>();
  readonly #kept = new Map<number, Entries>();
  readonly #read: Database.Statement<[number], Buffer>;
  readonly #insert: Database.Statement<[Buffer, string]>;
  readonly #delete: Database.Statement<[number]>;
  readonly #position: Database.Statement<[number, number]>;
  /** Counts up whenever the order has changed. */
  generation = 0;

  /** Opens it, or makes it anew where it is of something else, or can not be read. */
  static open(path: string, identity: IndexIdentity, bootedAtMs = Date.now() - uptime() * 1000): IndexFile {
    try {
      return new IndexFile(path, identity, bootedAtMs);
    } catch (thrown) {
      if (!isRebuildable(thrown)) throw thrown;
      removeIndexFile(path);
      return new IndexFile(path, identity, bootedAtMs);
    }
  }

  private constructor(path: string, { streamId, field }: IndexIdentity, bootedAtMs: number) {
    this.#db = new Database(path, { timeout: 0 });
    try {
      const isNew = this.#db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
      if (isNew) this.#db.pragma(`page_size = ${PAGE_BYTES}`);
      this.#db.pragma('journal_mode = WAL');
      this.#db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      this.#db.pragma(`cache_size = -${CACHE_KIB}`);
      if (isNew) create(this.#db, { streamId, field });
      assertIs(this.#db, { streamId, field });
      assertWhole(this.#db, bootedAtMs);
      // From here on nothing waits for the disk: after a crash of the lab the file is whole, and after one of the machine it is dropped.
      this.#db.pragma('synchronous = FULL');
      this.#setOpenSince(bootedAtMs);
      this.#db.pragma('synchronous = OFF');
      for (const [shard, next] of this.#db.prepare<[], [number, number]>('SELECT number, next_offset FROM shard').raw().iterate()) {
        this.#next.set(shard, next);
      }
      const rows = this.#db.prepare<[], [number, string]>('SELECT id, outline FROM chunk').raw().all();
      this.#tree = new CountedTree(rows.map(([id, outline]) => chunkFrom(id, outline)).sort((a, b) => compare(a.first, b.first)));
      this.#read = this.#db.prepare<[number], Buffer>('SELECT entries FROM chunk WHERE id = ?').pluck();
      this.#insert = this.#db.prepare('INSERT INTO chunk (entries, outline) VALUES (?, ?)');
      this.#delete = this.#db.prepare('DELETE FROM chunk WHERE id = ?');
      this.#position = this.#db.prepare('INSERT OR REPLACE INTO shard (number, next_offset) VALUES (?, ?)');
    } catch (thrown) {
      this.#db.close();
      throw thrown;
    }
  }

  get isOpen(): boolean {
    return this.#db.open;
  }

  close(): void {
    this.#db.pragma('synchronous = FULL');
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#setOpenSince(null);
    this.#db.close();
  }

  /** The offset to be read next in a shard. */
  nextOffset(shard: number): number {
    return this.#next.get(shard) ?? 0;
  }

  /** Adds what was read of a shard, up to, not including, `nextOffset`: all of it or, where it throws, nothing. */
  add(shard: number, entries: readonly Entry[], nextOffset: number): void {
    const changes = this.#groups([...entries].sort(compare)).map(({ chunk, added }) => ({
      chunk,
      parts: cut(
        merged(chunk && this.#entries(chunk), added),
        chunk !== null && this.#tree.next(chunk) === null && isBehind(added, this.#entries(chunk)),
      ),
    }));
    const made = this.#transaction(() => {
      this.#position.run(shard, nextOffset);
      return changes.map(({ chunk, parts }) => this.#write(chunk, parts));
    });
    this.#next.set(shard, nextOffset);
    for (const [at, { chunk }] of changes.entries()) this.#tree.replace(chunk, made[at]!);
    if (entries.length > 0) this.generation++;
  }

  /** Chunks that hold anything from before where the shards begin. */
  trimmable(starts: readonly number[]): Chunk[] {
    return [...this.#tree].filter(({ lowest }) => lowest.some((offset, shard) => offset < (starts[shard] ?? 0)));
  }

  trim(chunk: Chunk, starts: readonly number[]): void {
    const left = withoutTrimmed(this.#entries(chunk), starts);
    const made = this.#transaction(() => this.#write(chunk, left.times.length > 0 ? [left] : []));
    this.#tree.replace(chunk, made);
    this.generation++;
  }

  /** All entries of these shards, and those of them that have no time. */
  counts(shards: readonly number[]): { all: number; timeless: number } {
    const all = sum(this.#tree.counts, shards);
    return { all, timeless: all - this.rankOf({ time: TIMELESS, shard: -1, offset: -1 }, shards) };
  }

  /** How many entries of these shards come before a place. */
  rankOf(place: Entry, shards: readonly number[]): number {
    return sum(this.countsBefore(place), shards);
  }

  /** How many entries come before a place, by shard. */
  countsBefore(place: Entry): number[] {
    const found = this.#tree.find(place);
    if (!found) return [];
    const entries = this.#entries(found.chunk);
    const end = countBefore(entries, place);
    for (let at = 0; at < end; at++) {
      const shard = entries.shards[at]!;
      found.before[shard] = (found.before[shard] ?? 0) + 1;
    }
    return found.before;
  }

  /** Entries of these shards from the n-th on, at most `limit` of them. */
  entries(from: number, limit: number, shards: readonly number[]): Entry[] {
    const found = this.#tree.at(from, shards);
    const wanted = new Set(shards);
    const taken: Entry[] = [];
    let skip = found ? from - sum(found.before, shards) : 0;
    for (let chunk = found?.chunk ?? null; chunk && taken.length < limit; chunk = this.#tree.next(chunk)) {
      const entries = this.#entries(chunk);
      for (let at = 0; at < entries.times.length && taken.length < limit; at++) {
        if (!wanted.has(entries.shards[at]!)) continue;
        if (skip-- > 0) continue;
        taken.push(entryAt(entries, at));
      }
      skip = 0;
    }
    return taken;
  }

  /** What comes into which chunk: each takes what lies before the next one begins. */
  #groups(entries: readonly Entry[]): { chunk: Chunk | null; added: Entry[] }[] {
    const groups: { chunk: Chunk | null; added: Entry[] }[] = [];
    let until: Entry | null = null;
    for (const entry of entries) {
      const group = groups.at(-1);
      if (group && (!until || compare(entry, until) < 0)) {
        group.added.push(entry);
        continue;
      }
      const chunk = this.#tree.find(entry)?.chunk ?? null;
      until = (chunk && this.#tree.next(chunk)?.first) ?? null;
      groups.push({ chunk, added: [entry] });
    }
    return groups;
  }

  #setOpenSince(bootedAtMs: number | null): void {
    this.#db.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('open_since_boot', ?)`).run(bootedAtMs);
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.#db.transaction(work)();
    } catch (thrown) {
      // What was kept under the ids of chunks that are not there after all.
      this.#kept.clear();
      throw thrown;
    }
  }

  #write(chunk: Chunk | null, parts: readonly Entries[]): Chunk[] {
    if (chunk) {
      this.#delete.run(chunk.id);
      this.#kept.delete(chunk.id);
    }
    return parts.map((entries) => {
      const outline = outlineOf(entries);
      const id = Number(this.#insert.run(toBytes(entries), JSON.stringify(outline)).lastInsertRowid);
      this.#keep(id, entries);
      return { id, ...spread(outline) };
    });
  }

  #entries({ id }: Chunk): Entries {
    const kept = this.#kept.get(id);
    if (kept) this.#kept.delete(id);
    const entries = kept ?? fromBytes(this.#read.get(id) ?? Buffer.alloc(0));
    this.#keep(id, entries);
    return entries;
  }

  #keep(id: number, entries: Entries): void {
    this.#kept.set(id, entries);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > CHUNKS_KEPT) this.#kept.delete(oldest!);
  }
}

/** The file and what SQLite has put beside it. It must not be open. */
export function removeIndexFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/** Whether dropping the file and making it again can help. */
export function isRebuildable(thrown: unknown): boolean {
  if (thrown instanceof NotThisIndex || thrown instanceof RangeError || thrown instanceof SyntaxError) return true;
  const code = thrown instanceof Database.SqliteError ? thrown.code : '';
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_ERROR' || code.startsWith('SQLITE_IOERR_SHORT');
}

/** It was not closed, and the machine has been started since: what of it has reached the disk is not known. */
function assertWhole(db: Database.Database, bootedAtMs: number): void {
  const since = db.prepare<[], number | null>(`SELECT value FROM meta WHERE name = 'open_since_boot'`).pluck().get() ?? null;
  if (since !== null && Math.abs(since - bootedAtMs) > SAME_BOOT_MS) throw new NotThisIndex();
}

class NotThisIndex extends Error {}

function create(db: Database.Database, { streamId, field }: IndexIdentity): void {
  db.transaction(() => {
    db.exec(`
      CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
      CREATE TABLE shard (number INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL) STRICT;
      CREATE TABLE chunk (id INTEGER PRIMARY KEY, outline TEXT NOT NULL, entries BLOB NOT NULL) STRICT;
    `);
    db.prepare(`INSERT INTO meta (name, value) VALUES ('format', ?), ('stream_id', ?), ('field', ?)`).run(FORMAT, streamId, field);
    db.pragma(`application_id = ${APPLICATION_ID}`);
  })();
}

function assertIs(db: Database.Database, { streamId, field }: IndexIdentity): void {
  const value = db.prepare<[string], unknown>('SELECT value FROM meta WHERE name = ?').pluck();
  const isOurs = db.pragma('application_id', { simple: true }) === APPLICATION_ID && value.get('format') === FORMAT;
  if (!isOurs || value.get('stream_id') !== streamId || value.get('field') !== field) throw new NotThisIndex();
}

/** What the tree needs of a chunk: its first entry, and of each shard its number, how many it has and the lowest offset. */
interface Outline {
  first: Entry;
  shards: [shard: number, count: number, lowest: number][];
}

function outlineOf(entries: Entries): Outline {
  const shards = new Map<number, [number, number, number]>();
  for (let at = 0; at < entries.times.length; at++) {
    const shard = entries.shards[at]!;
    const known = shards.get(shard);
    if (!known) shards.set(shard, [shard, 1, entries.offsets[at]!]);
    else {
      known[1]++;
      if (entries.offsets[at]! < known[2]) known[2] = entries.offsets[at]!;
    }
  }
  return { first: entryAt(entries, 0), shards: [...shards.values()] };
}

function chunkFrom(id: number, outline: string): Chunk {
  return { id, ...spread(JSON.parse(outline) as Outline) };
}

function spread({ first, shards }: Outline): Omit<Chunk, 'id'> {
  const length = Math.max(...shards.map(([shard]) => shard)) + 1;
  const counts = new Array<number>(length).fill(0);
  const lowest = new Array<number>(length).fill(Infinity);
  for (const [shard, count, offset] of shards) [counts[shard], lowest[shard]] = [count, offset];
  return { first, counts, lowest };
}

function isBehind(added: readonly Entry[], entries: Entries): boolean {
  return compare(entryAt(entries, entries.times.length - 1), added[0]!) < 0;
}

/** Into chunks of no more than CHUNK_ENTRIES_MAX. At the end of an order that grows there they are full, elsewhere they leave room. */
function cut(entries: Entries, isAtEnd: boolean): Entries[] {
  const { length } = entries.times;
  if (length <= CHUNK_ENTRIES_MAX) return [entries];
  const size = isAtEnd ? CHUNK_ENTRIES_MAX : Math.ceil(length / Math.ceil(length / (CHUNK_ENTRIES_MAX * FULL_SHARE)));
  return Array.from({ length: Math.ceil(length / size) }, (_, at) => slice(entries, at * size, Math.min(length, (at + 1) * size)));
}
