/** What splits and reads a file of each format. */
import type { ImportRules } from '../../api/imports.ts';
import { createCsvReader } from './csvReader.ts';
import { CsvSplitter } from './csvRows.ts';
import { createLineReader, lineBytesMax, type LineReader } from './lineRules.ts';
import { FILE_START, type LinePlace, LineSplitter, type Splitter } from './lines.ts';

export interface FileReader {
  splitter: Splitter;
  reader: LineReader;
}

export interface FileReaderOptions {
  rules: ImportRules;
  valueBytesMax: number;
  /** Of the stream that the events go into, null where it is not known yet. */
  shards: number | null;
  /** Where it is read on, and the header that it began with, where its format has one. */
  from?: LinePlace;
  header?: Uint8Array | null;
}

export function createFileReader({ rules, valueBytesMax, shards, from = FILE_START, header = null }: FileReaderOptions): FileReader {
  const bytesMax = lineBytesMax(rules, valueBytesMax);
  return rules.format === 'csv'
    ? { splitter: new CsvSplitter(bytesMax, from, header), reader: createCsvReader(rules, valueBytesMax, header) }
    : { splitter: new LineSplitter(bytesMax, from), reader: createLineReader(rules, valueBytesMax, shards) };
}
