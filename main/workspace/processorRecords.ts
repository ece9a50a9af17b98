/** The processors that were deployed in a workspace, and their versions. */
import type { Guarantee, ProcessorShape, ProcessorVersion } from '../api/processors.ts';
import { VERSIONS_MAX } from '../api/processors.ts';
import type { Catalog } from './catalog.ts';

export interface ProcessorRecord {
  name: string;
  /** What the user wants of it. */
  wanted: 'running' | 'paused';
  guarantee: Guarantee;
  /** Where it begins to read, by stream the offset of each shard; those that it does not name begin at 0. */
  starts: Record<string, string[]>;
  /** Of its chance, 32 bits. */
  seed: number;
  /** In the sequences of what its tasks send to other brokers: with the number of the task. Decimal. */
  producerId: string;
  /** What streams are called here that it calls otherwise, by its own names: they got other names when its workspace was imported. */
  streams: Record<string, string>;
  version: number;
}

export interface ProcessorRecords {
  all(): ProcessorRecord[];
  of(name: string): ProcessorRecord | undefined;
  put(record: ProcessorRecord): void;
  /** The number of the version, which is one more than that of the last. */
  addVersion(name: string, source: string, shape: ProcessorShape, deployedAt: number): number;
  /** What a version says of itself, found out anew. */
  setShape(name: string, version: number, shape: ProcessorShape): void;
  versions(name: string): ProcessorVersion[];
  source(name: string, version: number): string | undefined;
  /** With its versions. */
  remove(name: string): void;
}

interface Row extends Omit<ProcessorRecord, 'starts' | 'streams'> {
  starts: string;
  streams: string;
}

export function createProcessorRecords(catalog: Catalog): ProcessorRecords {
  const columns = 'name, wanted, guarantee, starts, seed, producer_id AS producerId, streams, version';
  const all = catalog.prepare<[], Row>(`SELECT ${columns} FROM processor ORDER BY name`);
  const of = catalog.prepare<[string], Row>(`SELECT ${columns} FROM processor WHERE name = ?`);
  const put = catalog.prepare(
    `INSERT OR REPLACE INTO processor (name, wanted, guarantee, starts, seed, producer_id, streams, version)
     VALUES (@name, @wanted, @guarantee, @starts, @seed, @producerId, @streams, @version)`,
  );
  const remove = catalog.prepare('DELETE FROM processor WHERE name = ?');
  const removeVersions = catalog.prepare('DELETE FROM processor_version WHERE processor = ?');
  const last = catalog.prepare<[string], number>('SELECT coalesce(max(version), 0) FROM processor_version WHERE processor = ?').pluck();
  const addVersion = catalog.prepare(
    'INSERT INTO processor_version (processor, version, source, shape, deployed_at) VALUES (?, ?, ?, ?, ?)',
  );
  const setShape = catalog.prepare('UPDATE processor_version SET shape = ? WHERE processor = ? AND version = ?');
  const dropOld = catalog.prepare('DELETE FROM processor_version WHERE processor = ? AND version <= ?');
  const versions = catalog.prepare<[string], { version: number; shape: string; deployedAt: number }>(
    'SELECT version, shape, deployed_at AS deployedAt FROM processor_version WHERE processor = ? ORDER BY version DESC',
  );
  const source = catalog
    .prepare<[string, number], string>('SELECT source FROM processor_version WHERE processor = ? AND version = ?')
    .pluck();
  // Each report of a process and each look of a page asks for them, several times a second.
  const records = new Map<string, ProcessorRecord>();
  const known = new Map<string, { versions: ProcessorVersion[]; source: { version: number; text: string | undefined } | null }>();
  const knownOf = (name: string) => {
    let found = known.get(name);
    if (!found) {
      const read = versions.all(name);
      found = { versions: read.map(({ shape, ...rest }) => ({ ...rest, ...(JSON.parse(shape) as ProcessorShape) })), source: null };
      known.set(name, found);
    }
    return found;
  };
  const fromRow = (row: Row): ProcessorRecord => ({
    ...row,
    starts: JSON.parse(row.starts) as ProcessorRecord['starts'],
    streams: JSON.parse(row.streams) as ProcessorRecord['streams'],
  });
  return {
    all: () => all.all().map(fromRow),
    of(name) {
      const row = records.has(name) ? undefined : of.get(name);
      if (row) records.set(name, fromRow(row));
      return records.get(name);
    },
    put(record) {
      records.delete(record.name);
      // Its versions may have come with an import.
      known.delete(record.name);
      put.run({ ...record, starts: JSON.stringify(record.starts), streams: JSON.stringify(record.streams) });
    },
    addVersion(name, text, shape, deployedAt) {
      known.delete(name);
      return catalog
        .transaction(() => {
          const version = last.get(name)! + 1;
          addVersion.run(name, version, text, JSON.stringify(shape), deployedAt);
          dropOld.run(name, version - VERSIONS_MAX);
          return version;
        })
        .immediate();
    },
    setShape(name, version, shape) {
      known.delete(name);
      setShape.run(JSON.stringify(shape), name, version);
    },
    versions: (name) => knownOf(name).versions,
    source(name, version) {
      const found = knownOf(name);
      if (found.source?.version !== version) found.source = { version, text: source.get(name, version) };
      return found.source.text;
    },
    remove(name) {
      records.delete(name);
      known.delete(name);
      catalog
        .transaction(() => {
          removeVersions.run(name);
          remove.run(name);
        })
        .immediate();
    },
  };
}
