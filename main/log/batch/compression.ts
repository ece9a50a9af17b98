/**
 * The codecs of Kafka's record batches. What is compressed is everything behind the record count; the header stays plain.
 * Source: https://kafka.apache.org/documentation/#recordbatch (attributes, bits 0–2), and for the framings:
 *
 * gzip    RFC 1952
 * snappy  xerial's frame, as Kafka's Java clients write it: 82 "SNAPPY" 00, version and least compatible version as int32, then chunks of an int32
 *         length and a raw snappy block each. Other clients (librdkafka) write one raw block without a frame: both are read
 * lz4     LZ4 frame, blocks of 64 KiB: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * zstd    RFC 8878
 */
import { createRequire } from 'node:module';
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type * as Lz4 from 'lz4-napi';
import type * as Snappy from 'snappy';
import { LabError } from '../../api/errors.ts';
import type { Codec } from '../../api/streams.ts';
import { BATCH_BYTES_MAX, bufferOver, compressionOf, RECORDS_AT } from './layout.ts';

const require = createRequire(import.meta.url);
/** Loaded with the first batch that needs them: most logs hold none, and each takes some megabytes in every thread that reads or writes one. */
const snappy = () => require('snappy') as typeof Snappy;
const lz4 = () => require('lz4-napi') as typeof Lz4;

/** What the records of one batch may be when they are no longer compressed, bytes: a small batch may not fill the memory. */
export const DECOMPRESSED_BYTES_MAX = 8 * BATCH_BYTES_MAX;

/** Compresses records. `none` gives the same bytes back. */
export function compress(codec: Codec, records: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return records;
    case 'gzip':
      return gzipSync(records);
    case 'snappy':
      return toXerial(records);
    case 'lz4':
      return lz4().compressFrameSync(records);
    case 'zstd':
      return zstdCompressSync(records, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  }
}

/** The records of a batch, plain, and where the first one begins. Throws `batch-invalid` for what is not of the codec that it names. */
export function plainRecords(batch: Uint8Array, attributes: number): { bytes: Buffer; at: number } {
  const codec = compressionOf(attributes);
  const bytes = bufferOver(batch);
  if (codec === 'none') return { bytes, at: RECORDS_AT };
  try {
    return { bytes: decompress(codec, bytes.subarray(RECORDS_AT)), at: 0 };
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new LabError('batch-invalid', `The record batch says that it is compressed with ${codec}, but can not be decompressed.`, {
      cause,
    });
  }
}

function decompress(codec: Exclude<Codec, 'none'>, bytes: Buffer): Buffer {
  switch (codec) {
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: DECOMPRESSED_BYTES_MAX });
    case 'snappy':
      return bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC) ? fromXerial(bytes) : fromSnappyBlocks([bytes]);
    case 'lz4':
      if (lz4BytesMax(bytes) > DECOMPRESSED_BYTES_MAX) throw tooLarge();
      return lz4().decompressFrameSync(bytes);
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength: DECOMPRESSED_BYTES_MAX });
  }
}

function tooLarge(): LabError {
  const mebibytes = DECOMPRESSED_BYTES_MAX / 1024 / 1024;
  return new LabError(
    'value-too-large',
    `The records of a batch have at most ${mebibytes} MiB when they are decompressed; these have more.`,
  );
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;
/** As Kafka's producer cuts it, bytes. */
const XERIAL_BLOCK_BYTES = 32 * 1024;

function toXerial(records: Buffer): Buffer {
  const header = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  const parts: Buffer[] = [header];
  for (let at = 0; at < records.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy().compressSync(records.subarray(at, at + XERIAL_BLOCK_BYTES), COPIED);
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

function fromXerial(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end > bytes.length || end < at + 4)
      throw new LabError('batch-invalid', `The record batch is malformed: a block of snappy reaches beyond the end, at byte ${at}.`);
    blocks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fromSnappyBlocks(blocks);
}

function fromSnappyBlocks(blocks: readonly Buffer[]): Buffer {
  if (blocks.reduce((sum, block) => sum + snappyBytes(block), 0) > DECOMPRESSED_BYTES_MAX) throw tooLarge();
  return Buffer.concat(blocks.map((block) => snappy().uncompressSync(block, { asBuffer: true, ...COPIED }) as Buffer));
}

/** Electron allows no memory that was not made by V8. */
const COPIED = { copyOutputData: true };

/** What a raw block says at its beginning that it holds: an unsigned varint. https://github.com/google/snappy/blob/main/format_description.txt */
function snappyBytes(block: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block.readUInt8(at);
    bytes += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return bytes;
  }
  throw new LabError('batch-invalid', 'The record batch is malformed: a block of snappy does not say how long it is.');
}

/** The most that an LZ4 block grows: each byte of a match length stands for up to 255. */
const LZ4_GROWTH_MAX = 255;

/** An upper bound of what the frame holds, bytes, taken from the sizes of its blocks without decompressing them. */
function lz4BytesMax(frame: Buffer): number {
  const flags = frame.readUInt8(4);
  const blockMax = 2 ** (8 + 2 * ((frame.readUInt8(5) >> 4) & 7));
  const [hasBlockChecksum, hasContentSize, hasDictionary] = [flags & 0x10, flags & 0x08, flags & 0x01];
  let at = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  let most = 0;
  while (at + 4 <= frame.length) {
    const size = frame.readUInt32LE(at) & 0x7fffffff;
    if (size === 0) break;
    most += Math.min(blockMax, size * LZ4_GROWTH_MAX);
    at += 4 + size + (hasBlockChecksum ? 4 : 0);
  }
  return most;
}
