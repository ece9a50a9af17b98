/** The format against an independent peer: what kafkajs writes we read, what we write it reads. */
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, verifyBatch } from '../../../../main/log/index.ts';

const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js');
const KafkaRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder.js');
const Decoder = require('kafkajs/src/protocol/decoder.js');
const Long = require('kafkajs/src/utils/long.js');

interface TheirRecord {
  offsetDelta: number;
  timestampDelta: number | string;
  key: Buffer | null;
  value: Buffer | null;
  headers?: Record<string, Buffer>;
}

async function theirs(records: TheirRecord[], firstTimestamp: number | string, maxTimestamp: number | string): Promise<Buffer> {
  const encoder = await RecordBatch({
    firstOffset: Long.fromValue('1000'),
    firstTimestamp: Long.fromValue(firstTimestamp),
    maxTimestamp: Long.fromValue(maxTimestamp),
    partitionLeaderEpoch: 4,
    lastOffsetDelta: records.at(-1)?.offsetDelta,
    records: records.map((record) => KafkaRecord(record)),
  });
  return encoder.buffer;
}

describe('kafkajs', () => {
  it('is read', async () => {
    const bytes = await theirs(
      [
        {
          offsetDelta: 0,
          timestampDelta: 0,
          key: Buffer.from('k0'),
          value: Buffer.from('v0'),
          headers: { a: Buffer.from('1'), b: Buffer.from('') },
        },
        { offsetDelta: 1, timestampDelta: 300, key: null, value: Buffer.from('ünï') },
        { offsetDelta: 2, timestampDelta: 70_000, key: Buffer.alloc(0), value: null },
      ],
      1_509_928_155_660,
      1_509_928_225_660,
    );
    expect(verifyBatch(bytes)).toMatchObject({
      baseOffset: 1000n,
      leaderEpoch: 4,
      minTimestamp: 1_509_928_155_660n,
      maxTimestamp: 1_509_928_225_660n,
    });
    expect(decodeBatch(bytes)).toEqual([
      {
        offset: 1000n,
        timestamp: 1_509_928_155_660n,
        key: Buffer.from('k0'),
        value: Buffer.from('v0'),
        headers: [
          ['a', Buffer.from('1')],
          ['b', Buffer.alloc(0)],
        ],
      },
      { offset: 1001n, timestamp: 1_509_928_155_960n, key: null, value: Buffer.from('ünï'), headers: [] },
      { offset: 1002n, timestamp: 1_509_928_225_660n, key: Buffer.alloc(0), value: null, headers: [] },
    ]);
  });

  it('is read with gaps between offsets', async () => {
    const bytes = await theirs(
      [2, 5, 90].map((offsetDelta) => ({ offsetDelta, timestampDelta: 0, key: null, value: Buffer.from(String(offsetDelta)) })),
      7,
      7,
    );
    expect(verifyBatch(bytes)).toMatchObject({ recordCount: 3, lastOffsetDelta: 90 });
    expect(decodeBatch(bytes).map(({ offset }) => offset)).toEqual([1002n, 1005n, 1090n]);
  });

  it('reads ours', async () => {
    const records = Array.from({ length: 300 }, (_, index) => ({
      key: index % 3 === 0 ? null : Buffer.from(`key ${index}`),
      value: index % 7 === 0 ? null : Buffer.alloc(index, index),
      headers: [['n', Buffer.from(String(index))]] as [string, Buffer][],
      timestamp: 1_700_000_000_000n + BigInt((index * 7919) % 1000) - 500n,
    }));
    const read = await decodeTheirs(new Decoder(encodeBatch({ records, baseOffset: 2n ** 40n })));
    expect(read.records).toHaveLength(300);
    for (const [index, record] of read.records.entries()) {
      expect(record.offset).toBe(String(2n ** 40n + BigInt(index)));
      expect(record.timestamp).toBe(String(records[index]?.timestamp));
      expect(record.key).toEqual(records[index]?.key);
      expect(record.value).toEqual(records[index]?.value);
      expect(record.headers.n.toString()).toBe(String(index));
    }
  });

  it('writes the same bytes', async () => {
    const records = Array.from({ length: 200 }, (_, index) => ({
      key: index % 2 === 0 ? null : Buffer.from(`k${index}`),
      value: Buffer.alloc(index, 'x'),
      headers: [['n', Buffer.from(String(index))]] as [string, Buffer][],
      timestamp: -5_000n + BigInt(index * 100_000),
    }));
    const { buffer } = await RecordBatch({
      firstOffset: Long.fromValue('1000'),
      firstTimestamp: Long.fromValue(-5_000),
      maxTimestamp: Long.fromValue(-5_000 + 199 * 100_000),
      partitionLeaderEpoch: 4,
      lastOffsetDelta: 199,
      producerId: Long.fromValue('123456789012'),
      producerEpoch: 3,
      firstSequence: 17,
      records: records.map(({ key, value, headers }, index) =>
        KafkaRecord({ offsetDelta: index, timestampDelta: index * 100_000, key, value, headers: Object.fromEntries(headers) }),
      ),
    });
    const ours = encodeBatch({
      records,
      baseOffset: 1000n,
      leaderEpoch: 4,
      producerId: 123_456_789_012n,
      producerEpoch: 3,
      firstSequence: 17,
    });
    expect(ours.toString('hex')).toBe(buffer.toString('hex'));
  });

  it('reads our timestamps before 1970', async () => {
    const records = [-39_508_000_000_000n, -39_508_000_000_001n, 0n, 1_700_000_000_000n].map((timestamp) => ({
      key: null,
      value: null,
      headers: [],
      timestamp,
    }));
    const read = await decodeTheirs(new Decoder(encodeBatch({ records })));
    expect(read.records.map(({ timestamp }: { timestamp: string }) => BigInt(timestamp))).toEqual(
      records.map(({ timestamp }) => timestamp),
    );
  });
});
