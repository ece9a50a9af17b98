/** Bytes written down once: the format can never change unnoticed. */
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, verifyBatch } from '../../../../main/log/index.ts';

const vectors = [
  {
    name: 'one record with key, value and headers',
    hex: '000000000000002a00000047000000030231a48a7f0000000000000000018bcfe568000000018bcfe56800ffffffffffffffffffffffffffff000000012a000000066b65790a76616c75650402680278026e01',
    batch: {
      baseOffset: 42n,
      leaderEpoch: 3,
      records: [
        {
          key: Buffer.from('key'),
          value: Buffer.from('value'),
          headers: [
            ['h', Buffer.from('x')],
            ['n', null],
          ] as [string, Buffer | null][],
          timestamp: 1_700_000_000_000n,
        },
      ],
    },
  },
  {
    name: 'AD 718, then a later one without key or value',
    hex: '00000000000000000000004e0000000002922645df000000000001ffffdc1153b1b800ffffffffffffffffffffffffffffffffffffffffffff000000021e0000000012436f7661646f6e6761001800fe9ff2c4d5fb1102010100',
    batch: {
      records: [
        { key: Buffer.alloc(0), value: Buffer.from('Covadonga'), headers: [], timestamp: -39_508_000_000_000n },
        { key: null, value: null, headers: [], timestamp: -1n },
      ],
    },
  },
];

describe.each(vectors)('$name', ({ hex, batch }) => {
  it('is written so', () => {
    expect(encodeBatch(batch).toString('hex')).toBe(hex);
  });

  it('is read so', () => {
    const bytes = Buffer.from(hex, 'hex');
    verifyBatch(bytes);
    expect(decodeBatch(bytes)).toEqual(
      batch.records.map((record, index) => ({ ...record, offset: BigInt(index) + (batch.baseOffset ?? 0n) })),
    );
  });
});
