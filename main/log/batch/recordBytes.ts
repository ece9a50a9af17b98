/** One record as it lies in its batch, decompressed. */
import { LabError } from '../../api/errors.ts';
import { plainRecords } from './compression.ts';
import { decodeBatchHeader } from './layout.ts';
import { Cursor } from './varint.ts';

/** The bytes of the record at `index`, its length field included. Throws `batch-invalid` where there is none. */
export function recordBytes(batch: Uint8Array, index: number): Uint8Array {
  const records = plainRecords(batch, decodeBatchHeader(batch).attributes);
  const cursor = new Cursor(records.bytes, records.at, records.bytes.length);
  for (let at = 0; cursor.at < cursor.end; at++) {
    const start = cursor.at;
    const length = cursor.varint();
    cursor.at += length;
    if (length < 1 || cursor.at > cursor.end) break;
    if (at === index) return records.bytes.subarray(start, cursor.at);
  }
  throw new LabError('batch-invalid', `The record batch has no record at place ${index}.`);
}
