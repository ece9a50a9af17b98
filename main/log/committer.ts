/**
 * Group commit: everything that waits when the event loop comes round goes into one transaction, so that many producers share
 * the price of one. A caller hears of its batches after that commit, and never before.
 *
 * A producer says how many of its requests are under way at once. The others are then about to arrive, or, just answered, about to be
 * followed by new ones: a commit waits for them a moment, shorter than a commit takes. One that is alone never waits.
 */
import { LabError, toLabError } from '../api/errors.ts';
import type { AppendOptions, AppendResult, BatchToAppend } from './store/append.ts';
import type { Store } from './store/store.ts';

/** Batches that go into one transaction, bytes. A request is never cut: one that is larger goes alone. */
export const COMMIT_BYTES_MAX = 8 * 1024 * 1024;

/** Longest wait for more requests before a commit, milliseconds. */
export const GATHER_MS_MAX = 10;

/** A commit begins when this part of the awaited requests is there: the rest arrives meanwhile, and is the start of the next. */
const GATHERED_SHARE = 0.4;

/** The wait is at most this part of how long the commit before took: beyond it, a commit of its own would have been cheaper. */
const GATHER_SHARE = 0.5;

export interface Committer {
  /**
   * Resolves after the commit, with one result a batch. Rejects with the failure of the commit, and with `broker-down` after close: then
   * none of the batches is in the log. `underWay`: requests of this producer that wait for their answers, this one counted.
   */
  append(batches: readonly BatchToAppend[], underWay?: number, options?: AppendOptions): Promise<AppendResult[]>;
  /** Commits what waits and takes nothing more. The store stays open. */
  close(): void;
}

interface Request {
  batches: readonly BatchToAppend[];
  bytes: number;
  underWay: number;
  options: AppendOptions;
  resolve: (results: AppendResult[]) => void;
  reject: (error: LabError) => void;
}

export interface CommitterOptions {
  /** Told of each commit, with the bytes of its batches. */
  committed?: (bytes: number) => void;
  commitBytesMax?: number;
}

/** Owns the store's appends. */
export function createCommitter(
  store: Pick<Store, 'append'>,
  { committed = () => {}, commitBytesMax = COMMIT_BYTES_MAX }: CommitterOptions = {},
): Committer {
  let queue: Request[] = [];
  let queuedBytes = 0;
  let turn: NodeJS.Immediate | undefined;
  let isClosed = false;
  /** How many were under way at the last commit, and how long that took, milliseconds. */
  let last = { underWay: 1, ms: 0 };
  let gathering: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (turn) return;
    const awaited = queue.reduce((most, request) => Math.max(most, request.underWay), last.underWay);
    if (queue.length >= Math.ceil(awaited * GATHERED_SHARE) || queuedBytes >= commitBytesMax) {
      commitNextTurn();
      return;
    }
    gathering ??= setTimeout(commitNextTurn, Math.min(GATHER_MS_MAX, last.ms * GATHER_SHARE));
  }

  function commitNextTurn(): void {
    clearTimeout(gathering);
    gathering = undefined;
    turn ??= setImmediate(() => {
      turn = undefined;
      const group = takeGroup();
      const began = performance.now();
      commit(group);
      last = { underWay: Math.max(...group.map((request) => request.underWay)), ms: performance.now() - began };
      if (queue.length > 0) schedule();
      committed(group.reduce((sum, { bytes }) => sum + bytes, 0));
    });
  }

  /** What is all or none goes alone: what it takes back is the whole transaction. */
  function takeGroup(): Request[] {
    let bytes = 0;
    let count = 0;
    for (const request of queue) {
      if (count > 0 && (request.options.allOrNone || bytes + request.bytes > commitBytesMax)) break;
      bytes += request.bytes;
      count++;
      if (request.options.allOrNone) break;
    }
    const group = queue.slice(0, count);
    queue = queue.slice(count);
    queuedBytes -= bytes;
    return group;
  }

  function commit(group: readonly Request[]): void {
    try {
      const results = store.append(
        group.flatMap(({ batches }) => batches),
        group[0]!.options,
      );
      let at = 0;
      for (const { batches, resolve } of group) resolve(results.slice(at, (at += batches.length)));
    } catch (thrown) {
      const error = toLabError(thrown);
      for (const { reject } of group) reject(error);
    }
  }

  return {
    append(batches, underWay = 1, options = {}) {
      if (isClosed) return Promise.reject(new LabError('broker-down', 'The broker is closing: it takes no more records.'));
      const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
      queuedBytes += bytes;
      const { promise, resolve, reject } = Promise.withResolvers<AppendResult[]>();
      queue.push({ batches, bytes, underWay, options, resolve, reject });
      schedule();
      return promise;
    },
    close() {
      isClosed = true;
      clearTimeout(gathering);
      if (turn) clearImmediate(turn);
      while (queue.length > 0) commit(takeGroup());
    },
  };
}
