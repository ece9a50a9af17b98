/** Exports of a lab in use: producers go on, shards are trimmed, streams deleted, batches are damaged, brokers end, users cancel. */
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { STREAM_SETTINGS_DEFAULT } from '../../../../main/api/streams.ts';
import { isOver, jobWhen, openLab, readWhole, record, temporaryFolder, text, type TestLab } from '../../openLab.ts';
import { parsed, partsOf } from './fileParts.ts';
import { begin, exported, imported } from './labFiles.ts';

let temporary: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
let client: LabClient;
let target: TestLab | null = null;
const open = async (brokers: number): Promise<void> => {
  lab = await openLab(path.join(temporary.folder, 'source'), { brokers });
  ({ client } = lab);
};
beforeEach(() => {
  temporary = temporaryFolder();
});
afterEach(async () => {
  await lab.close();
  await target?.close();
  target = null;
  temporary.remove();
});

async function takenIn(file: Buffer, brokers = 1): Promise<LabClient> {
  target = await openLab(path.join(temporary.folder, 'target'), { brokers });
  await imported(target.client, file);
  return target.client;
}
async function reopened(): Promise<LabClient> {
  await target!.close();
  target = await openLab(path.join(temporary.folder, 'target'));
  return target.client;
}

const values = async (from: LabClient, stream: string): Promise<string[]> =>
  (await readWhole(from, stream)).records.map(({ value }) => text(value)!);
const offsets = async (from: LabClient, stream: string): Promise<string[]> =>
  (await readWhole(from, stream)).records.map(({ shard, offset }) => `${shard}:${offset}`);
const batch = (label: string, events: number, shard = 0, bytes = 100): ReturnType<typeof record>[] =>
  Array.from({ length: events }, (_, n) => record(`${label}/${n}/${'x'.repeat(bytes)}`, { shard }));
/** Batches of about 300 kB. */
async function fill(stream: string, batches: number, shards = 1): Promise<void> {
  for (let n = 0; n < batches; n++) await client.produce.append({ stream, records: batch(`${n}`, 300, n % shards, 1_000) });
}

it('one moment for all shards: what was caused by an event is never there without it', async () => {
  await open(3);
  await client.streams.create({ name: 'chain', shards: 3 });
  await fill('chain', 12, 3);
  const before = (await values(client, 'chain')).length;
  let stopped = false;
  let n = 0;
  const producing = (async () => {
    // Each event is appended, to a shard on the next broker, after the one before it was acknowledged.
    for (; !stopped; n++) await client.produce.append({ stream: 'chain', records: [record(`chain ${n}`, { shard: n % 3 })] });
  })();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const atStart = n;
  let atCut = 0;
  const { file, report } = await exported(client, async (pieces) => {
    if (pieces > 1) return;
    atCut = n;
    // The file goes on only when more has come after the cut.
    await expect.poll(() => n).toBeGreaterThan(atCut + 5);
  });
  stopped = true;
  await producing;
  const there = await values(await takenIn(file, 2), 'chain');
  const chain = there.filter((value) => value.startsWith('chain')).map((value) => Number(value.slice(6)));
  expect(chain).toEqual(Array.from({ length: chain.length }, (_, index) => index));
  expect(chain.length).toBeGreaterThanOrEqual(atStart);
  expect(chain.length).toBeLessThanOrEqual(atCut + 1);
  expect(there).toHaveLength(before + chain.length);
  expect(report.events).toBe(there.length);
  expect(there).toEqual((await values(client, 'chain')).slice(0, there.length));
});

it('positions of readers are not beyond the cut, and none of streams that are not in it', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.produce.append({ stream: 'orders', records: batch('a', 5, 0) });
  const abort = new AbortController();
  for await (const { id } of client.readers.open({ stream: 'orders', name: 'A' }, { signal: abort.signal })) {
    await client.readers.move({
      id,
      positions: [
        { shard: 0, offset: 2n },
        { shard: 1, offset: 9n },
      ],
    });
    const [manifest] = partsOf((await exported(client)).file);
    const positions = [
      { shard: 0, offset: '2' },
      { shard: 1, offset: '0' },
    ];
    expect(parsed(manifest!).readers).toEqual([{ name: 'A', stream: 'orders', positions }]);
    break;
  }
});

it('trimmed starts, and shards of which all is trimmed, keep their offsets', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 3 });
  for (let n = 0; n < 4; n++) await client.produce.append({ stream: 'orders', records: batch(`old ${n}`, 200, n % 2, 1_000) });
  await client.streams.changeSettings({ name: 'orders', settings: { ...STREAM_SETTINGS_DEFAULT, retentionMs: 1_000 } });
  await expect.poll(() => values(client, 'orders')).toEqual([]);
  await client.streams.changeSettings({ name: 'orders', settings: STREAM_SETTINGS_DEFAULT });
  await client.produce.append({ stream: 'orders', records: batch('new', 3, 0) });
  const { file } = await exported(client);
  const copy = await takenIn(file);
  const shards = async (from: LabClient): Promise<unknown[]> =>
    (await from.streams.list({}))[0]!.shards.map(({ startOffset, endOffset, events, bytes }) => ({
      startOffset,
      endOffset,
      events,
      bytes,
    }));
  await expect.poll(() => shards(copy)).toEqual(await shards(client));
  expect(await offsets(copy, 'orders')).toEqual(['0:400', '0:401', '0:402']);
  const window = { stream: 'orders', from: 0, limit: 5 };
  expect((await copy.events.window(window)).endRow).toBe((await client.events.window(window)).endRow);
  // And it stays so: the file is looked at when it is opened.
  await reopened();
  expect(await shards(target!.client)).toEqual(await shards(client));
  await target!.client.produce.append({ stream: 'orders', records: batch('more', 1, 1) });
  expect(await offsets(target!.client, 'orders')).toContain('1:400');
});

it('what retention trims while the export runs is left out, and named', async () => {
  await open(1);
  await client.streams.create({ name: 'first', shards: 1 });
  await client.streams.create({ name: 'second', shards: 1 });
  await fill('first', 40);
  await fill('second', 6);
  const { file, report } = await exported(client, async (pieces) => {
    if (pieces !== 1) return;
    await client.streams.changeSettings({ name: 'second', settings: { ...STREAM_SETTINGS_DEFAULT, retentionBytes: 400_000 } });
    await expect.poll(async () => (await client.streams.list({}))[1]!.shards[0]!.startOffset).toBe(1_200n);
  });
  // Two of its six batches are what it has to keep.
  const startOffset = 1_200n;
  const reason = 'Retention trimmed it while the export ran.';
  expect(report.leftOut).toEqual([{ stream: 'second', shard: 0, firstOffset: 0n, lastOffset: startOffset - 1n, reason }]);
  const copy = await takenIn(file);
  expect(await values(copy, 'second')).toEqual(await values(client, 'second'));
  await expect.poll(async () => (await copy.streams.list({}))[1]!.shards[0]).toMatchObject({ startOffset, endOffset: 1_800n });
});

it('a stream that is deleted while the export runs is left out whole, and the others are there', async () => {
  await open(1);
  for (const name of ['a', 'b', 'c']) {
    await client.streams.create({ name, shards: 2 });
    await fill(name, name === 'b' ? 60 : 4, 2);
  }
  // In the midst of its first shard: about 9 MB, of which a few MB are under way.
  const { file, report } = await exported(client, async (pieces) => {
    if (pieces === 8) await client.streams.delete({ name: 'b' });
  });
  const leftOut = [{ stream: 'b', shard: null, firstOffset: null, lastOffset: null, reason: 'It was deleted while the export ran.' }];
  expect(report).toMatchObject({ streams: 2, shards: 4, batches: 8, events: 2_400, leftOut, leftOutCount: 1 });
  expect(partsOf(file).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['streams/0001/0/shard.json', 'streams/0001/left-out.json']),
  );
  target = await openLab(path.join(temporary.folder, 'target'));
  expect(await imported(target.client, file)).toEqual(report);
  expect((await target.client.streams.list({})).map(({ name }) => name)).toEqual(['a', 'c']);
  for (const name of ['a', 'c']) expect(await values(target.client, name)).toEqual(await values(client, name));
});

it('damaged batches are left out and named; where they were stays a gap', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 1 });
  for (let n = 0; n < 6; n++) await client.produce.append({ stream: 'orders', records: batch(`${n}`, 10) });
  await lab.close();
  const db = new Database(path.join(temporary.folder, 'source', 'broker-1.sqlite'));
  const damage = (base: number): void => {
    const row = db.prepare<[number], { rowid: number; bytes: Buffer }>('SELECT rowid, bytes FROM batch WHERE base_offset = ?').get(base)!;
    row.bytes[200] = row.bytes[200]! ^ 1;
    db.prepare('UPDATE batch SET bytes = ? WHERE rowid = ?').run(row.bytes, row.rowid);
  };
  [0, 20, 50].forEach(damage);
  db.close();
  await open(1);
  const { file, report, jobId } = await exported(client);
  const reason = 'This record batch is damaged: its checksum does not match.';
  const named = [0n, 20n, 50n].map((from) => ({ stream: 'orders', shard: 0, firstOffset: from, lastOffset: from + 9n, reason }));
  expect(report).toMatchObject({ batches: 3, events: 30, leftOut: named, leftOutCount: 3 });
  expect((await jobWhen(client, jobId, isOver)).message).toBe(
    '30 events of 1 stream exported. 3 parts left out: damaged, or gone meanwhile.',
  );
  const copy = await takenIn(file);
  const whole = [1, 3, 4].flatMap((n) => Array.from({ length: 10 }, (_, index) => `0:${n * 10 + index}`));
  expect(await offsets(copy, 'orders')).toEqual(whole);
  const again = await reopened();
  expect(await offsets(again, 'orders')).toEqual(whole);
  for await (const check of again.verify.run({})) if (check.isOver) expect(check).toMatchObject({ batches: 3, damagedBatches: 0 });
});

it('goes on when a broker ends and comes up again', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 1 });
  await fill('orders', 60);
  const { file, report } = await exported(client, async (pieces) => {
    if (pieces === 3) await client.lab.killBroker({ id: 1 });
  });
  expect(report).toMatchObject({ events: 18_000, leftOut: [] });
  expect(await values(await takenIn(file), 'orders')).toEqual(await values(client, 'orders'));
});

it('is a job that can be cancelled, and ends when its reader leaves', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 1 });
  await fill('orders', 60);
  let jobId = '';
  const cancelled = (async () => {
    for await (const item of client.workspace.export({})) {
      if (item.kind !== 'begun') continue;
      ({ jobId } = item);
      await client.jobs.cancel({ id: jobId });
    }
  })();
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled', message: 'The export was cancelled.' });
  expect(await jobWhen(client, jobId, isOver)).toMatchObject({
    state: 'cancelled',
    message: 'The export was cancelled. No file was completed.',
  });
  for await (const item of client.workspace.export({})) {
    if (item.kind === 'begun') ({ jobId } = item);
    if (item.kind === 'piece') break;
  }
  expect(await jobWhen(client, jobId, isOver)).toMatchObject({ state: 'cancelled' });
});

it('an import shows nothing until it is whole, and leaves nothing when it is cancelled or its sender goes', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 2 });
  await fill('orders', 20, 2);
  const { file } = await exported(client);
  target = await openLab(path.join(temporary.folder, 'target'));
  const shardsHeld = async (): Promise<number> => {
    await target!.close();
    const db = new Database(target!.brokerFile, { readonly: true });
    const held = db.prepare<[], number>(`SELECT count(*) FROM shard WHERE state <> 'deleted'`).pluck().get()!;
    db.close();
    target = await openLab(path.join(temporary.folder, 'target'));
    return held;
  };
  const half = file.subarray(0, 1024 * 1024);

  let jobId = await begin(target.client);
  await target.client.workspace.write({ jobId, piece: half.slice() });
  expect(await target.client.streams.list({})).toEqual([]);
  await expect(target.client.streams.create({ name: 'orders', shards: 1 })).rejects.toMatchObject({ code: 'stream-exists' });
  await target.client.jobs.cancel({ id: jobId });
  expect(await jobWhen(target.client, jobId, isOver)).toMatchObject({
    state: 'cancelled',
    message: 'Cancelled. Nothing of the file was imported.',
  });
  await target.client.streams.create({ name: 'orders', shards: 1 });
  await target.client.streams.delete({ name: 'orders' });
  expect(await shardsHeld()).toBe(0);

  const page = target.page();
  jobId = await begin(page.client);
  await page.client.workspace.write({ jobId, piece: half.slice() });
  page.peer.close();
  expect(await jobWhen(target.client, jobId, isOver)).toMatchObject({
    state: 'failed',
    message: expect.stringMatching(/went away. Nothing/) as string,
  });
  expect(await shardsHeld()).toBe(0);

  // The lab itself ends in the midst of it; what was in the making is gone when it is opened again.
  jobId = await begin(target.client);
  await target.client.workspace.write({ jobId, piece: half.slice() });
  expect(await shardsHeld()).toBe(2);
  expect(await target.client.streams.list({})).toEqual([]);
  expect((await jobWhen(target.client, jobId, isOver)).message).toBe('The lab ended while it ran. Nothing of the file was imported.');
  expect(await shardsHeld()).toBe(0);
  expect((await imported(target.client, file)).events).toBe(6_000);
});

it('an import fails whole when a broker ends in the midst of it', async () => {
  await open(1);
  await client.streams.create({ name: 'orders', shards: 1 });
  await fill('orders', 20);
  const { file } = await exported(client);
  target = await openLab(path.join(temporary.folder, 'target'));
  const jobId = await begin(target.client);
  await target.client.workspace.write({ jobId, piece: file.slice(0, 1024 * 1024) });
  await target.killBroker();
  await target.brokerUp();
  const rest = file.slice(1024 * 1024, 2 * 1024 * 1024);
  await expect(target.client.workspace.write({ jobId, piece: rest })).rejects.toMatchObject({ code: 'broker-down' });
  expect((await jobWhen(target.client, jobId, isOver)).message).toMatch(/^A broker ended meanwhile.* Nothing of the file was imported\.$/);
  expect((await imported(target.client, file)).events).toBe(6_000);
});

it('names that are taken are told before, and others can be chosen; nothing is overwritten', async () => {
  await open(1);
  for (const name of ['orders', 'orders-2', 'page.views']) await client.streams.create({ name, shards: 1 });
  await client.produce.append({ stream: 'orders', records: batch('here', 2) });
  await client.lab.changeSettings({ valueBytesMax: 2 * 1024 * 1024 });
  const { file } = await exported(client);
  const preview = await client.workspace.preview({ head: file });
  expect(preview.streams.map(({ name, freeName, problem, events }) => [name, freeName, problem !== null, events])).toEqual([
    ['orders', 'orders-3', true, 2],
    ['orders-2', 'orders-2-2', true, 0],
    ['page.views', 'page.views-2', true, 0],
  ]);
  const names = Object.fromEntries(preview.streams.map(({ name, freeName }) => [name, freeName]));
  await client.lab.changeSettings({ valueBytesMax: 1024 });
  await imported(client, file, { names });
  expect(await values(client, 'orders-3')).toEqual(await values(client, 'orders'));
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual([
    'orders',
    'orders-2',
    'orders-2-2',
    'orders-3',
    'page.views',
    'page.views-2',
  ]);
  expect((await client.lab.settings({})).valueBytesMax).toBe(1024);
  await expect(imported(client, file, { names: { nothing: 'x' } })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(imported(client, file, { names: { ...names, orders: 'page_views' } })).rejects.toMatchObject({ code: 'stream-exists' });
  await expect(imported(client, file, { names: { orders: 'same', 'orders-2': 'same', 'page.views': 'x' } })).rejects.toMatchObject({
    code: 'stream-exists',
  });
  target = await openLab(path.join(temporary.folder, 'target'));
  await imported(target.client, file, { withSettings: true });
  expect((await target.client.lab.settings({})).valueBytesMax).toBe(2 * 1024 * 1024);
});
