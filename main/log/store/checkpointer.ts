/**
 * Moves the write-ahead log into the file. SQLite's own automatic checkpoint is off: it would run inside an append. Busy time-out
 * is 0 throughout, so a reader never makes it wait. https://sqlite.org/pragma.html#pragma_wal_checkpoint
 */
import type Database from 'better-sqlite3';
import { PAGE_BYTES } from './connection.ts';

export interface CheckpointState {
  /** Size of the write-ahead log. */
  walBytes: number;
  /** How much of it is not yet in the file. Stays above zero after a checkpoint where readers hold on to an older state. */
  pendingBytes: number;
}

interface Frames {
  busy: number;
  log: number;
  checkpointed: number;
}

export class Checkpointer {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  look(): CheckpointState {
    return this.#run('NOOP');
  }

  /** What readers leave free. Where that is all of it, the write-ahead log begins again from its start. */
  run(): CheckpointState {
    return this.#run('PASSIVE');
  }

  /** All of it, where nobody reads, and gives the write-ahead log's space back. */
  empty(): CheckpointState {
    const state = this.look();
    return state.walBytes > 0 ? this.#run('TRUNCATE') : state;
  }

  #run(mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE'): CheckpointState {
    const [frames] = this.#db.pragma(`wal_checkpoint(${mode})`) as [Frames];
    const log = Math.max(frames.log, 0);
    return { walBytes: log * PAGE_BYTES, pendingBytes: (log - Math.max(frames.checkpointed, 0)) * PAGE_BYTES };
  }
}
