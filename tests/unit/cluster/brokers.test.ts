/** Several brokers: where shards go, one order over all of them, what happens to the rest when one dies, and that the workspace keeps them. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LabStatus } from '../../../main/api/lab.ts';
import { openLab, readWhole, record, seeded, temporaryFolder, text, type TestLab } from '../openLab.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
beforeEach(async () => {
  temporary = temporaryFolder();
  lab = await openLab(temporary.folder, { brokers: 3 });
});
afterEach(async () => {
  await lab.close();
  temporary.remove();
});

async function status(): Promise<LabStatus> {
  for await (const told of lab.client.lab.watch({})) return told;
  throw new Error('The state of the lab is not told any more.');
}

async function brokersOf(stream: string): Promise<number[]> {
  const found = (await lab.client.streams.list({})).find(({ name }) => name === stream);
  return found!.shards.map(({ brokerId }) => brokerId);
}

const isUp = async (id: number): Promise<boolean> => (await status()).brokers.find((broker) => broker.id === id)?.state === 'up';

async function kill(id: number): Promise<void> {
  await lab.client.lab.killBroker({ id });
  await vi.waitFor(async () => expect(await isUp(id)).toBe(false), { interval: 2 });
}

describe('placement', () => {
  it('spreads the shards of a stream, the fewest first, over files of their own', async () => {
    await lab.client.streams.create({ name: 'five', shards: 5 });
    await lab.client.streams.create({ name: 'one', shards: 1 });
    expect(await brokersOf('five')).toEqual([1, 2, 3, 1, 2]);
    expect(await brokersOf('one')).toEqual([3]);
    expect((await status()).brokers.map(({ file }) => file)).toEqual(['broker-1.sqlite', 'broker-2.sqlite', 'broker-3.sqlite']);
    for (const id of [1, 2, 3]) expect(existsSync(path.join(temporary.folder, `broker-${id}.sqlite`))).toBe(true);
  });

  it('is kept by the workspace; fewer brokers are refused, more are added', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 3 });
    await lab.client.produce.append({ stream: 'orders', records: [0, 1, 2].map((shard) => record(String(shard), { shard })) });
    await lab.close();
    await expect(openLab(temporary.folder, { brokers: 2 })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'This workspace has 3 brokers, each with shards of its own; it can not be opened with 2.',
    });
    await expect(openLab(temporary.folder, { brokers: 6 })).rejects.toMatchObject({ code: 'bad-input' });
    lab = await openLab(temporary.folder);
    expect(await brokersOf('orders')).toEqual([1, 2, 3]);
    await lab.close();
    lab = await openLab(temporary.folder, { brokers: 4 });
    expect((await status()).brokers).toHaveLength(4);
    expect((await readWhole(lab.client, 'orders')).records).toHaveLength(3);
  });

  it('goes to a broker that is added while the lab runs, up to five', async () => {
    expect(await lab.client.lab.addBroker({})).toMatchObject({ id: 4, state: 'up' });
    await lab.client.streams.create({ name: 'orders', shards: 4 });
    expect(await brokersOf('orders')).toEqual([1, 2, 3, 4]);
    await lab.client.lab.addBroker({});
    await expect(lab.client.lab.addBroker({})).rejects.toMatchObject({ code: 'too-many' });
    await lab.close();
    lab = await openLab(temporary.folder);
    expect((await status()).brokers).toHaveLength(5);
  });
});

describe('one order over several brokers', () => {
  it('is the same however the rows are asked for, while events arrive', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 5 });
    const random = seeded(7);
    const COUNT = 1_500;
    let sent = 0;
    const producer = async (): Promise<void> => {
      while (sent < COUNT) {
        const records = Array.from({ length: 1 + Math.floor(random() * 20) }, () =>
          record(String(sent++), { shard: Math.floor(random() * 5) }),
        );
        await lab.client.produce.append({ stream: 'orders', records });
      }
    };
    const seen = new Map<number, string>();
    let isOver = false;
    /** A row that was shown is never another one later. */
    const reader = async (): Promise<void> => {
      while (!isOver) {
        const { rows } = await lab.client.events.window({ stream: 'orders', from: 'end', limit: 60 });
        for (const { row, shard, offset } of rows) {
          const place = `${shard}:${offset}`;
          expect(seen.get(row) ?? place).toBe(place);
          seen.set(row, place);
        }
      }
    };
    const reading = reader();
    await Promise.all([producer(), producer(), producer()]);
    isOver = true;
    await reading;

    const whole: string[] = [];
    for (let from = 0; from < sent; from += 500) {
      const { rows, endRow } = await lab.client.events.window({ stream: 'orders', from, limit: 500 });
      expect(endRow).toBe(sent);
      whole.push(...rows.map(({ shard, offset }) => `${shard}:${offset}`));
    }
    expect(new Set(whole).size).toBe(sent);
    for (const [row, place] of seen) expect(whole[row]).toBe(place);
    for (let round = 0; round < 60; round++) {
      const row = Math.floor(random() * sent);
      const [shard, offset] = whole[row]!.split(':') as [string, string];
      expect(await lab.client.events.rowOf({ stream: 'orders', shard: Number(shard), offset: BigInt(offset) })).toEqual({ row });
      const { rows } = await lab.client.events.window({ stream: 'orders', from: row, limit: 1 });
      expect(rows.map((each) => `${each.shard}:${each.offset}`)).toEqual([whole[row]]);
    }
    const { records } = await readWhole(lab.client, 'orders');
    expect(records.map(({ shard, offset }) => `${shard}:${offset}`)).toEqual(whole);
  });

  it('shows what was just acknowledged', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 3 });
    for (let n = 0; n < 60; n++) {
      await lab.client.produce.append({ stream: 'orders', records: [record(String(n), { shard: n % 3 })] });
      const { rows, endRow } = await lab.client.events.window({ stream: 'orders', from: 'end', limit: 1 });
      expect([rows[0]?.value?.text, endRow]).toEqual([String(n), n + 1]);
    }
    expect((await readWhole(lab.client, 'orders')).records.map(({ value }) => text(value))).toEqual(
      Array.from({ length: 60 }, (_, n) => String(n)),
    );
  });
});

describe('a broker that dies', () => {
  it('takes its shards away and no other, and brings them back', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 3 });
    for (const shard of [0, 1, 2]) await lab.client.produce.append({ stream: 'orders', records: [record(String(shard), { shard })] });
    await kill(2);
    const [stream] = await lab.client.streams.list({});
    expect(stream!.shards.map(({ available }) => available)).toEqual([true, false, true]);
    await lab.client.produce.append({ stream: 'orders', records: [record('while', { shard: 2 })] });
    await expect(lab.client.produce.append({ stream: 'orders', records: [record('lost', { shard: 1 })] })).rejects.toMatchObject({
      code: 'broker-down',
    });
    const some = await lab.client.events.window({ stream: 'orders', shards: [0, 2], from: 0, limit: 10 });
    expect(some.rows.map(({ value }) => value?.text)).toEqual(['0', '2', 'while']);
    await vi.waitFor(async () => expect(await isUp(2)).toBe(true), { interval: 20 });
    const { records } = await readWhole(lab.client, 'orders');
    expect(records.map(({ value }) => text(value))).toEqual(['0', '1', '2', 'while']);
  });

  it('refuses an append that needs it before the others have any of it', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 3 });
    await kill(3);
    await expect(
      lab.client.produce.append({ stream: 'orders', records: [0, 1, 2].map((shard) => record(String(shard), { shard })) }),
    ).rejects.toMatchObject({ code: 'broker-down' });
    await vi.waitFor(async () => expect(await isUp(3)).toBe(true), { interval: 20 });
    expect((await readWhole(lab.client, 'orders')).records).toEqual([]);
  });

  it('is not needed for a new stream', async () => {
    await kill(1);
    await lab.client.streams.create({ name: 'meanwhile', shards: 2 });
    expect(await brokersOf('meanwhile')).toEqual([2, 3]);
  });
});

describe('durability', () => {
  it('is changed while the lab runs, and kept', async () => {
    expect((await status()).durability).toBe('fast');
    await lab.client.lab.changeSettings({ durability: 'safe' });
    expect((await status()).durability).toBe('safe');
    await lab.close();
    lab = await openLab(temporary.folder, { durability: null });
    expect((await status()).durability).toBe('safe');
  });
});
