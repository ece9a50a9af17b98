/** Trims what retention allows and gives free space back, a slice at a time, so that appends get their turn in between. */
import type { Store } from './store/store.ts';

/** How often it is looked whether something is to be trimmed, milliseconds. */
const RETENTION_INTERVAL_MS = 1_000;

/** How long one slice may take, milliseconds. */
const RECLAIM_SLICE_MS = 5;

export interface Housekeeper {
  /** Looks now: something was deleted, or retention has changed. */
  wake(): void;
  /** Looks now, and resolves once this is so after a slice; never after close. */
  until(isSo: () => boolean): Promise<void>;
  close(): void;
}

/** `done` is called after each slice that did something. Begins at once: an earlier life may have left something to delete. */
export function createHousekeeper(store: Pick<Store, 'reclaim' | 'isReclaimDue'>, done: () => void): Housekeeper {
  let turn: NodeJS.Immediate | undefined;
  let waiting: { isSo: () => boolean; resolve: () => void }[] = [];

  function wake(): void {
    turn ??= setImmediate(() => {
      turn = undefined;
      const isMore = reclaimOnce();
      answer();
      if (!isMore) return;
      done();
      wake();
    });
  }

  function answer(): void {
    const over = waiting.filter(({ isSo }) => isSo());
    waiting = waiting.filter((each) => !over.includes(each));
    for (const { resolve } of over) resolve();
  }

  /** Whether something was done. Where the disk is full, deleting fails as writing does; it is tried again at the next interval. */
  function reclaimOnce(): boolean {
    try {
      if (!store.isReclaimDue()) return false;
      store.reclaim(RECLAIM_SLICE_MS);
      return true;
    } catch {
      return false;
    }
  }

  const interval = setInterval(wake, RETENTION_INTERVAL_MS);
  interval.unref();
  wake();
  return {
    wake,
    until(isSo) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ isSo, resolve });
      wake();
      return promise;
    },
    close() {
      clearInterval(interval);
      if (turn) clearImmediate(turn);
    },
  };
}
