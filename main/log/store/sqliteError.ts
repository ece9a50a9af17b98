/** SQLite's failures as the lab's. https://sqlite.org/rescode.html */
import Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';

/** Anything thrown while the file at `path` was used, as a LabError. */
export function fromSqlite(thrown: unknown, path: string): LabError {
  if (thrown instanceof LabError) return thrown;
  if (thrown instanceof TypeError && /directory does not exist/.test(thrown.message)) {
    return new LabError('workspace-unwritable', `The folder of ${path} does not exist.`, { cause: thrown });
  }
  const code = thrown instanceof Database.SqliteError ? thrown.code : '';
  if (code.startsWith('SQLITE_FULL')) {
    return new LabError('disk-full', `The disk is full: nothing more can be written to ${path}.`, { cause: thrown });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return new LabError('workspace-unwritable', `The file ${path} cannot be written: the folder or the file is read-only.`, {
      cause: thrown,
    });
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return new LabError('not-a-log', `The file ${path} is no file of the lab.`, { cause: thrown });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_IOERR')) {
    return new LabError('file-unreadable', `The file ${path} is damaged, or its disk fails.`, { cause: thrown });
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new LabError('workspace-in-use', `The file ${path} is in use by another process.`, { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LabError('internal', `Something unexpected went wrong with ${path}: ${message}`, { cause: thrown });
}

/** Runs `work`, and says what SQLite throws in the lab's terms. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw fromSqlite(thrown, path);
  }
}
