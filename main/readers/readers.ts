/** The calls of api/readers.ts: who reads what on screen, and where each one stands. */
import { randomUUID } from 'node:crypto';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import { type Reader, READERS_MAX, type readers as readersContract } from '../api/readers.ts';
import { conflate } from '../rpc/conflate.ts';
import type { StreamRegistry } from '../streams/registry.ts';

/** Pages hear of moved readers at most this often, milliseconds. */
const READERS_INTERVAL_MS = 100;

export interface Readers {
  all(): Reader[];
  onChange(listener: () => void): () => void;
  service: DomainHandlers<typeof readersContract>;
}

export function createReaders(registry: StreamRegistry): Readers {
  const readers = new Map<string, Reader>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const all = (): Reader[] => [...readers.values()];

  async function* open(stream: string, name: string, signal: AbortSignal): AsyncGenerator<{ id: string }> {
    registry.get(stream);
    if (readers.size >= READERS_MAX) throw new LabError('too-many', `At most ${READERS_MAX} readers are open at once. Close a view first.`);
    const id = randomUUID();
    readers.set(id, { id, stream, name, positions: [] });
    changed();
    try {
      yield { id };
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } finally {
      readers.delete(id);
      changed();
    }
  }

  return {
    all,
    onChange,
    service: {
      open: ({ stream, name }, { signal }) => open(stream, name, signal),
      move({ id, positions }) {
        const reader = readers.get(id);
        if (!reader) return;
        readers.set(id, { ...reader, positions });
        changed();
      },
      watch: (_input, { signal }) => conflate({ subscribe: onChange, take: all, intervalMs: READERS_INTERVAL_MS, signal }),
    },
  };
}
