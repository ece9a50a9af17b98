import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, shardForKey } from '../../../../main/api/murmur2.ts';
import { createPartitioner } from '../../../../main/log/index.ts';

const theirMurmur2 = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js');

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest#testMurmur2
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is Kafka’s', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('is that of kafkajs for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(murmur2(bytes)).toBe(theirMurmur2(Buffer.from(bytes)));
      }),
    );
  });

  it('places a key among the shards', () => {
    expect(shardForKey(Buffer.from('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7);
  });
});

describe('the partitioner', () => {
  const key = Buffer.from('k');

  it('lets the key decide', () => {
    const partitioner = createPartitioner(5, () => 0);
    expect(partitioner.shardFor(key)).toBe(shardForKey(key, 5));
  });

  it('takes an empty key for a key', () => {
    const partitioner = createPartitioner(5, () => 0.99);
    partitioner.newBatch();
    const empty = new Uint8Array();
    expect(partitioner.shardFor(empty)).toBe(shardForKey(empty, 5));
  });

  it('stays on a shard without a key until the batch is closed, then always takes another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (shardCount, randoms) => {
          const partitioner = createPartitioner(shardCount, () => randoms.next().value);
          for (let batch = 0; batch < 10; batch++) {
            const shard = partitioner.shardFor(null);
            expect(partitioner.shardFor(null)).toBe(shard);
            expect(shard).toBeLessThan(shardCount);
            partitioner.newBatch();
            expect(partitioner.shardFor(null)).not.toBe(shard);
          }
        },
      ),
    );
  });
});
