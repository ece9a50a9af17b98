/**
 * Waiting for events in shards. The log tells once of each commit; only shards that somebody waits for are looked at, and only those that have
 * grown wake anyone: a thousand waiting fetches cost nothing while nothing comes.
 */
import type { Log } from '../../log/index.ts';

/** Where in a shard an event is waited for: at this offset or behind it. */
export interface WaitedPlace {
  shardId: number;
  offset: bigint;
}

export interface ShardWaits {
  /** Resolves when an event is at one of the places, or one of the shards is gone; or after `ms`; or when the signal aborts. */
  until(places: readonly WaitedPlace[], ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createShardWaits(log: Pick<Log, 'end' | 'onChange'>): ShardWaits {
  const waiting = new Map<number, Set<() => void>>();
  const ends = new Map<number, bigint | undefined>();

  const stop = log.onChange(() => {
    for (const [shardId, waits] of waiting) {
      const end = log.end(shardId);
      if (end === ends.get(shardId)) continue;
      ends.set(shardId, end);
      for (const look of [...waits]) look();
    }
  });

  function add(shardId: number, look: () => void): void {
    const waits = waiting.get(shardId);
    if (waits) return void waits.add(look);
    waiting.set(shardId, new Set([look]));
    ends.set(shardId, log.end(shardId));
  }

  function remove(shardId: number, look: () => void): void {
    const waits = waiting.get(shardId);
    waits?.delete(look);
    if (waits?.size !== 0) return;
    waiting.delete(shardId);
    ends.delete(shardId);
  }

  return {
    until(places, ms, signal) {
      const isThere = (): boolean => places.some(({ shardId, offset }) => (log.end(shardId) ?? offset + 1n) > offset);
      if (isThere() || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const look = (): void => {
          if (isThere()) done();
        };
        const timer = setTimeout(done, ms);
        for (const { shardId } of places) add(shardId, look);
        signal.addEventListener('abort', done);
        function done(): void {
          for (const { shardId } of places) remove(shardId, look);
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
      });
    },
    close: stop,
  };
}
