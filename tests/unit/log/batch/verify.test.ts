import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../../main/api/errors.ts';
import { decodeBatch, encodeBatch, verifyBatch } from '../../../../main/log/index.ts';
import { newRecords } from './arbitrary.ts';

const records = ['a', 'b', 'c'].map((value, index) => ({ key: null, value: Buffer.from(value), headers: [], timestamp: BigInt(index) }));

/** A changed batch with a good checksum, so that only the change is found. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = encodeBatch({ records });
  change(bytes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function refusal(bytes: Uint8Array): string {
  try {
    verifyBatch(bytes);
  } catch (error) {
    if (error instanceof LabError && error.code === 'batch-invalid') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('verifyBatch', () => {
  it.each([
    ['too short', encodeBatch({ records }).subarray(0, 60), /at least 61 bytes/],
    ['cut off', encodeBatch({ records }).subarray(0, -1), /bytes, but \d+ came/],
    ['followed by more', Buffer.concat([encodeBatch({ records }), Buffer.alloc(1)]), /bytes, but \d+ came/],
    ['of another magic', changed((bytes) => bytes.writeInt8(1, 16)), /format 1/],
    ['empty', changed((bytes) => bytes.writeInt32BE(0, 57)), /holds 0 records/],
    ['short of offsets', changed((bytes) => bytes.writeInt32BE(1, 23)), /3 records but only 2 offsets/],
    ['of more records than it says', changed((bytes) => bytes.writeInt32BE(2, 57)), /after its last record/],
    ['of fewer records than it says', changed((bytes) => (bytes.writeInt32BE(4, 57), bytes.writeInt32BE(3, 23))), /ends in the middle/],
    ['with a repeated offset', changed((bytes) => bytes.writeUInt8(0, 61 + 8 + 3)), /offset delta 0/],
  ])('refuses a batch that is %s', (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });

  it('finds any flipped bit behind the checksum', () => {
    fc.assert(
      fc.property(newRecords, fc.nat(), fc.nat({ max: 7 }), (someRecords, place, bit) => {
        const bytes = encodeBatch({ records: someRecords });
        const at = 17 + (place % (bytes.length - 17));
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        expect(refusal(bytes)).toMatch(/checksum/);
      }),
    );
  });

  it.each([
    [1, 'gzip'],
    [2, 'snappy'],
    [3, 'lz4'],
    [4, 'zstd'],
    [6, 'the codec 6, which is unknown'],
  ])('refuses a batch that says codec %i and is not compressed with it', (codec, name) => {
    const bytes = changed((batch) => batch.writeInt16BE(codec, 21));
    expect(refusal(bytes)).toContain(`compressed with ${name}`);
    expect(() => decodeBatch(bytes)).toThrow(`compressed with ${name}`);
  });

  it('takes every timestamp from the header where the broker set it', () => {
    const bytes = changed((batch) => (batch.writeInt16BE(8, 21), batch.writeBigInt64BE(77n, 35)));
    expect(verifyBatch(bytes)).toMatchObject({ minTimestamp: 77n, maxTimestamp: 77n });
    expect(decodeBatch(bytes).map(({ timestamp }) => timestamp)).toEqual([77n, 77n, 77n]);
  });
});

it('decoding of noise ends with batch-invalid, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), (noise) => {
      const bytes = Buffer.concat([encodeBatch({ records }).subarray(0, 61), noise]);
      bytes.writeInt32BE(1 + (noise.length % 5), 57);
      try {
        decodeBatch(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'batch-invalid' });
      }
    }),
    { numRuns: 1000 },
  );
});
