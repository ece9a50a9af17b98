/** Keys land in the shard where Kafka's own producer would put them. */
import { expect, it } from 'vitest';
import { murmur2, shardForKey } from '../../../main/api/murmur2.ts';
import { createRandom } from '../seed.ts';
import { askKafka } from './library.ts';
import { base64, expectSameLines } from './lines.ts';

const SHARD_COUNTS = [1, 2, 3, 7, 12];
const KEYS = 20_000;
const KEY_BYTES_MAX = 70;

it('murmur2 and the shard of a key are Kafka’s', async () => {
  const random = createRandom(1);
  const keys: Buffer[] = ['', 'a', 'ab', 'abc', 'abcd', 'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', 'Grüße'].map((text) =>
    Buffer.from(text),
  );
  // Every length, and bytes that are negative in Java.
  for (let length = 0; length <= KEY_BYTES_MAX; length++) keys.push(Buffer.alloc(length, 0xff));
  for (let left = KEYS; left > 0; left--) keys.push(random.bytes(random.between(0, KEY_BYTES_MAX)));

  const theirs = await askKafka('hash', SHARD_COUNTS.map(String), keys.map((key) => `${base64(key)}\n`).join(''));
  const ours = keys.map((key) => [murmur2(key), ...SHARD_COUNTS.map((count) => shardForKey(key, count))].join('\t'));
  expectSameLines(ours, theirs);
  expect(new Set(theirs).size).toBeGreaterThan(KEYS * 0.9);
});
