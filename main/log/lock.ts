/**
 * A lock on a workspace or a broker's file. It is SQLite's own lock on a small file, held by an open transaction, never a process
 * id in a file: the operating system frees it when its holder dies, however that dies. The file is in rollback-journal mode, where
 * a transaction that only reserves the file (BEGIN IMMEDIATE) still lets others read who holds it. https://sqlite.org/lockingv3.html
 *
 * The file is opened through SQLite only: closing any other descriptor of it would drop the lock.
 */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { LabError } from '../api/errors.ts';
import { fromSqlite } from './store/sqliteError.ts';

/** Pause between two tries, milliseconds. */
const RETRY_MS = 50;
/** How long writing the holder's name may wait for others that are just reading the one before, milliseconds. */
const WRITE_WAIT_MS = 1_000;

export interface LockHolder {
  program: string;
  pid: number;
  /** ISO 8601. */
  since: string;
}

export interface Lock {
  release(): void;
}

/** Throws `workspace-in-use`, naming the holder, when the lock is not free within `waitMs`; `workspace-unwritable`, `not-a-log`. */
export async function acquireLock(path: string, holder: LockHolder, { waitMs }: { waitMs: number }): Promise<Lock> {
  const db = open(path);
  try {
    const until = performance.now() + waitMs;
    while (!tryAcquire(db, JSON.stringify(holder))) {
      if (performance.now() >= until) throw inUse(path, readHolder(db));
      await sleep(RETRY_MS);
    }
  } catch (thrown) {
    db.close();
    throw fromSqlite(thrown, path);
  }
  return { release: () => db.close() };
}

function open(path: string): Database.Database {
  try {
    return new Database(path, { timeout: 0 });
  } catch (thrown) {
    throw fromSqlite(thrown, path);
  }
}

/**
 * The name must be committed to be read by others, and committing lets go of the lock for a moment. So the lock counts as held only
 * where it is taken and the name in the file is already ours; whoever came in between has written its own.
 */
function tryAcquire(db: Database.Database, holder: string): boolean {
  try {
    for (;;) {
      db.exec('BEGIN IMMEDIATE');
      db.exec('CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY CHECK (id = 1), description TEXT NOT NULL) STRICT');
      if (readDescription(db) === holder) return true;
      db.prepare('INSERT OR REPLACE INTO holder (id, description) VALUES (1, ?)').run(holder);
      db.pragma(`busy_timeout = ${WRITE_WAIT_MS}`);
      db.exec('COMMIT');
      db.pragma('busy_timeout = 0');
    }
  } catch (thrown) {
    db.pragma('busy_timeout = 0');
    if (db.inTransaction) db.exec('ROLLBACK');
    if (isBusy(thrown)) return false;
    throw thrown;
  }
}

function readDescription(db: Database.Database): string | undefined {
  return db.prepare<[], string>('SELECT description FROM holder').pluck().get();
}

/** Null where nobody has written a name yet, or somebody is writing one right now. */
function readHolder(db: Database.Database): LockHolder | null {
  try {
    return JSON.parse(readDescription(db) ?? 'null') as LockHolder | null;
  } catch {
    return null;
  }
}

function inUse(path: string, holder: LockHolder | null): LabError {
  const who = holder ? `${holder.program} (process ${holder.pid}, since ${holder.since})` : 'another process';
  return new LabError(
    'workspace-in-use',
    `The folder ${dirname(path)} is in use by ${who}. Close that one first, or choose another folder.`,
  );
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY');
}
