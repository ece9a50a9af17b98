/**
 * Moves the write-ahead log into the file. SQLite's own automatic checkpoint is off: it would run inside an append. Busy time-out
 * is 0 throughout, so a reader never makes it wait. https://sqlite.org/pragma.html#pragma_wal_checkpoint
 */
import type Database from 'better-sqlite3';
import { PAGE_BYTES, WAL_BYTES_MAX } from './connection.ts';

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

  /** NOOP only looks. PASSIVE does what readers leave free; TRUNCATE, when nobody is waiting, also gives the WAL's space back. */
  ifDue(isIdle: boolean): CheckpointState {
    const state = this.#run('NOOP');
    if (isIdle) return state.walBytes > 0 ? this.#run('TRUNCATE') : state;
    return state.pendingBytes >= WAL_BYTES_MAX ? this.#run('PASSIVE') : state;
  }

  #run(mode: 'NOOP' | 'PASSIVE' | 'TRUNCATE'): CheckpointState {
    const [frames] = this.#db.pragma(`wal_checkpoint(${mode})`) as [Frames];
    const log = Math.max(frames.log, 0);
    return { walBytes: log * PAGE_BYTES, pendingBytes: (log - Math.max(frames.checkpointed, 0)) * PAGE_BYTES };
  }
}
