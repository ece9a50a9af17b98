/** The quick ways into a batch and out of it give what encodeBatch and decodeBatch give. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordColumns } from '../../../../main/log/batch/columns.ts';
import { attributesOf, BatchWriter, decodeBatch, encodeBatch } from '../../../../main/log/index.ts';
import { newRecords, timestamp } from './arbitrary.ts';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme-ascii', maxLength: 300 }));
const texts = fc.array(
  fc.record({
    key: fc.option(text, { nil: null }),
    value: fc.option(text, { nil: null }),
    headers: fc.array(fc.tuple(text, fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null })), { maxLength: 3 }),
    timestamp,
  }),
  { minLength: 1, maxLength: 100 },
);
const bytesOf = (content: string | null): Buffer | null => (content === null ? null : Buffer.from(content));

describe('a batch that is written record by record', () => {
  it('is the batch that its records are encoded as, byte by byte, and says how large they are', () => {
    fc.assert(
      fc.property(newRecords, (records) => {
        const writer = new BatchWriter();
        const before = writer.bytes;
        const sizes = records.map(({ key, value, headers, timestamp: at }) => writer.add(key, value, headers, at));
        expect(writer.bytes - before).toBe(sizes.reduce((sum, bytes) => sum + bytes, 0));
        expect(writer.count).toBe(records.length);
        const numbered = { producerId: 7n, producerEpoch: 1, firstSequence: 12 };
        expect(writer.finish(numbered)).toEqual(encodeBatch({ records, ...numbered }));
      }),
      { numRuns: 300 },
    );
  });

  it('takes text as what it is in UTF-8', () => {
    fc.assert(
      fc.property(texts, (records) => {
        const writer = new BatchWriter(attributesOf('zstd'));
        for (const { key, value, headers, timestamp: at } of records) writer.add(key, value, headers, at);
        const encoded = records.map(({ key, value, ...rest }) => ({ ...rest, key: bytesOf(key), value: bytesOf(value) }));
        expect(writer.finish()).toEqual(encodeBatch({ records: encoded, attributes: attributesOf('zstd') }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a batch as columns', () => {
  it('has of each record what it has when it is decoded', () => {
    fc.assert(
      fc.property(newRecords, fc.bigInt({ min: 0n, max: 2n ** 62n }), fc.boolean(), (records, baseOffset, isCompressed) => {
        const bytes = encodeBatch({ records, baseOffset, attributes: attributesOf(isCompressed ? 'lz4' : 'none') });
        const columns = new RecordColumns(bytes);
        expect(columns.count).toBe(records.length);
        decodeBatch(bytes).forEach((record, index) => {
          expect(columns.record(index)).toEqual(record);
          expect(columns.offset(index)).toBe(record.offset);
          expect(columns.offsetText(index)).toBe(String(record.offset));
          expect(columns.timestamp(index)).toBe(Number(record.timestamp));
          expect(columns.hasHeaders(index)).toBe(record.headers.length > 0);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('gives text where it is UTF-8, and says where it is not', () => {
    const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const textOrNot = (content: Uint8Array): string | undefined => {
      try {
        return utf8.decode(content);
      } catch {
        return undefined;
      }
    };
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      text.map((each) => new Uint8Array(Buffer.from(`${each}\ufffd`))),
    );
    fc.assert(
      fc.property(content, content, (key, value) => {
        const columns = new RecordColumns(encodeBatch({ records: [{ key, value, headers: [], timestamp: 0n }] }));
        expect(columns.keyText(0)).toBe(textOrNot(key));
        expect(columns.valueText(0)).toBe(textOrNot(value));
        const slash = key.indexOf(0x2f);
        expect(columns.keyBytesBefore(0, 0x2f)).toBe(slash);
        expect(columns.keyText(0, slash + 1)).toBe(textOrNot(key.subarray(slash + 1)));
      }),
      { numRuns: 1_000 },
    );
    const columns = new RecordColumns(encodeBatch({ records: [{ key: null, value: null, headers: [], timestamp: 0n }] }));
    expect([columns.keyText(0), columns.valueText(0), columns.keyBytesBefore(0, 0x2f)]).toEqual([null, null, -1]);
  });

  it('refuses bytes that are cut off, or not as many as they say', () => {
    const bytes = encodeBatch({ records: [{ key: Buffer.from('key'), value: Buffer.from('value'), headers: [], timestamp: 0n }] });
    for (let length = 62; length < bytes.length; length++) {
      expect(() => new RecordColumns(bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: 'batch-invalid' }));
    }
    const many = Buffer.from(bytes);
    many.writeInt32BE(2 ** 31 - 1, 57);
    expect(() => new RecordColumns(many)).toThrow(expect.objectContaining({ code: 'batch-invalid' }));
  });
});
