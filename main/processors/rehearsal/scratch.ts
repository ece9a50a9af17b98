/**
 * Scratch files of a rehearsal: SQLite, written by one process while others read, and gone with the rehearsal. So nothing waits for the disk,
 * and a crash of the machine may spoil them.
 */
import Database from 'better-sqlite3';

const PAGE_BYTES = 16 * 1024;
/** Of the file in memory, of a writer and of a reader, KiB. */
const WRITER_CACHE_KIB = 8 * 1024;
const READER_CACHE_KIB = 16 * 1024;
/** A reader that finds the file being recovered after the end of its writer waits so long, milliseconds. */
const BUSY_MS = 1_000;

export function openScratch(file: string): Database.Database {
  const db = new Database(file, { timeout: BUSY_MS });
  // First of all: making the file a WAL one waits for the disk, too.
  db.pragma('synchronous = OFF');
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma('journal_mode = WAL');
  db.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
  return db;
}

/** Not opened as read-only: whoever comes after a writer that was killed must be able to recover the file. */
export function readScratch(file: string): Database.Database {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
  // Who closes the file last copies its WAL into it.
  db.pragma('synchronous = OFF');
  db.pragma(`cache_size = -${READER_CACHE_KIB}`);
  db.pragma('query_only = ON');
  return db;
}
