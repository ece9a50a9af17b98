/** Waiting for events that are not there yet: nothing is asked again and again meanwhile. */
import type { Log, Visibility } from '../log/index.ts';

interface Place {
  shardId: number;
  offset: bigint;
}

/** Resolves when one of the shards has an event at its offset or behind it, or is gone; or after `ms`; or when the signal aborts. */
export function awaitMore(
  log: Pick<Log, 'end' | 'onChange' | 'committedEnd' | 'onCommit'>,
  places: readonly Place[],
  { upTo, ms, signal }: { upTo: Visibility; ms: number; signal: AbortSignal },
): Promise<void> {
  const [end, onMore] = upTo === 'committed' ? [log.committedEnd, log.onCommit] : [log.end, log.onChange];
  const isThere = (): boolean => places.some(({ shardId, offset }) => (end(shardId) ?? offset + 1n) > offset);
  if (isThere() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = onMore(() => {
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
