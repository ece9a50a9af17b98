/** One record as it lies in its batch. */
import { LabError } from '../../api/errors.ts';
import { assertUncompressed, bufferOver, decodeBatchHeader, RECORDS_AT } from './layout.ts';
import { Cursor } from './varint.ts';

/** The bytes of the record at `index`, its length field included. Throws `batch-invalid` where there is none. */
export function recordBytes(batch: Uint8Array, index: number): Uint8Array {
  assertUncompressed(decodeBatchHeader(batch).attributes);
  const cursor = new Cursor(bufferOver(batch), RECORDS_AT, batch.length);
  for (let at = 0; cursor.at < batch.length; at++) {
    const start = cursor.at;
    const length = cursor.varint();
    cursor.at += length;
    if (length < 1 || cursor.at > batch.length) break;
    if (at === index) return batch.subarray(start, cursor.at);
  }
  throw new LabError('batch-invalid', `The record batch has no record at place ${index}.`);
}
