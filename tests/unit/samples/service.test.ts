import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOver, jobWhen, openLab, readWhole, temporaryFolder, text, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const load = async (): Promise<string> => (await lab.client.samples.load({ id: 'nile-shop' })).jobId;

describe('a sample', () => {
  it('cancelled, leaves nothing behind', async () => {
    const jobId = await load();
    await lab.client.jobs.cancel({ id: jobId });
    expect(await jobWhen(lab.client, jobId, isOver)).toMatchObject({
      state: 'cancelled',
      message: 'Cancelled. The stream it had begun was deleted again.',
    });
    expect(await lab.client.streams.list({})).toEqual([]);
  });

  it('fills its stream with all of its events', async () => {
    const [info] = await lab.client.samples.list({});
    const jobId = await load();
    expect(await jobWhen(lab.client, jobId, isOver)).toMatchObject({
      state: 'done',
      events: 2_318,
      done: 2_318,
      total: 2_318,
      message: '2,318 events are in “raw-events”.',
      streamMade: true,
    });
    const { records } = await readWhole(lab.client, info!.stream);
    expect(records).toHaveLength(info!.events);
    const perShard = Map.groupBy(records, ({ shard }) => shard);
    // Counted with the partitioner of kafkajs.
    expect(Object.fromEntries([...perShard].sort().map(([shard, own]) => [shard, own.length]))).toEqual({ 0: 717, 1: 831, 2: 770 });
    for (const { timestamp } of records) expect(timestamp).toBeGreaterThan(BigInt(Date.parse('2018-10-15T08:00:00Z')));
    expect(text(records[0]!.value)).toContain('SHOPPER_VIEWED_PRODUCT');
  });

  it('loaded again while its stream is there, is refused', async () => {
    await expect(load()).rejects.toMatchObject({ code: 'stream-exists' });
    await lab.client.streams.delete({ name: 'raw-events' });
    expect(await jobWhen(lab.client, await load(), isOver)).toMatchObject({ state: 'done' });
  });

  it('that there is not, is refused', async () => {
    await expect(lab.client.samples.load({ id: '../lessons' })).rejects.toMatchObject({ code: 'no-such-sample' });
  });

  it('that finds too many jobs running, makes no stream', async () => {
    await lab.client.streams.delete({ name: 'raw-events' });
    const rules = { format: 'lines', keyField: null, timeField: null } as const;
    const running: string[] = [];
    for (let n = 0; n < 8; n++)
      running.push((await lab.client.imports.start({ stream: 'files', shards: 1, rules, file: { name: `${n}`, bytes: null } })).jobId);
    await expect(load()).rejects.toMatchObject({ code: 'too-many' });
    await expect(
      lab.client.imports.start({ stream: 'one-more', shards: 1, rules, file: { name: 'f', bytes: null } }),
    ).rejects.toMatchObject({ code: 'too-many' });
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(['files']);
    for (const jobId of running) await lab.client.imports.abort({ jobId, reason: 'Enough.' });
  });
});
