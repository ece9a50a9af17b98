/**
 * The catalog of a workspace: what its streams are called, its settings, what it keeps for its user. One SQLite file, opened by the engine
 * alone, under the workspace's lock. Events are not in it; they are in the brokers' files.
 */
import Database from 'better-sqlite3';
import { unwritable } from './folder.ts';
import { LabError } from '../api/errors.ts';
import { guarded } from '../log/index.ts';

/** The catalog's format; a newer one is refused, an older one is migrated step by step. */
export const CATALOG_FORMAT = 8;
/** Marks the file as a catalog of ours (SQLite's application id: "ULLc"). */
const APPLICATION_ID = 0x554c4c63;

/** The lab's lock is held: only another program can be in the way, milliseconds. */
const BUSY_MS = 500;

const steps: string[] = [
  `CREATE TABLE stream (
     id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, shards INTEGER NOT NULL, created_at INTEGER NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('making', 'open', 'deleting'))
   ) STRICT;
   CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE kept_event (
     id TEXT PRIMARY KEY, stream TEXT NOT NULL, label TEXT NOT NULL, draft TEXT NOT NULL, kept_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE lesson (
     id TEXT PRIMARY KEY, step INTEGER NOT NULL, done TEXT NOT NULL, active INTEGER NOT NULL
   ) STRICT;`,
  `CREATE TABLE job (
     id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, stream TEXT NOT NULL, unit TEXT NOT NULL, done INTEGER NOT NULL,
     total INTEGER, events INTEGER NOT NULL, rejected INTEGER NOT NULL, stream_made INTEGER NOT NULL, started_at INTEGER NOT NULL,
     ended_at INTEGER
   ) STRICT;`,
  `ALTER TABLE stream ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';`,
  `ALTER TABLE job ADD COLUMN outcome TEXT;
   ALTER TABLE job ADD COLUMN rejected_lines TEXT NOT NULL DEFAULT '[]';`,
  `ALTER TABLE job ADD COLUMN resume TEXT;
   CREATE TABLE rejected_line (
     job TEXT NOT NULL, number INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (job, number)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO rejected_line
     SELECT job.id, each.key, each.value ->> 'line', each.value ->> 'reason', each.value ->> 'text' FROM job, json_each(job.rejected_lines) AS each;
   ALTER TABLE job DROP COLUMN rejected_lines;`,
  `CREATE TABLE processor (
     name TEXT PRIMARY KEY, wanted TEXT NOT NULL CHECK (wanted IN ('running', 'paused')), guarantee TEXT NOT NULL, starts TEXT NOT NULL,
     seed INTEGER NOT NULL, producer_id TEXT NOT NULL, trusted INTEGER NOT NULL, version INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE processor_version (
     processor TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL, shape TEXT NOT NULL, deployed_at INTEGER NOT NULL,
     PRIMARY KEY (processor, version)
   ) STRICT;`,
  `CREATE TABLE replay (
     id TEXT PRIMARY KEY, plan TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed', 'cancelled')),
     message TEXT, speed REAL, progress TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER
   ) STRICT;
   CREATE TABLE redrive (id TEXT PRIMARY KEY, bad_stream TEXT NOT NULL, what TEXT NOT NULL, at INTEGER NOT NULL) STRICT;`,
  `ALTER TABLE processor DROP COLUMN trusted;
   ALTER TABLE processor ADD COLUMN streams TEXT NOT NULL DEFAULT '{}';
   CREATE TABLE untrusted_source (
     processor TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (processor, sha256)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE arriving_version (
     import TEXT NOT NULL, processor TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL, sha256 TEXT NOT NULL,
     shape TEXT NOT NULL, deployed_at INTEGER NOT NULL, PRIMARY KEY (import, processor, version)
   ) STRICT;
   CREATE TABLE arriving_file (
     import TEXT NOT NULL, processor TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('source', 'cases')), text TEXT NOT NULL,
     sha256 TEXT NOT NULL, PRIMARY KEY (import, processor, kind)
   ) STRICT;`,
];

export type Catalog = Database.Database;

/** Opens or makes the catalog at `file`. Errors: `format-too-new`, `not-a-log`, `workspace-unwritable`. */
export function openCatalog(file: string): Catalog {
  try {
    const db = new Database(file, { timeout: BUSY_MS });
    try {
      const format = formatOf(db, file);
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = FULL');
      migrate(db, format);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw asLabError(error, file);
  }
}

/** Looks, and changes nothing: the file may be somebody else's. Throws `not-a-log`, `format-too-new`. */
function formatOf(db: Catalog, file: string): number {
  const isNew = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (!isNew && db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new LabError('not-a-log', `${file} is an SQLite file, but not the catalog of a workspace. Choose another folder.`);
  }
  const format = Number(db.pragma('user_version', { simple: true }));
  if (format > CATALOG_FORMAT) {
    throw new LabError(
      'format-too-new',
      `This workspace was written by a newer version of the lab (catalog format ${format}; this version knows ${CATALOG_FORMAT}). Install the newer version to open it. Nothing was changed.`,
    );
  }
  return format;
}

function migrate(db: Catalog, format: number): void {
  db.transaction(() => {
    for (const step of steps.slice(format)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${CATALOG_FORMAT}`);
  }).immediate();
}

/** The same calls; what SQLite throws in them (a full disk, one that fails, a file that can not be written) comes as the log's LabErrors. */
export function withLabErrors<T extends object>(catalog: Catalog, calls: T): T {
  const wrapped = Object.entries(calls as Record<string, (...input: unknown[]) => unknown>).map(([name, call]) => [
    name,
    (...input: unknown[]) => guarded(catalog.name, () => call(...input)),
  ]);
  return Object.fromEntries(wrapped) as T;
}

function asLabError(error: unknown, file: string): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return error;
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return new LabError('not-a-log', `${file} is damaged or is not the catalog of a workspace. Choose another folder.`, { cause: error });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) return unwritable(file, error);
  if (code.startsWith('SQLITE_FULL'))
    return new LabError('disk-full', `The disk is full: nothing more can be written to ${file}.`, { cause: error });
  if (code.startsWith('SQLITE_BUSY'))
    return new LabError('workspace-in-use', `${file} is open in another program. Close it there.`, { cause: error });
  return error;
}
