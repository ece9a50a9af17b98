/**
 * When the write-ahead log moves into the file. Done at once that takes tens of milliseconds, most of them waiting for the disk, and appends
 * would wait too. So a thread of its own (checkpointThread.ts) copies while appends go on, and the file is synced meanwhile, again as long
 * as much came in; then what is left is copied here, in a few milliseconds, and the write-ahead log begins again from its start.
 *
 * Nothing depends on the other thread: SQLite itself syncs the file before it uses the write-ahead log again.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { PAGE_BYTES } from './store/connection.ts';
import type { Store } from './store/store.ts';

/** A checkpoint begins once this much waits, bytes. Until it has ended a few mebibytes more come in. */
export const CHECKPOINT_BYTES = 12 * 1024 * 1024;

/** So much may be left for the copy that appends wait for, bytes: it, too, has to be synced. */
const REST_BYTES = 2 * 1024 * 1024;
/** Copies beside the appends in one checkpoint, however much comes in meanwhile. */
const COPIES_MAX = 4;

/**
 * When so much was committed as was missing for a checkpoint, but not less than this, it is looked how much waits, bytes: looking costs as much
 * as writing a small batch. A commit counts for the pages that it writes whatever its batches are, too.
 */
const LOOK_BYTES = 1024 * 1024;
const COMMIT_OVERHEAD_BYTES = 8 * PAGE_BYTES;

/** After this long without a commit the write-ahead log is emptied, milliseconds. */
const IDLE_MS = 1_000;

export interface Checkpoints {
  /** Batches of so many bytes were committed. */
  committed(bytes: number): void;
  /** Something else was written. */
  look(): void;
  /** To be called when the store is closed. Resolves when nothing of the file is open here any more. */
  close(): Promise<void>;
}

export interface CheckpointsOptions {
  /** The broker's file. */
  path: string;
  /** The built checkpointThread.ts. */
  threadFile: string;
}

/** What the thread answers when it has copied, or could not. */
export type Copied = { ok: boolean };

export function createCheckpoints(store: Pick<Store, 'walState' | 'checkpoint'>, { path, threadFile }: CheckpointsOptions): Checkpoints {
  /** To be committed before the next look. */
  let unlookedBytes = LOOK_BYTES;
  let isCopying = false;
  /** Of the checkpoint under way. */
  let copies = 0;
  let isClosed = false;
  /** Started when it is needed first; null where it has failed: then it is done here. */
  let thread: Worker | null | undefined;
  /**
   * Kept open until everything else of the file is closed: closing any descriptor of a file drops the locks that this process has on it.
   * https://sqlite.org/howtocorrupt.html (2.2)
   */
  let descriptor: number | undefined;
  const idle = setTimeout(empty, IDLE_MS).unref();

  /** A checkpoint that fails leaves everything in the write-ahead log, where it is safe; the next append says what is wrong. */
  function attempt(work: () => unknown): void {
    if (isClosed) return;
    try {
      work();
    } catch {
      // See above.
    }
  }

  function empty(): void {
    if (isCopying) idle.refresh();
    else attempt(() => store.checkpoint({ isIdle: true }));
  }

  function look(): void {
    unlookedBytes = LOOK_BYTES;
    if (isCopying) return;
    attempt(() => {
      const { pendingBytes } = store.walState();
      unlookedBytes = Math.max(LOOK_BYTES, CHECKPOINT_BYTES - pendingBytes);
      if (pendingBytes < CHECKPOINT_BYTES) return;
      const copier = copierOf();
      if (!copier) return void store.checkpoint();
      isCopying = true;
      copier.postMessage('copy');
    });
  }

  function copierOf(): Worker | null {
    if (thread !== undefined) return thread;
    descriptor = openSync(path, 'r+');
    thread = new Worker(threadFile, { workerData: path });
    thread.on('message', ({ ok }: Copied) => (ok ? fdatasync(descriptor!, copied) : finish()));
    const failed = (): void => {
      thread = null;
      finish();
    };
    thread.on('error', failed);
    thread.on('exit', failed);
    return thread;
  }

  /** The thread has copied once more, or could not. What came in meanwhile is less than what it copied: soon little is left to wait for. */
  function copied(): void {
    copies += 1;
    let rest = 0;
    attempt(() => (rest = store.walState().pendingBytes));
    if (thread && copies < COPIES_MAX && rest > REST_BYTES) thread.postMessage('copy');
    else finish();
  }

  function finish(): void {
    if (!isCopying) return;
    isCopying = false;
    copies = 0;
    attempt(() => store.checkpoint());
  }

  return {
    look,
    committed(bytes) {
      idle.refresh();
      unlookedBytes -= bytes + COMMIT_OVERHEAD_BYTES;
      // In a turn of its own: after the acknowledgements.
      if (unlookedBytes <= 0) setImmediate(look);
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      if (thread) {
        const ended = new Promise((resolve) => thread!.once('exit', resolve));
        thread.postMessage('close');
        await ended;
      }
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
