/** Connections to a broker's file: one that writes, others that only read. https://sqlite.org/wal.html */
import Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';
import { FORMAT, migrate } from './migrations/index.ts';

/**
 * Page size, bytes. Measured on ext4, two cores, FULL, 5 batches a transaction, MB/s written and longest checkpoint at 16 MiB:
 * 1 KB batches   4096: 8.8, 14 ms   8192: 9.6, 9 ms    16384: 9.2, 5 ms    32768: 8.5, 3 ms
 * 105 KB batches 4096: 125, 76 ms   8192: 130, 71 ms   16384: 176, 34 ms   32768: 178, 28 ms
 * Reading 105 KB batches at random: 0.6, 1.8, 1.8, 1.9 GB/s. The file's overhead over the batches is at most 8 % up to 16384.
 */
export const PAGE_BYTES = 16 * 1024;

/** A write-ahead log that grew larger than this shrinks back to it, bytes; it is checkpointed before (checkpoints.ts). */
export const WAL_BYTES_MAX = 24 * 1024 * 1024;

/** `PRAGMA application_id`: "LLog". Tells a broker's file from any other SQLite file. */
const APPLICATION_ID = 0x4c4c6f67;

/** Commits survive a crash of the app; one of the machine once the write-ahead log is synced (../walSync.ts), and are never there in part. */
export function openWriter(path: string, brokerId: number): Database.Database {
  const db = new Database(path, { timeout: 0 });
  try {
    const isNew = isBlank(db);
    if (!isNew) assertOurs(db, path);
    if (isNew) {
      // Both only take effect before the first page is written.
      db.pragma(`page_size = ${PAGE_BYTES}`);
      db.pragma('auto_vacuum = INCREMENTAL');
    }
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    if (process.platform === 'darwin') {
      // fsync on macOS leaves the data in the drive's cache.
      db.pragma('checkpoint_fullfsync = ON');
    }
    db.pragma('wal_autocheckpoint = 0');
    db.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`);
    if (isNew) db.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(db, brokerId);
    assertBroker(db, path, brokerId);
    // Fails now rather than at the first append where the folder or the file is read-only.
    db.exec('BEGIN IMMEDIATE; COMMIT');
    return db;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** A read-only connection to a file that {@link openWriter} has made. */
export function openReader(path: string): Database.Database {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma('query_only = ON');
  return db;
}

/** Whether the file holds nothing yet: it is new, or its creation was interrupted before the first step. */
function isBlank(db: Database.Database): boolean {
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  const applicationId = db.pragma('application_id', { simple: true });
  return tables === 0 && (applicationId === 0 || applicationId === APPLICATION_ID);
}

function assertOurs(db: Database.Database, path: string): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new LabError('not-a-log', `The file ${path} is an SQLite file, but none of a broker of the lab.`);
  }
  const format = db.prepare(`SELECT value FROM meta WHERE name = 'format'`).pluck().get() as number;
  if (format > FORMAT) {
    throw new LabError('format-too-new', `The file ${path} is of format ${format}; this version of the lab reads up to format ${FORMAT}.`);
  }
}

function assertBroker(db: Database.Database, path: string, brokerId: number): void {
  const owner = db.prepare(`SELECT value FROM meta WHERE name = 'broker_id'`).pluck().get() as number;
  if (owner !== brokerId) {
    throw new LabError('not-a-log', `The file ${path} belongs to broker ${owner}, not to broker ${brokerId}.`);
  }
}
