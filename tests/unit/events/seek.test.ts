/** Seeking by time over several shards, and ranges that begin at a time. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLab, readAll, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
const YEAR_718 = -39_508_300_800_000n;
const YEAR_9999 = 253_370_764_800_000n;
const minutes = (count: number): bigint => 1_539_594_000_000n + BigInt(count * 60_000);

beforeAll(async () => {
  lab = await openLab(temporary.folder);
  await lab.client.streams.create({ name: 'orders', shards: 3 });
  await lab.client.streams.create({ name: 'empty', shards: 2 });
  const times: [number, bigint][] = [
    [0, minutes(0)],
    [1, minutes(1)],
    [2, YEAR_718],
    [0, minutes(9)],
    [1, minutes(3)],
    [0, minutes(4)],
    [2, minutes(5)],
    [1, YEAR_9999],
    [0, minutes(6)],
  ];
  for (const [index, [shard, timestamp]] of times.entries()) {
    await lab.client.produce.append({ stream: 'orders', records: [record(String(index), { shard, timestamp })] });
  }
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const seek = (time: bigint, shards?: number[]) =>
  lab.client.events.seek({ stream: 'orders', ...(shards && { shards }), to: { by: 'time', time } });

it('finds the first row of those that a time names in each shard', async () => {
  expect(await seek(YEAR_718)).toEqual({ row: 0, shard: 0, offset: 0n, timestamp: minutes(0) });
  expect(await seek(minutes(2))).toEqual({ row: 3, shard: 0, offset: 1n, timestamp: minutes(9) });
  expect(await seek(minutes(2), [1, 2])).toEqual({ row: 2, shard: 1, offset: 1n, timestamp: minutes(3) });
  expect(await seek(minutes(10))).toEqual({ row: 7, shard: 1, offset: 2n, timestamp: YEAR_9999 });
  expect(await seek(YEAR_9999 + 1n)).toBeNull();
});

it('finds the greatest timestamp', async () => {
  const ask = (stream: string, shards?: number[]) =>
    lab.client.events.seek({ stream, ...(shards && { shards }), to: { by: 'greatest-timestamp' } });
  expect(await ask('orders')).toEqual({ row: 7, shard: 1, offset: 2n, timestamp: YEAR_9999 });
  expect(await ask('orders', [0])).toEqual({ row: 1, shard: 0, offset: 1n, timestamp: minutes(9) });
  expect(await ask('empty')).toBeNull();
});

it('a range from a time holds what is not earlier, and nothing before it is read', async () => {
  const read = async (time: bigint): Promise<(string | null)[]> => {
    const { records } = await readAll(lab.client.events.read({ stream: 'orders', from: { at: 'time', time }, until: { at: 'now' } }));
    return records.map(({ value }) => text(value));
  };
  expect(await read(minutes(4))).toEqual(['3', '5', '6', '7', '8']);
  expect(await read(YEAR_718 - 1n)).toHaveLength(9);
  expect(await read(YEAR_9999 + 1n)).toEqual([]);
});
