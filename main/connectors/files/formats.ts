/** What splits and reads a file of each format. */
import type { ImportRules } from '../../api/imports.ts';
import { createCsvReader } from './csvReader.ts';
import { CsvSplitter } from './csvRows.ts';
import { createLineReader, lineBytesMax, type LineReader } from './lineRules.ts';
import { LineSplitter, type Splitter } from './lines.ts';

export interface FileReader {
  splitter: Splitter;
  reader: LineReader;
}

/** `shards`: of the stream that the events go into, null where it is not known yet. */
export function createFileReader(rules: ImportRules, valueBytesMax: number, shards: number | null): FileReader {
  const bytesMax = lineBytesMax(rules, valueBytesMax);
  return rules.format === 'csv'
    ? { splitter: new CsvSplitter(bytesMax), reader: createCsvReader(rules, valueBytesMax) }
    : { splitter: new LineSplitter(bytesMax), reader: createLineReader(rules, valueBytesMax, shards) };
}
