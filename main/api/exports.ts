/**
 * Exports: a range of a stream as text. Whoever has the place to write to, the page or the command line, reads the range (events.read) and
 * writes what this makes of it, piece by piece; the engine knows of no files.
 */
import type { ReadRecord } from './events.ts';
import { createCsvWriter } from './recordCsv.ts';
import { recordToJson } from './recordJson.ts';

/**
 * records  one record a line as recordJson.ts writes it, lossless; `import --format records` reads it
 * csv      one event a row as recordCsv.ts says, for spreadsheets; without headers
 */
export const EXPORT_FORMATS = ['records', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface RecordWriter {
  /** The text of these records and of ones held back before; empty where it holds them all back. */
  write(records: readonly ReadRecord[]): string;
  /** What is still held back. */
  end(): string;
}

export function createRecordWriter(format: ExportFormat, stream: string): RecordWriter {
  if (format === 'csv') return createCsvWriter();
  return {
    write: (records) => records.map((record) => `${recordToJson(stream, record)}\n`).join(''),
    end: () => '',
  };
}

/** A name for the file of an export. */
export const exportFileName = (stream: string, format: ExportFormat): string =>
  format === 'csv' ? `${stream}.csv` : `${stream}.records.ndjson`;
