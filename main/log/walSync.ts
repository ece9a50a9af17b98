/**
 * What makes `safe` safe: syncing the write-ahead log. SQLite could do so in each commit (synchronous=FULL), but then nothing else could be
 * written while the disk works. So it commits without (NORMAL), the file is synced beside the next commits by a thread of Node's pool, and
 * who asked is answered after a sync that began when his commit had ended.
 *
 * What a power failure can leave is the same: SQLite takes of a write-ahead log the commits up to the first that is not whole, so a later
 * one that is there never hides an earlier one that is not. When the log begins again from its start, SQLite itself syncs it and the file
 * before (NORMAL does). https://sqlite.org/wal.html#performance_considerations
 *
 * SQLite holds no locks on a write-ahead log, so closing a descriptor of it drops none. https://sqlite.org/walformat.html#wal_locks
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

export interface WalSync {
  /**
   * Resolves when everything committed before the call is on the disk (on macOS: past the drive's cache). After a failure nobody knows what
   * of it is, and the next sync may succeed all the same: then nothing that was committed since the last one may be acknowledged any more.
   */
  sync(): Promise<void>;
  /** Not while one is under way. */
  close(): void;
}

/** Of a broker's file whose store is open. */
export function createWalSync(path: string): WalSync {
  // Windows syncs only what is open for writing.
  const descriptor = openSync(`${path}-wal`, 'r+');
  return {
    sync: () => sync(descriptor),
    close: () => closeSync(descriptor),
  };
}
