/** The streams that a workspace has, by name. */
import type { Catalog } from './catalog.ts';

export interface StreamRecord {
  id: string;
  name: string;
  shards: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** `making` and `deleting` are undone or finished when the workspace is opened again after a crash. */
  state: 'making' | 'open' | 'deleting';
}

export interface StreamRecords {
  all(): StreamRecord[];
  add(record: StreamRecord): void;
  setState(id: string, state: StreamRecord['state']): void;
  /** Frees its name, and keeps its id until {@link dropDoomed}: a broker that is down may still hold shards of it. */
  doom(id: string): void;
  dropDoomed(): void;
  remove(id: string): void;
}

export function createStreamRecords(catalog: Catalog): StreamRecords {
  const all = catalog.prepare<[], StreamRecord>('SELECT id, name, shards, created_at AS createdAt, state FROM stream ORDER BY name');
  const add = catalog.prepare('INSERT INTO stream (id, name, shards, created_at, state) VALUES (@id, @name, @shards, @createdAt, @state)');
  const setState = catalog.prepare('UPDATE stream SET state = ? WHERE id = ?');
  // Its id as its name: no other stream can have that.
  const doom = catalog.prepare(`UPDATE stream SET state = 'deleting', name = id WHERE id = ?`);
  const dropDoomed = catalog.prepare('DELETE FROM stream WHERE name = id');
  const remove = catalog.prepare('DELETE FROM stream WHERE id = ?');
  return {
    all: () => all.all(),
    add: (record) => void add.run(record),
    setState: (id, state) => void setState.run(state, id),
    doom: (id) => void doom.run(id),
    dropDoomed: () => void dropDoomed.run(),
    remove: (id) => void remove.run(id),
  };
}
