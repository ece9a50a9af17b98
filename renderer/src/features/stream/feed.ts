/** Event streams that outlive their connection. */
import { toLabError } from '../../../../main/api/errors.ts';
import { Backoff } from '../../state/backoff.ts';

/** Takes the items of an event stream until `signal` aborts. One that breaks is opened again, unless that can not help. */
export async function follow<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  take: (item: T) => void,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff();
  signal.addEventListener('abort', () => backoff.wake());
  while (!signal.aborted) {
    try {
      for await (const item of open(signal)) {
        if (signal.aborted) return;
        take(item);
        backoff.reset();
      }
    } catch (thrown) {
      if (!toLabError(thrown).retriable) return;
    }
    if (!signal.aborted) await backoff.wait();
  }
}
