/** Settings of a stream through the engine: retention that trims, compression that batches have, both kept by the workspace. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STREAM_SETTINGS_DEFAULT, type StreamSettings, type StreamSummary } from '../../../main/api/streams.ts';
import { openLab, readWhole, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
beforeEach(async () => {
  temporary = temporaryFolder();
  lab = await openLab(temporary.folder);
  await lab.client.streams.create({ name: 'orders', shards: 2 });
});
afterEach(async () => {
  await lab.close();
  temporary.remove();
});

const stream = async (): Promise<StreamSummary> => (await lab.client.streams.list({}))[0]!;
/** What shard 0 holds, once it has so many events. */
const bytesOf = (events: number): Promise<number> =>
  vi.waitFor(async () => {
    const { shards } = await stream();
    expect(shards[0]!.events).toBe(events);
    return shards[0]!.bytes;
  });
const change = (settings: Partial<StreamSettings>): Promise<StreamSummary> =>
  lab.client.streams.changeSettings({ name: 'orders', settings: { ...STREAM_SETTINGS_DEFAULT, ...settings } });

async function fill(batches: number, shard: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    await lab.client.produce.append({
      stream: 'orders',
      records: Array.from({ length: 10 }, (_, index) => record(`${batch}-${index}-${'x'.repeat(1000)}`, { shard })),
    });
  }
}

describe('retention', () => {
  it('by size trims the oldest batches of each shard, and row numbers stay what they were', async () => {
    await fill(20, 0);
    await fill(2, 1);
    const before = await lab.client.events.window({ stream: 'orders', from: 150, limit: 5 });
    await change({ retentionBytes: 64 * 1024 });
    await vi.waitFor(async () => expect((await stream()).shards[0]!.startOffset).toBe(130n));
    const { shards, settings } = await stream();
    expect(settings.retentionBytes).toBe(64 * 1024);
    expect(shards[0]).toMatchObject({ events: 70, endOffset: 200n });
    expect(shards[0]!.bytes).toBeGreaterThanOrEqual(64 * 1024);
    expect(shards[1]).toMatchObject({ startOffset: 0n, events: 20 });
    const after = await lab.client.events.window({ stream: 'orders', from: 150, limit: 5 });
    expect(after.firstRow).toBe(130);
    expect(after.rows).toEqual(before.rows);
    expect((await readWhole(lab.client, 'orders')).records).toHaveLength(90);
  });

  it('by age goes on after the workspace is opened again, and after its broker was killed', async () => {
    await change({ retentionMs: 1_000 });
    await fill(1, 0);
    await lab.close();
    lab = await openLab(temporary.folder);
    expect((await stream()).settings.retentionMs).toBe(1_000);
    await vi.waitFor(async () => expect((await stream()).shards[0]).toMatchObject({ startOffset: 10n, events: 0 }));
    await fill(1, 1);
    await lab.killBroker();
    await lab.brokerUp();
    await vi.waitFor(async () => expect((await stream()).shards[1]).toMatchObject({ startOffset: 10n, events: 0 }));
  });

  it('that is set while the broker is down is known to it when it is back', async () => {
    await fill(20, 0);
    await lab.killBroker();
    await change({ retentionBytes: 64 * 1024 });
    await lab.brokerUp();
    await vi.waitFor(async () => expect((await stream()).shards[0]!.startOffset).toBe(130n));
  });

  it('out of its limits is refused with what is allowed, and nothing changes', async () => {
    await expect(change({ retentionMs: 999 })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('at least 1 second'),
    });
    await expect(change({ retentionBytes: 1 })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('64 KiB') });
    await expect(change({ compression: 'brotli' as 'gzip' })).rejects.toMatchObject({ code: 'bad-input' });
    expect((await stream()).settings).toEqual(STREAM_SETTINGS_DEFAULT);
    await expect(lab.client.streams.changeSettings({ name: 'nowhere', settings: STREAM_SETTINGS_DEFAULT })).rejects.toMatchObject({
      code: 'no-such-stream',
    });
  });
});

describe('compression', () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s is what the batches of the lab have from then on', async (compression) => {
    await fill(1, 0);
    const before = await bytesOf(10);
    await change({ compression });
    await fill(1, 0);
    expect((await bytesOf(20)) - before).toBeLessThan(before / 5);
    const { batch, value } = await lab.client.events.get({ stream: 'orders', shard: 0, offset: 15n });
    expect(batch.codec).toBe(compression);
    expect(text(value)).toBe(`0-5-${'x'.repeat(1000)}`);
    expect((await lab.client.events.get({ stream: 'orders', shard: 0, offset: 5n })).batch.codec).toBe('none');
    expect((await readWhole(lab.client, 'orders')).records).toHaveLength(20);
  });
});
