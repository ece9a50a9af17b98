/** How late an event is: against the rows before it, over the shards and brokers of its stream. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLab, record, seeded, temporaryFolder, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const newestBefore = async (stream: string, shard: number, offset: bigint) =>
  (await lab.client.events.get({ stream, shard, offset })).newestBefore;

describe('events.get tells the greatest timestamp of the rows before', () => {
  it('in the shard and in others, of earlier appends', async () => {
    await lab.client.streams.create({ name: 'orders', shards: 2 });
    const append = (shard: number, ...times: bigint[]) =>
      lab.client.produce.append({ stream: 'orders', records: times.map((timestamp) => record('x', { shard, timestamp })) });
    await append(0, 1_000n, 5_000n, 2_000n);
    await append(1, 3_000n);
    await append(1, 9_000n);
    await append(0, 8_000n);
    expect(await newestBefore('orders', 0, 0n)).toBeNull();
    expect(await newestBefore('orders', 0, 1n)).toBe(1_000n);
    expect(await newestBefore('orders', 0, 2n)).toBe(5_000n);
    expect(await newestBefore('orders', 1, 0n)).toBe(5_000n);
    expect(await newestBefore('orders', 0, 3n)).toBe(9_000n);
  });

  it('without those that have no time', async () => {
    await lab.client.streams.create({ name: 'timeless', shards: 1 });
    await lab.client.produce.append({
      stream: 'timeless',
      records: [-1n, -1n, 7n].map((timestamp) => record('x', { shard: 0, timestamp })),
    });
    expect(await newestBefore('timeless', 0, 1n)).toBeNull();
    expect(await newestBefore('timeless', 0, 2n)).toBeNull();
  });

  it('as the rows themselves say, of many appends over three shards', async () => {
    const random = seeded(7);
    await lab.client.streams.create({ name: 'many', shards: 3 });
    for (let part = 0; part < 150; part++) {
      const records = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        record('x', { shard: Math.floor(random() * 3), timestamp: BigInt(part * 100 + Math.floor(random() * 1_000)) }),
      );
      await lab.client.produce.append({ stream: 'many', records });
    }
    const { rows } = await lab.client.events.window({ stream: 'many', from: 0, limit: 500 });
    let newest: bigint | null = null;
    for (const [at, { shard, offset, timestamp }] of rows.entries()) {
      if (at % 7 === 0) expect(await newestBefore('many', shard, offset), `row ${at}`).toBe(newest);
      if (newest === null || timestamp > newest) newest = timestamp;
    }
    expect(rows.length).toBeGreaterThan(300);
  });
});
