/**
 * Processors of an import, kept apart from the others until all of it is there ({@link ArrivingProcessors.settle}), and gone where it fails or
 * the lab ends before. What is to lie in files is written into the folder after that; where the lab ends in between, when it is opened again.
 */
import type { ProcessorVersion } from '../api/processors.ts';
import type { Catalog } from './catalog.ts';
import { sha256Of } from './trustRecords.ts';

export interface ArrivingFile {
  processor: string;
  kind: 'source' | 'cases';
  text: string;
}

export interface ArrivingProcessors {
  addVersion(importId: string, processor: string, version: ProcessorVersion, source: string): void;
  addFile(importId: string, file: ArrivingFile): void;
  /** Takes the versions of a processor back. It is a file only; where that did not come it says what this version did. */
  asFile(importId: string, processor: string, version: number): void;
  undo(importId: string): void;
  /** Within a transaction: they are versions and files of processors of this workspace from now on, none of them trusted. */
  settle(importId: string): void;
  /** Files of settled imports that are not known to be in the folder. */
  unwritten(): ArrivingFile[];
  written(file: ArrivingFile): void;
  /** They are not to be written. */
  forget(processor: string): void;
}

/** Stands for all imports that are settled. */
const SETTLED = '';

export function createArrivingProcessors(catalog: Catalog): ArrivingProcessors {
  const prepare = (sql: string) => catalog.prepare<unknown[]>(sql);
  const addVersion = prepare(
    'INSERT INTO arriving_version (import, processor, version, source, sha256, shape, deployed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const addFile = prepare('INSERT INTO arriving_file (import, processor, kind, text, sha256) VALUES (?, ?, ?, ?, ?)');
  const asFile = prepare(
    `INSERT OR IGNORE INTO arriving_file (import, processor, kind, text, sha256)
       SELECT import, processor, 'source', source, sha256 FROM arriving_version WHERE import = ? AND processor = ? AND version = ?`,
  );
  const dropVersions = prepare('DELETE FROM arriving_version WHERE import = ? AND processor = ?');
  const undos = [prepare('DELETE FROM arriving_version WHERE import = ?'), prepare('DELETE FROM arriving_file WHERE import = ?')];
  const settling = [
    prepare('INSERT OR IGNORE INTO untrusted_source SELECT processor, sha256 FROM arriving_version WHERE import = ?'),
    prepare(`INSERT OR IGNORE INTO untrusted_source SELECT processor, sha256 FROM arriving_file WHERE import = ? AND kind = 'source'`),
    prepare(
      `INSERT INTO processor_version (processor, version, source, shape, deployed_at)
         SELECT processor, version, source, shape, deployed_at FROM arriving_version WHERE import = ?`,
    ),
    prepare('DELETE FROM arriving_version WHERE import = ?'),
    prepare(`UPDATE arriving_file SET import = '${SETTLED}' WHERE import = ?`),
  ];
  const unwritten = catalog.prepare<[string], ArrivingFile>('SELECT processor, kind, text FROM arriving_file WHERE import = ?');
  const written = prepare('DELETE FROM arriving_file WHERE import = ? AND processor = ? AND kind = ?');
  const forget = prepare('DELETE FROM arriving_file WHERE import = ? AND processor = ?');
  // Imports that the end of the lab has cut off.
  for (const table of ['arriving_version', 'arriving_file']) prepare(`DELETE FROM ${table} WHERE import <> ?`).run(SETTLED);
  return {
    addVersion(importId, processor, { version, deployedAt, ...shape }, source) {
      addVersion.run(importId, processor, version, source, sha256Of(source), JSON.stringify(shape), deployedAt);
    },
    addFile: (importId, { processor, kind, text }) => void addFile.run(importId, processor, kind, text, sha256Of(text)),
    asFile(importId, processor, version) {
      asFile.run(importId, processor, version);
      dropVersions.run(importId, processor);
    },
    undo: (importId) => undos.forEach((undo) => undo.run(importId)),
    settle: (importId) => settling.forEach((step) => step.run(importId)),
    unwritten: () => unwritten.all(SETTLED),
    forget: (processor) => void forget.run(SETTLED, processor),
    written: ({ processor, kind }) => void written.run(SETTLED, processor, kind),
  };
}
