/** Batches that may not have more than so many bytes. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS } from '../../../../main/api/streams.ts';
import {
  attributesOf,
  batchBytesOf,
  BatchWriter,
  compressionOf,
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
} from '../../../../main/log/index.ts';

/** Bytes that no codec makes smaller. */
const noise = (bytes: number): Buffer => createHash('shake256', { outputLength: bytes }).update('noise').digest();
const record = (value: Uint8Array) => ({ key: null, value, headers: [], timestamp: 5n });
const tooLarge = expect.objectContaining({ code: 'batch-too-large' }) as Error;

describe('a batch', () => {
  it('of exactly as many bytes is made, of one byte more it is not', () => {
    const bytes = encodeBatch({ records: [record(noise(3_000))] }).length;
    expect(encodeBatch({ records: [record(noise(3_000))], bytesMax: bytes })).toHaveLength(bytes);
    expect(() => encodeBatch({ records: [record(noise(3_000))], bytesMax: bytes - 1 })).toThrow(tooLarge);
  });

  it.each(CODECS.filter((codec) => codec !== 'none'))('that %s would make too large stays as it is', (codec) => {
    const records = [record(noise(3_000))];
    const attributes = attributesOf(codec);
    const plain = encodeBatch({ records }).length;
    expect(encodeBatch({ records, attributes }).length).toBeGreaterThan(plain);
    const made = encodeBatch({ records, attributes, bytesMax: plain });
    expect(compressionOf(decodeBatchHeader(made).attributes)).toBe('none');
    expect(decodeBatch(made)).toMatchObject([{ offset: 0n, timestamp: 5n }]);
    expect(() => encodeBatch({ records, attributes, bytesMax: plain - 1 })).toThrow(tooLarge);
  });

  it.each(CODECS.filter((codec) => codec !== 'none'))('that fits only by %s is compressed', (codec) => {
    const made = encodeBatch({ records: [record(Buffer.alloc(5_000, 'x'))], attributes: attributesOf(codec), bytesMax: 1024 });
    expect(compressionOf(decodeBatchHeader(made).attributes)).toBe(codec);
    expect(made.length).toBeLessThanOrEqual(1024);
    expect(decodeBatch(made)[0]!.value).toHaveLength(5_000);
  });

  it('of one record has as many bytes as are said before it is made', () => {
    const content = fc.option(fc.uint8Array({ maxLength: 300 }));
    const headers = fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 100 }), content), { maxLength: 4 });
    fc.assert(
      fc.property(content, content, headers, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (key, value, some, timestamp) => {
        const one = { key, value, headers: some, timestamp };
        expect(batchBytesOf(one)).toBe(encodeBatch({ records: [one] }).length);
      }),
    );
  });

  it('that is written record by record has room only for what fits for sure', () => {
    const content = fc.option(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.uint8Array({ maxLength: 400 })));
    const records = fc.array(fc.tuple(content, content, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(records, fc.constantFrom(...CODECS), fc.integer({ min: 4_000, max: 9_000 }), (all, codec, bytesMax) => {
        const batch = new BatchWriter(attributesOf(codec), bytesMax);
        for (const [key, value, timestamp] of all) if (batch.hasRoomFor(key, value, [])) batch.add(key, value, [], timestamp);
        expect(batch.finish().length).toBeLessThanOrEqual(bytesMax);
      }),
    );
    const small = new BatchWriter(0, 1024);
    small.add(null, 'x'.repeat(2_000), [], 0n);
    expect(() => small.finish()).toThrow(tooLarge);
  });
});
