/** A batch without its first records is the batch that its other records would have been in alone. */
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS } from '../../../../main/api/streams.ts';
import { cutBatch } from '../../../../main/log/batch/cut.ts';
import { seal } from '../../../../main/log/batch/encode.ts';
import { ATTRIBUTES_AT, CRC_AT, MAX_TIMESTAMP_AT, RECORDS_AT } from '../../../../main/log/batch/layout.ts';
import { attributesOf, decodeBatch, decodeBatchHeader, encodeBatch, verifyBatch } from '../../../../main/log/index.ts';
import { newRecords } from './arbitrary.ts';

const LOG_APPEND_TIME = 0x08;
const DELETE_HORIZON = 0x40;

/** With the checksum that belongs to what was changed. */
function resealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT);
  return bytes;
}

const record = (timestamp: bigint, value = 'v') => ({ key: null, value: Buffer.from(value), headers: [], timestamp });

/** Records without a value at these offset deltas, each with its own delta of time. */
function withGaps(deltas: readonly number[], lastOffsetDelta: number, firstSequence = -1): Buffer {
  const records = deltas.flatMap((delta) => [6, 0x80, 2 * delta, 2 * delta, 1, 1, 0].map((byte, at) => (at === 0 ? 2 * byte : byte)));
  const plain = Buffer.concat([Buffer.alloc(RECORDS_AT), Buffer.from(records)]);
  const greatest = BigInt(deltas.at(-1)!);
  return seal(plain, {
    ...{ attributes: 0, count: deltas.length, baseTimestamp: 1_000n, maxTimestamp: 1_000n + greatest, lastOffsetDelta, baseOffset: 100n },
    ...(firstSequence < 0 ? {} : { producerId: 5n, producerEpoch: 1, firstSequence }),
  });
}

describe('a batch that is cut', () => {
  it('is byte for byte the batch of the records that are left, with every codec', () => {
    const numbered = fc.option(
      fc.record({
        producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        producerEpoch: fc.nat({ max: 32_767 }),
        firstSequence: fc.oneof(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 2 ** 31 - 50, max: 2 ** 31 - 1 })),
      }),
      { nil: null },
    );
    const offsets = fc.bigInt({ min: 0n, max: 2n ** 62n });
    fc.assert(
      fc.property(newRecords, fc.constantFrom(...CODECS), numbered, offsets, fc.nat(99), (records, codec, who, baseOffset, at) => {
        const gone = at % records.length;
        const attributes = attributesOf(codec);
        const whole = encodeBatch({ records, attributes, baseOffset, leaderEpoch: 3, ...who });
        const cut = cutBatch(whole, baseOffset + BigInt(gone))!;
        const rest = encodeBatch({
          ...{ records: records.slice(gone), attributes, baseOffset: baseOffset + BigInt(gone), leaderEpoch: 3 },
          ...(who && { ...who, firstSequence: (who.firstSequence + gone) % 2 ** 31 }),
        });
        expect(cut).toEqual(rest);
        expect(decodeBatch(cut)).toEqual(decodeBatch(whole).slice(gone));
        verifyBatch(cut);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves what was given as it is', () => {
    const whole = encodeBatch({ records: [record(1n), record(2n)], baseOffset: 7n });
    const before = Buffer.from(whole);
    cutBatch(whole, 8n);
    expect(whole).toEqual(before);
  });

  it('has the time that the log gave, also where records tell of others', () => {
    const whole = encodeBatch({ records: [record(10n), record(30n), record(20n)], attributes: LOG_APPEND_TIME });
    whole.writeBigInt64BE(99n, MAX_TIMESTAMP_AT);
    const cut = cutBatch(resealed(whole), 1n)!;
    expect(decodeBatch(cut).map(({ timestamp }) => timestamp)).toEqual([99n, 99n]);
    expect(decodeBatchHeader(cut)).toMatchObject({ attributes: LOG_APPEND_TIME, maxTimestamp: 99n, baseTimestamp: 30n });
  });

  it('keeps a base timestamp that is no record’s, and names the greatest that is left', () => {
    const cut = cutBatch(encodeBatch({ records: [record(90n), record(30n), record(20n)], attributes: DELETE_HORIZON }), 1n)!;
    expect(decodeBatch(cut).map(({ timestamp }) => timestamp)).toEqual([30n, 20n]);
    expect(decodeBatchHeader(cut)).toMatchObject({ baseTimestamp: 90n, maxTimestamp: 30n });
  });

  it('keeps gaps between offsets, and what is not of the format it knows in a record', () => {
    const whole = withGaps([0, 3, 9], 12, 40);
    for (const offset of [101n, 102n, 103n]) {
      const cut = cutBatch(whole, offset)!;
      expect(verifyBatch(cut)).toMatchObject({
        baseOffset: 103n,
        recordCount: 2,
        lastOffsetDelta: 9,
        firstSequence: 43,
        minTimestamp: 1_003n,
      });
      expect(decodeBatch(cut).map(({ offset: at }) => at)).toEqual([103n, 109n]);
      // The attributes of a record, which nobody uses yet.
      expect(cut[RECORDS_AT + 1]).toBe(0x80);
    }
    expect(cutBatch(whole, 110n)).toBeNull();
  });

  it('keeps names of headers that are no UTF-8', () => {
    const whole = encodeBatch({ records: [record(1n), { ...record(2n), headers: [['ab', Buffer.from('c')]] }] });
    const at = whole.indexOf('ab');
    whole.set([0xff, 0xfe], at);
    const cut = cutBatch(resealed(whole), 1n)!;
    expect(cut.includes(Buffer.from([0xff, 0xfe]))).toBe(true);
  });

  it('is refused where its records are not what it says', () => {
    const whole = withGaps([0, 1, 2], 2);
    const tooMany = Buffer.from(whole);
    tooMany.writeInt32BE(2_000_000_000, 57);
    const tooLong = Buffer.from(whole);
    tooLong[RECORDS_AT] = 0x7e;
    const tooShort = Buffer.from(whole);
    tooShort[RECORDS_AT] = 2;
    for (const broken of [tooMany, tooLong, tooShort]) {
      expect(() => cutBatch(broken, 101n)).toThrow(expect.objectContaining({ code: 'batch-invalid' }) as Error);
    }
  });
});
