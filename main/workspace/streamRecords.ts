/** The streams that a workspace has, by name. */
import { STREAM_SETTINGS_DEFAULT, type StreamSettings } from '../api/streams.ts';
import type { Catalog } from './catalog.ts';

export interface StreamRecord {
  id: string;
  name: string;
  shards: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** `making` and `deleting` are undone or finished when the workspace is opened again after a crash. */
  state: 'making' | 'open' | 'deleting';
  settings: StreamSettings;
}

/** As it lies in the table; settings that it does not name are the default. */
type Row = Omit<StreamRecord, 'settings'> & { settings: string };

export interface StreamRecords {
  all(): StreamRecord[];
  add(record: StreamRecord): void;
  setState(id: string, state: StreamRecord['state']): void;
  /** All of them at once, or none; and `also` in the same transaction. */
  open(ids: readonly string[], also?: () => void): void;
  setShards(id: string, shards: number): void;
  setSettings(id: string, settings: StreamSettings): void;
  /** Frees its name, and keeps its id until {@link dropDoomed}: a broker that is down may still hold shards of it. */
  doom(id: string): void;
  dropDoomed(): void;
  remove(id: string): void;
}

export function createStreamRecords(catalog: Catalog): StreamRecords {
  const all = catalog.prepare<[], Row>('SELECT id, name, shards, created_at AS createdAt, state, settings FROM stream ORDER BY name');
  const add = catalog.prepare(
    'INSERT INTO stream (id, name, shards, created_at, state, settings) VALUES (@id, @name, @shards, @createdAt, @state, @settings)',
  );
  const setState = catalog.prepare('UPDATE stream SET state = ? WHERE id = ?');
  const setShards = catalog.prepare('UPDATE stream SET shards = ? WHERE id = ?');
  const setSettings = catalog.prepare('UPDATE stream SET settings = ? WHERE id = ?');
  // Its id as its name: no other stream can have that.
  const doom = catalog.prepare(`UPDATE stream SET state = 'deleting', name = id WHERE id = ?`);
  const dropDoomed = catalog.prepare('DELETE FROM stream WHERE name = id');
  const remove = catalog.prepare('DELETE FROM stream WHERE id = ?');
  return {
    all: () => all.all().map((row) => ({ ...row, settings: { ...STREAM_SETTINGS_DEFAULT, ...(JSON.parse(row.settings) as object) } })),
    add: (record) => void add.run({ ...record, settings: JSON.stringify(record.settings) }),
    setState: (id, state) => void setState.run(state, id),
    open: (ids, also = () => {}) =>
      catalog.transaction(() => {
        ids.forEach((id) => setState.run('open', id));
        also();
      })(),
    setShards: (id, shards) => void setShards.run(shards, id),
    setSettings: (id, settings) => void setSettings.run(JSON.stringify(settings), id),
    doom: (id) => void doom.run(id),
    dropDoomed: () => void dropDoomed.run(),
    remove: (id) => void remove.run(id),
  };
}
