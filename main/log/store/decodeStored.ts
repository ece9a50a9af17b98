/** Records of a stored batch, or the plain statement that it is damaged. */
import { LabError } from '../../api/errors.ts';
import { RecordColumns } from '../batch/columns.ts';
import { cutBatch } from '../batch/cut.ts';
import { decodeBatch } from '../batch/decode.ts';
import { decodeBatchHeader, type LogRecord } from '../batch/layout.ts';
import { crcMatches, type VerifiedHeader, verifyBatch } from '../batch/verify.ts';
import type { StoredBatch } from './batchRow.ts';

/**
 * Checks the bytes against their checksum and, since that leaves the base offset out, against the row they stand in; then decodes.
 * Throws `batch-damaged`, naming the offsets. The batches around it stay readable.
 */
export function decodeStored(batch: StoredBatch): LogRecord[] {
  return sound(batch, decodeBatch);
}

/** The same for who goes through very many. */
export function storedColumns(batch: StoredBatch): RecordColumns {
  return sound(batch, (bytes) => new RecordColumns(bytes));
}

/** The same batch without its records before an offset; null where none is left. What can not be written anew counts as damaged, too. */
export function cutStored(batch: StoredBatch, offset: bigint): { bytes: Buffer; header: VerifiedHeader } | null {
  return sound(batch, (whole) => {
    const { recordCount, lastOffsetDelta } = decodeBatchHeader(whole);
    // From the row it is known how many records and offsets go.
    if (recordCount !== batch.recordCount || batch.baseOffset + BigInt(lastOffsetDelta) !== batch.lastOffset) {
      throw damaged(batch, 'its counts do not match');
    }
    const bytes = cutBatch(whole, offset);
    return bytes && { bytes, header: verifyBatch(bytes) };
  });
}

function sound<T>(batch: StoredBatch, decode: (bytes: Uint8Array) => T): T {
  try {
    const header = decodeBatchHeader(batch.bytes);
    if (header.sizeBytes !== batch.bytes.length) throw damaged(batch, 'its length is wrong');
    if (!crcMatches(batch.bytes, header)) throw damaged(batch, 'its checksum does not match');
    if (header.baseOffset !== batch.baseOffset) throw damaged(batch, 'its base offset does not match');
    return decode(batch.bytes);
  } catch (thrown) {
    if (thrown instanceof LabError && thrown.code === 'batch-damaged') throw thrown;
    throw damaged(batch, 'it cannot be decoded', thrown);
  }
}

function damaged({ baseOffset, lastOffset }: StoredBatch, why: string, cause?: unknown): LabError {
  const message = `The record batch with offsets ${baseOffset} to ${lastOffset} is damaged: ${why}.`;
  return new LabError('batch-damaged', message, { cause });
}
