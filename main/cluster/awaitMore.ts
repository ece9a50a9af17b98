/** Waiting for events that are not there yet: nothing is asked again and again meanwhile. */
import type { Log } from '../log/index.ts';

interface Place {
  shardId: number;
  offset: bigint;
}

/** Resolves when one of the shards has an event at its offset or behind it, or is gone; or after `ms`; or when the signal aborts. */
export function awaitMore(
  log: Pick<Log, 'end' | 'onChange'>,
  places: readonly Place[],
  { ms, signal }: { ms: number; signal: AbortSignal },
): Promise<void> {
  const isThere = (): boolean => places.some(({ shardId, offset }) => (log.end(shardId) ?? offset + 1n) > offset);
  if (isThere() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = log.onChange(() => {
      if (isThere()) done();
    });
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    function done(): void {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
