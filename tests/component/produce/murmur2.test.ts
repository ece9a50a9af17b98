import { describe, expect, test } from 'vitest';
import { murmur2, shardForKey } from '../../../main/api/murmur2.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** From Kafka's own UtilsTest.testMurmur2. */
const kafkasVectors: [string, number][] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('murmur2', () => {
  test.each(kafkasVectors)('%s hashes as in Kafka', (text, hash) => expect(murmur2(bytes(text))).toBe(hash));

  test('takes a view into a larger buffer', () => {
    const large = bytes('xxabcxx');
    expect(murmur2(large.subarray(2, 5))).toBe(479470107);
  });

  test('an empty key has a hash too', () => expect(murmur2(bytes(''))).toBe(275646681));

  test('a negative hash is masked, not negated', () => {
    expect(shardForKey(bytes('21'), 3)).toBe((-973932308 & 0x7fffffff) % 3);
    expect(shardForKey(bytes('789'), 3)).toBeGreaterThanOrEqual(0);
  });
});
