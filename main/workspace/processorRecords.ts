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
  isTrusted: boolean;
  version: number;
}

export interface ProcessorRecords {
  all(): ProcessorRecord[];
  of(name: string): ProcessorRecord | undefined;
  put(record: ProcessorRecord): void;
  /** The number of the version, which is one more than that of the last. */
  addVersion(name: string, source: string, shape: ProcessorShape, deployedAt: number): number;
  versions(name: string): ProcessorVersion[];
  source(name: string, version: number): string | undefined;
  /** With its versions. */
  remove(name: string): void;
}

interface Row extends Omit<ProcessorRecord, 'starts' | 'isTrusted'> {
  starts: string;
  isTrusted: number;
}

export function createProcessorRecords(catalog: Catalog): ProcessorRecords {
  const columns = 'name, wanted, guarantee, starts, seed, producer_id AS producerId, trusted AS isTrusted, version';
  const all = catalog.prepare<[], Row>(`SELECT ${columns} FROM processor ORDER BY name`);
  const of = catalog.prepare<[string], Row>(`SELECT ${columns} FROM processor WHERE name = ?`);
  const put = catalog.prepare(
    `INSERT OR REPLACE INTO processor (name, wanted, guarantee, starts, seed, producer_id, trusted, version)
     VALUES (@name, @wanted, @guarantee, @starts, @seed, @producerId, @isTrusted, @version)`,
  );
  const remove = catalog.prepare('DELETE FROM processor WHERE name = ?');
  const removeVersions = catalog.prepare('DELETE FROM processor_version WHERE processor = ?');
  const last = catalog.prepare<[string], number>('SELECT coalesce(max(version), 0) FROM processor_version WHERE processor = ?').pluck();
  const addVersion = catalog.prepare(
    'INSERT INTO processor_version (processor, version, source, shape, deployed_at) VALUES (?, ?, ?, ?, ?)',
  );
  const dropOld = catalog.prepare('DELETE FROM processor_version WHERE processor = ? AND version <= ?');
  const versions = catalog.prepare<[string], { version: number; shape: string; deployedAt: number }>(
    'SELECT version, shape, deployed_at AS deployedAt FROM processor_version WHERE processor = ? ORDER BY version DESC',
  );
  const source = catalog
    .prepare<[string, number], string>('SELECT source FROM processor_version WHERE processor = ? AND version = ?')
    .pluck();
  // The page is told of them several times a second.
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
    isTrusted: row.isTrusted === 1,
  });
  return {
    all: () => all.all().map(fromRow),
    of(name) {
      const row = of.get(name);
      return row && fromRow(row);
    },
    put: (record) => void put.run({ ...record, starts: JSON.stringify(record.starts), isTrusted: Number(record.isTrusted) }),
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
    versions: (name) => knownOf(name).versions,
    source(name, version) {
      const found = knownOf(name);
      if (found.source?.version !== version) found.source = { version, text: source.get(name, version) };
      return found.source.text;
    },
    remove(name) {
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
