/** The lesson One log, taken as a student would take it, through the services. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { shardForKey } from '../../../main/api/murmur2.ts';
import type { LessonProgress } from '../../../main/api/lessons.ts';
import { bytes, openLab, record, temporaryFolder, type TestLab } from '../openLab.ts';

const temporary = temporaryFolder();
let lab: TestLab;
let client: LabClient;
beforeAll(async () => {
  lab = await openLab(temporary.folder);
  ({ client } = lab);
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

async function progress(): Promise<LessonProgress | null> {
  for await (const now of client.lessons.watch({})) return now;
  return null;
}

/** Until the lab has seen what the step asks. */
const sees = (checks: boolean[]): Promise<void> =>
  vi.waitFor(async () => expect((await progress())!.checks).toEqual(checks), { interval: 20 });
/** It looks at most every 200 ms: after this it has looked. */
const looked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 450));

const append = (stream: string, ...records: ReturnType<typeof record>[]): Promise<unknown> => client.produce.append({ stream, records });
const keyed = (key: string, rest = {}): ReturnType<typeof record> => record(`{"shopper":"${key}"}`, { key: bytes(key), ...rest });

describe('the lesson One log', () => {
  it('shows each check as false before, and as true after', async () => {
    expect(await progress()).toBeNull();
    await client.lessons.start({ id: 'one-log' });
    expect(await progress()).toEqual({ id: 'one-log', step: 0, checks: [], done: [] });
    // Step 1 is only read: going on from it does it, going to it again does not undo it.
    await client.lessons.go({ step: 1 });
    expect(await progress()).toEqual({ id: 'one-log', step: 1, checks: [false], done: [0] });

    // Something else does not count, nor does the right stream with other shards.
    await client.streams.create({ name: 'other', shards: 1 });
    await client.streams.create({ name: 'inn-events', shards: 2 });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await client.streams.delete({ name: 'inn-events' });
    await client.streams.create({ name: 'inn-events', shards: 1 });
    await sees([true]);
    expect((await progress())!.done).toEqual([0, 1]);

    await client.lessons.go({ step: 2 });
    await append('other', record('GUEST_ARRIVED', { timestamp: -39_498_624_000_000n }));
    await looked();
    expect((await progress())!.checks).toEqual([false, false]);
    await append('inn-events', record('{"event":"GUEST_ARRIVED"}'));
    await sees([true, false]);
    await append('inn-events', record('{"event":"GUEST_ARRIVED"}', { timestamp: -39_498_624_000_000n }));
    await sees([true, true]);

    await client.lessons.go({ step: 3 });
    // Two events stand there already.
    await sees([false, true]);
    await append('inn-events', record('{"event":"GUEST_COUNT_CORRECTED"}'));
    await sees([true, true]);

    await client.lessons.go({ step: 4 });
    expect((await progress())!.checks).toEqual([false, false]);
    await client.streams.create({ name: 'shop-events', shards: 3 });
    await sees([true, false]);
    await append('shop-events', keyed('788'), keyed('7890'));
    await looked();
    expect((await progress())!.checks).toEqual([true, false]);
    await append('shop-events', keyed('789'));
    await sees([true, true]);

    await client.lessons.go({ step: 5 });
    await append('shop-events', keyed('789'), keyed('789'), keyed('789'));
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await append('shop-events', keyed('789'));
    await sees([true]);

    await client.lessons.go({ step: 6 });
    await client.produce.send({ stream: 'shop-events', record: record('v', { shard: 1 }), count: 290, numbered: false });
    await looked();
    expect((await progress())!.checks[0]).toBe(false);
    await client.produce.send({ stream: 'shop-events', record: record('v', { key: bytes('shopper {{n}}') }), count: 30, numbered: true });
    await sees([true, true]);

    await client.lessons.go({ step: 7 });
    expect((await progress())!.checks).toEqual([]);
    await client.lessons.go({ step: 8 });
    expect((await progress())!.done).toContain(7);

    const { client: page, peer } = lab.page();
    const open = async (name: string): Promise<string> =>
      ((await page.readers.open({ stream: 'shop-events', name })[Symbol.asyncIterator]().next()).value as { id: string }).id;
    const [a, b] = [await open('A'), await open('B')];
    await page.readers.move({ id: a, positions: [{ shard: 1, offset: 10n }] });
    // Far apart, but not in one shard.
    await page.readers.move({
      id: b,
      positions: [
        { shard: 0, offset: 90n },
        { shard: 1, offset: 59n },
      ],
    });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await page.readers.move({ id: b, positions: [{ shard: 1, offset: 60n }] });
    await sees([true]);
    peer.close();

    await client.lessons.go({ step: 9 });
    expect((await progress())!.done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await client.lessons.list({}))[0]).toMatchObject({ id: 'one-log', steps: 10, done: 10 });
    await expect(client.lessons.go({ step: 10 })).rejects.toMatchObject({ code: 'bad-input', message: 'This lesson has 10 steps.' });
    await client.lessons.leave({});
    expect(await progress()).toBeNull();
  });

  it('taken to its end begins again at its beginning, with its ticks', async () => {
    await client.lessons.start({ id: 'one-log' });
    expect(await progress()).toMatchObject({ step: 0, done: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
    await client.lessons.go({ step: 8 });
    // What was done stays done, also when the readers are gone.
    expect((await progress())!.checks).toEqual([true]);
  });

  it('reset, forgets what was done and deletes its streams, and only them', async () => {
    await client.lessons.reset({ id: 'one-log' });
    expect(await progress()).toEqual({ id: 'one-log', step: 0, checks: [], done: [] });
    expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['other']);
    // Without its streams there is nothing to delete.
    await client.lessons.reset({ id: 'one-log' });
    await client.lessons.go({ step: 1 });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
  });

  it('left and taken up again, stands where it was', async () => {
    await client.lessons.go({ step: 4 });
    await client.lessons.leave({});
    await expect(client.lessons.go({ step: 1 })).rejects.toMatchObject({ code: 'bad-input', message: 'No lesson is under way.' });
    await client.lessons.start({ id: 'one-log' });
    expect(await progress()).toMatchObject({ step: 4, checks: [false, false] });
    await expect(client.lessons.start({ id: 'none' })).rejects.toMatchObject({
      code: 'no-such-lesson',
      message: 'There is no lesson “none”.',
    });
    expect(await progress()).toMatchObject({ id: 'one-log', step: 4 });
  });

  it('sees what happened while it was not watched', async () => {
    await client.lessons.leave({});
    await client.streams.create({ name: 'shop-events', shards: 3 });
    await append('shop-events', keyed('789'));
    await client.lessons.start({ id: 'one-log' });
    await sees([true, true]);
  });

  it('does not take a key in two shards for one in the same shard', async () => {
    await client.lessons.reset({ id: 'one-log' });
    await client.streams.create({ name: 'shop-events', shards: 3 });
    await client.lessons.go({ step: 5 });
    const other = (shardForKey(bytes('789'), 3) + 1) % 3;
    await append('shop-events', keyed('789', { shard: other }));
    await append('shop-events', ...Array.from({ length: 6 }, () => keyed('789')));
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await client.lessons.reset({ id: 'one-log' });
    await client.streams.create({ name: 'shop-events', shards: 3 });
    await append('shop-events', keyed('789'));
  });

  it('goes on through a broker that is killed', async () => {
    await client.lessons.go({ step: 5 });
    await append('shop-events', keyed('789'), keyed('789'));
    await lab.killBroker();
    await lab.brokerUp();
    await append('shop-events', keyed('789'), keyed('789'));
    await sees([true]);
  });
});

describe('a lesson’s progress', () => {
  const own = temporaryFolder();
  let first: TestLab;
  beforeEach(async () => {
    first = await openLab(own.folder);
  });

  it('stays over a restart', async () => {
    await first.client.lessons.start({ id: 'one-log' });
    await first.client.lessons.go({ step: 1 });
    await first.client.streams.create({ name: 'inn-events', shards: 1 });
    await vi.waitFor(async () => expect((await first.client.lessons.list({}))[0]!.done).toBe(2));
    await first.close();
    const again = await openLab(own.folder);
    for await (const now of again.client.lessons.watch({})) {
      expect(now).toEqual({ id: 'one-log', step: 1, checks: [true], done: [0, 1] });
      break;
    }
    await again.close();
    own.remove();
  });
});

describe('the lesson What “written” means', () => {
  it('sees the durability, a broker that ended and is back, and a shard that was trimmed', async () => {
    await client.lab.changeSettings({ durability: 'safe' });
    await client.lessons.start({ id: 'what-written-means' });
    await client.streams.create({ name: 'paid-orders', shards: 1 });
    await client.lessons.go({ step: 2 });
    await looked();
    expect((await progress())!.checks).toEqual([false, false]);
    await client.lab.changeSettings({ durability: 'fast' });
    await sees([true, false]);
    await append('paid-orders', record('A-1'), record('A-2'));
    await sees([true, true]);

    await client.lessons.go({ step: 3 });
    await sees([false, false, true]);
    await client.lab.changeSettings({ durability: 'safe' });
    await sees([true, false, true]);
    await client.lab.killBroker({ id: 1 });
    await looked();
    await sees([true, true, true]);

    await client.lessons.go({ step: 6 });
    const bulk = Array.from({ length: 1000 }, () => record('x'.repeat(100)));
    await append('paid-orders', ...bulk);
    await append('paid-orders', ...bulk);
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await client.streams.changeSettings({
      name: 'paid-orders',
      settings: { retentionMs: null, retentionBytes: 65_536, compression: 'none' },
    });
    await sees([true]);
    await client.lessons.reset({ id: 'what-written-means' });
    expect(await client.streams.list({})).not.toContainEqual(expect.objectContaining({ name: 'paid-orders' }));
  });
});

describe('the lessons over processors', () => {
  const sample = async (name: string): Promise<string> => (await client.processors.samples({})).find((each) => each.name === name)!.source;
  const deploy = async (name: string, source: string, rest: object = {}): Promise<unknown> =>
    client.processors.deploy({ name, source, guarantee: null, start: null, anew: false, ...rest });
  const names = async (): Promise<string[]> => (await client.streams.list({})).flatMap((each) => (each.isInternal ? [] : each.name));

  it('Enrich: see a processor that is there, that runs, how many it found bad, its version, and that it began anew', async () => {
    await client.lessons.start({ id: 'enrich-and-the-bad-stream' });
    await client.samples.load({ id: 'nile-shop' });
    await sees([true]);
    await client.lessons.go({ step: 1 });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    const source = await sample('validate-and-enrich');
    await client.processors.save({ name: 'validate-and-enrich', source });
    await sees([true]);

    await client.lessons.go({ step: 2 });
    await looked();
    expect((await progress())!.checks).toEqual([false, false]);
    await deploy('validate-and-enrich', source);
    await sees([true, true]);

    await client.lessons.go({ step: 4 });
    await append('raw-events', record('{"event":"LOOKED"}', { key: bytes('9002') }));
    await sees([true]);

    await client.lessons.go({ step: 5 });
    await looked();
    expect((await progress())!.checks).toEqual([false, false]);
    const mended = source.replace("return ctx.bad('shopper.ipAddress missing')", "return ctx.emit('enriched-events', { value })");
    await deploy('validate-and-enrich', mended);
    await sees([true, false]);
    await append(
      'raw-events',
      record('{"event":"LOOKED","shopper":{"id":"9003"},"timestamp":"2018-10-15T11:00:03Z"}', { key: bytes('9003') }),
    );
    await sees([true, true]);

    await client.lessons.go({ step: 6 });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await deploy('validate-and-enrich', mended, { anew: true });
    await sees([true]);
  });

  it('The abandoned cart: see what was done today and not in the sample, and a process that was killed and is back', async () => {
    await client.lessons.start({ id: 'abandoned-cart' });
    await client.lessons.go({ step: 2 });
    await looked();
    expect((await progress())!.checks).toEqual([false, false]);
    await deploy('abandoned-cart-v1', await sample('abandoned-cart-v1'), { start: { at: 'latest' } });
    const added = { event: 'SHOPPER_ADDED_ITEM', shopper: { id: '1' }, items: [], timestamp: new Date().toISOString() };
    await append('raw-events', record(JSON.stringify(added), { key: bytes('1') }));
    await sees([true, true]);

    await client.lessons.go({ step: 3 });
    await looked();
    expect((await progress())!.checks).toEqual([false]);
    await client.processors.kill({ name: 'abandoned-cart-v1' });
    await sees([true]);
    // A new version counts its restarts anew; that is no kill.
    await client.lessons.reset({ id: 'abandoned-cart' });
    expect((await client.processors.list({})).map(({ name }) => name)).toEqual(['validate-and-enrich']);
    await client.streams.create({ name: 'derived-events', shards: 3 });
    await deploy('abandoned-cart-v1', await sample('abandoned-cart-v1'), { start: { at: 'latest' } });
    await client.lessons.go({ step: 3 });
    await deploy('abandoned-cart-v1', `${await sample('abandoned-cart-v1')}\n`);
    await looked();
    expect((await progress())!.checks).toEqual([false]);
  });

  it('a reset removes their processors and deletes what those wrote; what they read stays', async () => {
    expect((await client.lessons.get({ id: 'abandoned-cart' })).processors).toEqual(['abandoned-cart-v1', 'abandoned-cart-v2', 'coupon']);
    await client.lessons.reset({ id: 'abandoned-cart' });
    await client.lessons.reset({ id: 'enrich-and-the-bad-stream' });
    expect(await client.processors.list({})).toEqual([]);
    const left = await names();
    expect(left).toEqual(expect.arrayContaining(['raw-events', 'bad']));
    for (const gone of ['enriched-events', 'derived-events', 'coupons']) expect(left).not.toContain(gone);
  });
});
