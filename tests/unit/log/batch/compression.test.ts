import fc from 'fast-check';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import { crc32c } from '@node-rs/crc32';
import { describe, expect, it } from 'vitest';
import { CODECS, type Codec } from '../../../../main/api/streams.ts';
import {
  attributesOf,
  DECOMPRESSED_BYTES_MAX,
  compressionOf,
  decodeBatch,
  decodeBatchHeader,
  encodeBatch,
  recordBytes,
  verifyBatch,
} from '../../../../main/log/index.ts';
import { newRecords } from './arbitrary.ts';

const RECORDS_AT = 61;
const codecs = CODECS.filter((codec) => codec !== 'none');

/** A batch whose header is sound and whose records are these bytes. */
function batchOf(codec: Codec, recordCount: number, records: Buffer): Buffer {
  const plain = encodeBatch({
    records: Array.from({ length: recordCount }, () => ({ key: null, value: null, headers: [], timestamp: 1n })),
  });
  const bytes = Buffer.concat([plain.subarray(0, RECORDS_AT), records]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt16BE(attributesOf(codec), 21);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

describe.each(codecs)('%s', (codec) => {
  it('gives back every record, and the same header but for sizes', () => {
    fc.assert(
      fc.property(newRecords, (records) => {
        const plain = encodeBatch({ records, baseOffset: 5n });
        const bytes = encodeBatch({ records, baseOffset: 5n, attributes: attributesOf(codec) });
        expect(compressionOf(decodeBatchHeader(bytes).attributes)).toBe(codec);
        expect(decodeBatch(bytes)).toEqual(decodeBatch(plain));
        const { sizeBytes: _sizeBytes, crc: _crc, attributes: _attributes, ...header } = verifyBatch(plain);
        expect(verifyBatch(bytes)).toMatchObject(header);
        expect(recordBytes(bytes, records.length - 1)).toEqual(recordBytes(plain, records.length - 1));
      }),
      { numRuns: 50 },
    );
  });

  it('makes what repeats smaller, over many blocks', () => {
    const value = Buffer.from('{"event":"viewed product","shopper":"789"}'.repeat(8));
    const records = Array.from({ length: 2_000 }, (_, index) => ({ key: null, value, headers: [], timestamp: BigInt(index) }));
    const bytes = encodeBatch({ records, attributes: attributesOf(codec) });
    expect(bytes.length).toBeLessThan(encodeBatch({ records }).length / 5);
    expect(decodeBatch(bytes)).toHaveLength(2_000);
  });

  it('a batch that is cut, or whose bytes are noise, is invalid and nothing else', () => {
    const records = Array.from({ length: 50 }, () => ({ key: null, value: Buffer.from('value'), headers: [], timestamp: 0n }));
    const whole = encodeBatch({ records, attributes: attributesOf(codec) }).subarray(RECORDS_AT);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 40 }), (length, noise) => {
        for (const bytes of [
          batchOf(codec, 50, whole.subarray(0, length)),
          batchOf(codec, 50, Buffer.concat([whole.subarray(0, length), noise])),
        ]) {
          try {
            verifyBatch(bytes);
            // Noise may happen to end the records as they were.
            expect(decodeBatch(bytes)).toHaveLength(50);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/^(batch-invalid|value-too-large)$/) as string });
          }
        }
      }),
    );
  });
});

it('a raw block of snappy, as librdkafka writes it, is read too', () => {
  const records = [1n, 2n].map((timestamp) => ({ key: null, value: Buffer.from('v'), headers: [], timestamp }));
  const plain = encodeBatch({ records });
  const bytes = batchOf('snappy', 2, compressSync(plain.subarray(RECORDS_AT)));
  expect(decodeBatch(bytes).map(({ value }) => value?.toString())).toEqual(['v', 'v']);
});

it.each([
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['snappy', (bytes: Buffer) => compressSync(bytes)],
  ['lz4', (bytes: Buffer) => compressFrameSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const)('a small batch of %s that would fill the memory is refused', (codec, compress) => {
  const bomb = batchOf(codec, 1, compress(Buffer.alloc(DECOMPRESSED_BYTES_MAX + 1)));
  expect(() => verifyBatch(bomb)).toThrow(/at most 64 MiB when they are decompressed/);
});
