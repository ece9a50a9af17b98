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

/** `safe`: what is acknowledged survives power loss. `fast`: it survives a crash of the app, not of the machine. */
export type Durability = 'safe' | 'fast';

export interface WalSync {
  durability: Durability;
  /**
   * Calls back, in the order of the calls, when what was committed before is as durable as `durability` asks: at once, or after a sync
   * (on macOS past the drive's cache: libuv sees to that). Never after a sync has failed.
   */
  whenDurable(callBack: () => void): void;
  /** Without a sync of its own, but after those before it. */
  inTurn(callBack: () => void): void;
  /** When nobody waits any more. */
  close(): void;
}

interface Waiting {
  isToSync: boolean;
  callBack: () => void;
}

/**
 * Of a broker's file that is open. `failed`: a sync has failed. Nobody knows then what of the commits since the last one is on the disk, and
 * the next sync may succeed all the same: none of them may be acknowledged any more.
 */
export function createWalSync(path: string, atFirst: Durability, failed: (error: Error) => void): WalSync {
  // Windows syncs only what is open for writing.
  const descriptor = openSync(`${path}-wal`, 'r+');
  let durability = atFirst;
  let waiting: Waiting[] = [];
  let isSyncing = false;

  function add(one: Waiting): void {
    waiting.push(one);
    if (!isSyncing) next();
  }

  function next(): void {
    const group = waiting;
    waiting = [];
    if (!group.some(({ isToSync }) => isToSync)) {
      for (const { callBack } of group) callBack();
      return;
    }
    isSyncing = true;
    fdatasync(descriptor, (error) => {
      if (error) return failed(error);
      for (const { callBack } of group) callBack();
      isSyncing = false;
      next();
    });
  }

  return {
    get durability() {
      return durability;
    },
    set durability(changed) {
      durability = changed;
    },
    whenDurable: (callBack) => add({ isToSync: durability === 'safe', callBack }),
    inTurn: (callBack) => add({ isToSync: false, callBack }),
    close: () => closeSync(descriptor),
  };
}
