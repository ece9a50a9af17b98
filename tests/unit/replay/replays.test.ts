/** Replays over a real log: what arrives, in which order, when, and what is left of one that was paused, killed or whose past has gone. */
import { expect, it, onTestFinished, vi } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { hasEnded, type ReplayWish } from '../../../main/api/replays.ts';
import type { NewRecord } from '../../../main/api/values.ts';
import { loopSentence, wayBetween } from '../../../main/replay/loops.ts';
import { openLab, readWhole, record, temporaryFolder, text } from '../openLab.ts';
import { events, lab, replayWhen, start, wish } from './replaying.ts';

const shown = ({ shard, key, value, timestamp, headers }: Awaited<ReturnType<typeof readWhole>>['records'][number]): string =>
  `${shard} ${text(key)} ${text(value)} ${timestamp} ${headers.map(([name, content]) => `${name}=${text(content)}`).join()}`;

async function contents(client: LabClient, stream: string): Promise<string[]> {
  return (await readWhole(client, stream)).records.map(shown).sort();
}

const PASSING = `export default { inputs: ['orders'], outputs: ['out'], onEvent: (event, ctx) => ctx.emit('out', { value: 1 }) };`;

it('copies a stream into a new one: the same events in the same shards, in the order of each', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: events(2_000) });
  const id = await start(client, wish('orders', 'copy'));
  const replay = await replayWhen(client, id, hasEnded);
  expect(replay).toMatchObject({ state: 'done', read: 2_000, total: 2_000, sent: 2_000, missedRanges: 0, madeStream: true });
  expect(await contents(client, 'copy')).toEqual(await contents(client, 'orders'));
  const bySource = (await readWhole(client, 'orders')).records.filter(({ shard }) => shard === 1).map(({ value }) => text(value));
  expect((await readWhole(client, 'copy')).records.filter(({ shard }) => shard === 1).map(({ value }) => text(value))).toEqual(bySource);
});

it('merges the shards by timestamp', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 3 });
  // Appended shard by shard: only their timestamps tell how they came.
  for (let shard = 0; shard < 3; shard++) {
    const own = Array.from({ length: 300 }, (_, n) => record(`${3 * n + shard}`, { timestamp: BigInt(3 * n + shard), shard }));
    await client.produce.append({ stream: 'orders', records: own });
  }
  await replayWhen(client, await start(client, wish('orders', 'one', { into: { stream: 'one', shards: 1 } })), hasEnded);
  const values = (await readWhole(client, 'one')).records.map(({ value }) => Number(text(value)));
  expect(values).toEqual(Array.from({ length: 900 }, (_, n) => n));
});

it('takes some keys, shards, times and offsets, drops headers, gives new timestamps, and lets keys decide where shards are other ones', async () => {
  const now = 1_800_000_000_000;
  const { client } = await lab({ now: () => now });
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: events(700) });
  const all = (await readWhole(client, 'orders')).records;
  const run = async (into: string, rest: Partial<ReplayWish>) => {
    const ended = await replayWhen(client, await start(client, wish('orders', into, rest)), hasEnded);
    expect(ended.state).toBe('done');
    return (await readWhole(client, into)).records;
  };
  const values = (records: typeof all): string[] => records.map(({ value }) => text(value)!).sort();

  const keyed = await run('keyed', { keys: { are: 'these', keys: [Buffer.from('k1'), Buffer.from('k5')] } });
  expect(values(keyed)).toEqual(values(all.filter(({ key }) => ['k1', 'k5'].includes(text(key)!))));
  expect(await run('prefixed', { keys: { are: 'beginning-with', prefix: Buffer.from('k') } })).toHaveLength(700);
  expect(values(await run('sharded', { shards: [2] }))).toEqual(values(all.filter(({ shard }) => shard === 2)));
  const [from, until] = [1_700_000_100_000n, 1_700_000_200_000n];
  const timed = await run('timed', { from: { at: 'time', time: from }, until: { at: 'time', time: until } });
  expect(values(timed)).toEqual(values(all.filter(({ timestamp }) => timestamp >= from && timestamp < until)));
  const offsets = await run('offsets', { from: { at: 'offset', offset: 10n }, until: { at: 'offset', offset: 20n } });
  expect(values(offsets)).toEqual(values(all.filter(({ offset }) => offset >= 10n && offset < 20n)));
  const bare = await run('bare', { keepsHeaders: false, timestamps: 'new', into: { stream: 'bare', shards: 5 } });
  expect(new Set(bare.map(({ timestamp, headers }) => `${timestamp} ${headers.length}`))).toEqual(new Set([`${now} 0`]));
  const placed = new Map(bare.map(({ key, shard }) => [text(key), shard]));
  expect(bare.every(({ key, shard }) => placed.get(text(key)) === shard)).toBe(true);
  expect(placed.size).toBe(7);
});

it('goes into a stream that is there only where that was said, and ends although it reads what it writes', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.produce.append({ stream: 'orders', records: events(50) });
  await expect(start(client, wish('orders', 'orders'))).rejects.toMatchObject({ code: 'stream-exists' });
  await expect(start(client, wish('nothing', 'copy'))).rejects.toMatchObject({ code: 'no-such-stream' });
  await expect(start(client, wish('orders', '__positions'))).rejects.toMatchObject({ code: 'bad-input' });
  const [ten, twenty] = [
    { at: 'offset', offset: 10n },
    { at: 'offset', offset: 20n },
  ] as const;
  const backwards = start(client, wish('orders', 'backwards', { from: twenty, until: ten }));
  await expect(backwards).rejects.toMatchObject({ code: 'bad-input', message: 'It would end before it begins. Change from or until.' });
  expect((await client.streams.list({})).map(({ name }) => name)).not.toContain('backwards');
  await expect(start(client, wish('orders', 'a b'))).rejects.toMatchObject({ code: 'bad-stream-name' });
  const { notes } = await client.replays.preview(wish('orders', 'orders'));
  expect(notes).toEqual([
    '“orders” is read and written: what is replayed stands in it twice. The replay ends where the stream ends as it begins, so it comes to an end all the same.',
  ]);
  await replayWhen(client, await start(client, wish('orders', 'orders'), true), hasEnded);
  expect((await readWhole(client, 'orders')).records).toHaveLength(100);
});

it('previews how many events are chosen, the first of them, and where they would go', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.streams.create({ name: 'one', shards: 1 });
  await client.produce.append({ stream: 'orders', records: events(700) });
  const preview = await client.replays.preview(wish('orders', 'one', { keys: { are: 'these', keys: [Buffer.from('k3')] } }));
  expect(preview).toMatchObject({ inRange: 700, looked: 700, chosen: 100, isWhole: true });
  expect(preview.first.map(({ value }) => value)).toEqual(Array.from({ length: 10 }, (_, n) => `v${3 + 7 * n}`));
  expect(preview.targets).toEqual([{ stream: 'one', isNew: false, shards: 1, events: 0 }]);
  expect(preview.notes).toEqual(['“one” has 1 shard, “orders” 3: keys decide where the events go.']);
  const fresh = await client.replays.preview(wish('orders', 'fresh', { from: { at: 'offset', offset: 10_000n } }));
  expect(fresh).toMatchObject({ inRange: 0, chosen: 0, isWhole: true, targets: [{ stream: 'fresh', isNew: true, shards: 3, events: 0 }] });
});

it('pauses, takes another speed, resumes where it stood, and is cancelled with what it has sent', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.produce.append({ stream: 'orders', records: events(400) });
  // An event every 500 ms.
  const id = await start(client, wish('orders', 'copy', { speed: 2 }));
  await replayWhen(client, id, ({ sent }) => sent >= 3);
  await client.replays.pause({ id });
  const { sent } = (await client.replays.list({}))[0]!;
  expect((await readWhole(client, 'copy')).records).toHaveLength(sent);
  expect(sent).toBeLessThan(100);
  await client.replays.setSpeed({ id, speed: 20 });
  await client.replays.resume({ id });
  await replayWhen(client, id, (replay) => replay.sent > sent);
  await client.replays.pause({ id });
  expect(await client.replays.list({})).toMatchObject([{ state: 'paused', speed: 20 }]);
  await client.replays.setSpeed({ id, speed: 1 });
  await client.replays.resume({ id });
  await replayWhen(client, id, ({ state }) => state === 'running');
  await client.replays.cancel({ id });
  const [cancelled] = await client.replays.list({});
  expect(cancelled).toMatchObject({ state: 'cancelled' });
  const values = (await readWhole(client, 'copy')).records.map(({ value }) => text(value));
  expect(values).toHaveLength(cancelled!.sent);
  expect(new Set(values).size).toBe(values.length);
  await client.replays.dismiss({ id });
  expect(await client.replays.list({})).toEqual([]);
  await expect(client.replays.resume({ id })).rejects.toMatchObject({ code: 'no-such-replay' });
});

it('shortens waits that are too long, and says how many', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 1 });
  const records = [0n, 3_600_000n, 7_200_000n, 7_200_010n].map((timestamp) => record('x', { timestamp }));
  await client.produce.append({ stream: 'orders', records });
  const ended = await replayWhen(client, await start(client, wish('orders', 'copy', { speed: 1, waitMsMax: 20 })), hasEnded);
  expect(ended).toMatchObject({ state: 'done', sent: 4, shortened: { waits: 2 } });
  expect(ended.shortened.ms).toBeGreaterThan(7_100_000);
});

it('tells while it waits for its next event, which one and until when; a faster pace ends the wait', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 1 });
  const records = [0n, 3_600_000n, 3_600_010n].map((timestamp) => record('x', { timestamp }));
  await client.produce.append({ stream: 'orders', records });
  await client.processors.save({ name: 'same', source: PASSING });
  for (const through of [null, { name: 'same', source: null }]) {
    const began = Date.now();
    const id = await start(client, wish('orders', `copy-${String(through !== null)}`, { speed: 1, through }));
    const { next, state } = await replayWhen(client, id, (replay) => replay.next !== null);
    expect({ state, timestamp: next!.timestamp }).toEqual({ state: 'running', timestamp: 3_600_000 });
    expect(next!.dueAt).toBeGreaterThanOrEqual(began + 3_600_000);
    expect(next!.dueAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
    await client.replays.pause({ id });
    expect((await client.replays.list({})).find((each) => each.id === id)).toMatchObject({ state: 'paused', next: null });
    await client.replays.resume({ id });
    await replayWhen(client, id, ({ state }) => state === 'running');
    await client.replays.setSpeed({ id, speed: null });
    expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', sent: 3, next: null });
  }
});

it('leads back only where processors do', () => {
  const flows = [
    { name: 'a', inputs: ['copy'], outputs: ['middle', 'other'] },
    { name: 'b', inputs: ['middle'], outputs: ['orders'] },
  ];
  expect(wayBetween('copy', 'orders', flows)).toEqual(['a', 'b']);
  expect(wayBetween('other', 'orders', flows)).toEqual([]);
  expect(loopSentence('orders', 'copy', flows)).toMatch(
    /^What is replayed comes back: “a” and then “b” read “copy” and write “orders”\. The replay ends where/,
  );
  expect(loopSentence('orders', 'other', flows)).toBeNull();
});

it('goes on with the lab: one that ran runs, one that was paused stays so, and each event is there once', async () => {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const first = await openLab(folder);
  await first.client.streams.create({ name: 'orders', shards: 2 });
  await first.client.produce.append({ stream: 'orders', records: events(300) });
  const running = await start(first.client, wish('orders', 'running', { speed: 200 }));
  const paused = await start(first.client, wish('orders', 'paused', { speed: 200 }));
  await replayWhen(first.client, paused, ({ sent }) => sent > 10);
  await first.client.replays.pause({ id: paused });
  await replayWhen(first.client, running, ({ sent }) => sent > 10);
  await first.close();
  const second = await openLab(folder);
  onTestFinished(() => second.close());
  expect((await second.client.replays.list({})).find(({ id }) => id === paused)?.state).toBe('paused');
  await second.client.replays.setSpeed({ id: running, speed: null });
  expect(await replayWhen(second.client, running, hasEnded)).toMatchObject({ state: 'done', sent: 300, read: 300 });
  await second.client.replays.setSpeed({ id: paused, speed: null });
  await second.client.replays.resume({ id: paused });
  await replayWhen(second.client, paused, hasEnded);
  const source = await contents(second.client, 'orders');
  expect(await contents(second.client, 'running')).toEqual(source);
  expect(await contents(second.client, 'paused')).toEqual(source);
});

it('waits for a broker that was killed, and goes on: nothing is lost or there twice', async () => {
  const opened = await lab({ brokers: 2 });
  const { client } = opened;
  await client.streams.create({ name: 'orders', shards: 4 });
  for (let part = 0; part < 5; part++)
    await client.produce.append({ stream: 'orders', records: events(10_000).slice(part * 2_000, part * 2_000 + 2_000) });
  const id = await start(client, wish('orders', 'copy', { speed: 5_000, into: { stream: 'copy', shards: 3 } }));
  await replayWhen(client, id, ({ sent }) => sent > 500);
  await opened.killBroker();
  await replayWhen(client, id, ({ state }) => state === 'waiting');
  await client.replays.setSpeed({ id, speed: null });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', sent: 10_000 });
  const values = (await readWhole(client, 'copy')).records.map(({ value }) => text(value));
  expect([values.length, new Set(values).size]).toEqual([10_000, 10_000]);
});

it('says which events were trimmed before it came to them, and replays the others once', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 1 });
  const big = (n: number): NewRecord => record(`${n} ${'x'.repeat(9_000)}`, { timestamp: BigInt(n) * 1_000n });
  for (let n = 0; n < 200; n += 10) {
    await client.produce.append({ stream: 'orders', records: Array.from({ length: 10 }, (_, index) => big(n + index)) });
  }
  // An event every 250 ms.
  const id = await start(client, wish('orders', 'copy', { speed: 4 }));
  await replayWhen(client, id, ({ sent }) => sent > 2);
  await client.replays.pause({ id });
  const { settings } = (await client.streams.list({}))[0]!;
  await client.streams.changeSettings({ name: 'orders', settings: { ...settings, retentionBytes: 512 * 1024 } });
  // It is trimmed in steps: six batches of ten stay, the least that are not below what is to be kept.
  const begins = 140n;
  await vi.waitFor(async () =>
    expect((await client.streams.list({})).find(({ name }) => name === 'orders')?.shards[0]?.startOffset).toBe(begins),
  );
  await client.replays.setSpeed({ id, speed: null });
  const { sent } = (await client.replays.list({}))[0]!;
  await client.replays.resume({ id });
  const ended = await replayWhen(client, id, hasEnded);
  expect(ended).toMatchObject({
    state: 'done',
    missedRanges: 1,
    missed: [{ shard: 0, from: BigInt(sent), until: begins, why: 'They were trimmed before they were read.' }],
    sent: sent + 200 - Number(begins),
  });
  const numbers = (await readWhole(client, 'copy')).records.map(({ value }) => Number.parseInt(text(value)!, 10));
  expect(numbers).toEqual([...Array(sent).keys(), ...Array.from({ length: 200 - Number(begins) }, (_, n) => n + Number(begins))]);
});

it('fails with the reason where its streams are gone', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'orders', shards: 1 });
  await client.produce.append({ stream: 'orders', records: events(100) });
  const id = await start(client, wish('orders', 'copy', { speed: 1 }));
  await replayWhen(client, id, ({ sent }) => sent > 0);
  await client.replays.pause({ id });
  await client.streams.delete({ name: 'copy' });
  await client.streams.create({ name: 'copy', shards: 1 });
  await client.replays.resume({ id });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({
    state: 'failed',
    message: 'The stream “copy” of this replay was deleted; this is another one of its name.',
  });
});
