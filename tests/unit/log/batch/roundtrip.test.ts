import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
  iterateBatch,
  patchBatch,
  verifyBatch,
  type LogRecord,
  type NewRecord,
} from '../../../../main/log/index.ts';
import { newRecords } from './arbitrary.ts';

/** Buffers as plain arrays, so that only contents are compared. */
function plain({ key, value, headers, timestamp }: NewRecord): unknown {
  const list = (bytes: Uint8Array | null): number[] | null => bytes && [...bytes];
  return { key: list(key), value: list(value), headers: headers.map(([name, bytes]) => [name, list(bytes)]), timestamp };
}

describe('encode and decode', () => {
  it('gives back every record, with its offset', () => {
    fc.assert(
      fc.property(newRecords, fc.bigInt({ min: 0n, max: 2n ** 62n }), fc.nat(), (records, baseOffset, leaderEpoch) => {
        const bytes = encodeBatch({ records, baseOffset, leaderEpoch });
        const decoded = decodeBatch(bytes);
        expect(decoded.map(plain)).toEqual(records.map(plain));
        expect(decoded.map(({ offset }) => offset)).toEqual(records.map((_, index) => baseOffset + BigInt(index)));
        const timestamps = records.map(({ timestamp }) => timestamp);
        expect(verifyBatch(bytes)).toMatchObject({
          baseOffset,
          leaderEpoch,
          recordCount: records.length,
          lastOffsetDelta: records.length - 1,
          minTimestamp: timestamps.reduce((a, b) => (a < b ? a : b)),
          maxTimestamp: timestamps.reduce((a, b) => (a > b ? a : b)),
        });
        expect(decodeBatchHeader(bytes).maxTimestamp).toBe(verifyBatch(bytes).maxTimestamp);
      }),
      { numRuns: 300 },
    );
  });

  it('can be read one record at a time, and stopped', () => {
    const records = [1n, 2n, 3n].map((timestamp) => ({ key: null, value: Buffer.from('v'), headers: [], timestamp }));
    const seen: LogRecord[] = [];
    for (const record of iterateBatch(encodeBatch({ records }))) {
      seen.push(record);
      if (seen.length === 2) break;
    }
    expect(seen.map(({ timestamp }) => timestamp)).toEqual([1n, 2n]);
  });

  it('keeps the producer’s fields, and lets the broker set its own without touching the checksum', () => {
    const record = { key: null, value: null, headers: [], timestamp: 5n };
    const bytes = encodeBatch({ records: [record], producerId: 2n ** 60n, producerEpoch: 7, firstSequence: 99 });
    patchBatch(bytes, { baseOffset: 2n ** 40n + 3n, leaderEpoch: 12 });
    expect(verifyBatch(bytes)).toMatchObject({
      baseOffset: 2n ** 40n + 3n,
      leaderEpoch: 12,
      producerId: 2n ** 60n,
      producerEpoch: 7,
      firstSequence: 99,
    });
    expect(decodeBatch(bytes)[0]?.offset).toBe(2n ** 40n + 3n);
  });

  it('decodes views into larger memory', () => {
    const bytes = encodeBatch({ records: [{ key: Buffer.from('k'), value: null, headers: [['h', null]], timestamp: -1n }] });
    const room = new Uint8Array(bytes.length + 20);
    room.set(bytes, 7);
    expect(decodeBatch(room.subarray(7, 7 + bytes.length)).map(plain)).toEqual([
      { key: [107], value: null, headers: [['h', null]], timestamp: -1n },
    ]);
  });

  it('refuses a batch without records, and one that is too large', () => {
    expect(() => encodeBatch({ records: [] })).toThrow(expect.objectContaining({ code: 'batch-invalid' }));
    const value = Buffer.alloc(9 * 1024 * 1024);
    expect(() => encodeBatch({ records: [{ key: null, value, headers: [], timestamp: 0n }] })).toThrow(
      expect.objectContaining({ code: 'batch-too-large' }),
    );
  });
});
