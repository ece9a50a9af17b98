/** The thread that copies a write-ahead log into its file while others append (checkpoints.ts). */
import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';
import type { Copied } from './checkpoints.ts';

const port = parentPort!;
const db = new Database(workerData as string, { fileMustExist: true, timeout: 0 });
db.pragma('wal_autocheckpoint = 0');

port.on('message', (asked: 'copy' | 'close') => {
  if (asked === 'close') {
    db.close();
    port.close();
    return;
  }
  let ok = true;
  try {
    db.pragma('wal_checkpoint(PASSIVE)');
  } catch {
    // A disk that is full, for example: it all stays in the write-ahead log.
    ok = false;
  }
  port.postMessage({ ok } satisfies Copied);
});
