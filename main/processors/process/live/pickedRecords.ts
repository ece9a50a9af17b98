/** Records of a batch as a replay passes them on: some of them, each as it is to be seen. To who takes them they are as the columns of a batch. */
import type { LogRecord, RecordColumns } from '../../../log/index.ts';
import { utf8OrNull } from '../text.ts';

/** What a task reads of the records that it has in memory. */
export type HeldRecords = Pick<
  RecordColumns,
  'count' | 'offset' | 'offsetText' | 'timestamp' | 'keyText' | 'valueText' | 'hasHeaders' | 'record'
>;

/** `pass` answers null for one that is left out. */
export function pickedRecords(all: readonly LogRecord[], pass: (record: LogRecord) => LogRecord | null): HeldRecords {
  const records = all.map(pass).filter((record) => record !== null);
  return {
    count: records.length,
    record: (index) => records[index]!,
    offset: (index) => records[index]!.offset,
    offsetText: (index) => String(records[index]!.offset),
    timestamp: (index) => Number(records[index]!.timestamp),
    keyText: (index) => utf8OrNull(records[index]!.key),
    valueText: (index) => utf8OrNull(records[index]!.value),
    hasHeaders: (index) => records[index]!.headers.length > 0,
  };
}
