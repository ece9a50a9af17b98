/** A stream that gets more shards: which keys move is told before, and nothing that is there does. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shardForKey } from '../../../main/api/murmur2.ts';
import { bytes, openLab, readWhole, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
const keys = Array.from({ length: 60 }, (_, number) => `shopper-${number}`);
beforeEach(async () => {
  temporary = temporaryFolder();
  lab = await openLab(temporary.folder, { brokers: 2 });
  await lab.client.streams.create({ name: 'orders', shards: 3 });
  await lab.client.produce.append({ stream: 'orders', records: keys.map((key) => record('before', { key: bytes(key) })) });
});
afterEach(async () => {
  await lab.close();
  temporary.remove();
});

it('tells before which of the newest keys will move', async () => {
  const preview = await lab.client.streams.previewGrowth({ name: 'orders', shards: 5 });
  const moving = keys.filter((key) => shardForKey(bytes(key), 3) !== shardForKey(bytes(key), 5));
  expect(preview).toMatchObject({ keys: 60, moved: moving.length });
  expect(preview.examples).toHaveLength(8);
  for (const { key, from, to } of preview.examples) {
    expect(moving).toContain(text(key));
    expect([from, to]).toEqual([shardForKey(key, 3), shardForKey(key, 5)]);
  }
});

it('places new events by all shards, leaves the others where they are, and stays so', async () => {
  const live = lab.client.events.read({ stream: 'orders', from: { at: 'latest' }, until: { at: 'live' } });
  const heard: (string | null)[] = [];
  let isListening = false;
  const listening = (async () => {
    for await (const { records } of live) {
      isListening = true;
      heard.push(...records.filter(({ value }) => text(value) === 'after').map(({ key }) => text(key)));
      if (heard.length >= keys.length) return;
    }
  })();
  let calls = 0;
  for (; !isListening; calls++) {
    await lab.client.produce.append({ stream: 'orders', records: [record('before', { key: bytes('are you there?') })] });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect((await lab.client.streams.grow({ name: 'orders', shards: 5 })).shards.map(({ brokerId }) => brokerId)).toEqual([1, 2, 1, 2, 1]);
  await lab.client.produce.append({ stream: 'orders', records: keys.map((key) => record('after', { key: bytes(key) })) });
  // A reader that was there before hears of the new shards too.
  await listening;
  expect(heard.toSorted()).toEqual(keys.toSorted());
  for (let round = 0; round < 2; round++) {
    const { records } = await readWhole(lab.client, 'orders');
    expect(records).toHaveLength(120 + calls);
    for (const { key, value, shard } of records) expect(shard).toBe(shardForKey(key!, text(value) === 'before' ? 3 : 5));
    await lab.close();
    lab = await openLab(temporary.folder);
  }
});

it('never gets fewer', async () => {
  for (const shards of [3, 2]) {
    await expect(lab.client.streams.grow({ name: 'orders', shards })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'The stream “orders” has 3 shards. It can get more, and never fewer.',
    });
  }
});
