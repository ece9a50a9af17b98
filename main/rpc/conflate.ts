/** Streams of state in which the newest wins: a slow reader skips what is out of date and always gets the last. */

export interface ConflateOptions<T> {
  /** Calls back at each change, until the returned function is called. */
  subscribe: (changed: () => void) => () => void;
  /** The state as it is now; undefined to say nothing this time. */
  take: () => T | undefined;
  /** Least time between two items, milliseconds. */
  intervalMs: number;
  signal: AbortSignal;
}

/** The state now, then again after each change until the signal aborts. */
export async function* conflate<T>({ subscribe, take, intervalMs, signal }: ConflateOptions<T>): AsyncGenerator<T> {
  let dirty = true;
  let wake: (() => void) | null = null;
  const changed = (): void => {
    dirty = true;
    wake?.();
  };
  const unsubscribe = subscribe(changed);
  const aborted = (): void => wake?.();
  signal.addEventListener('abort', aborted);
  try {
    while (!signal.aborted) {
      if (!dirty) await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
      if (signal.aborted) return;
      dirty = false;
      const state = take();
      if (state !== undefined) yield state;
      await pause(intervalMs, signal);
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', aborted);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
