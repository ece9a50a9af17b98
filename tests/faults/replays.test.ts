/**
 * kill -9 of the lab's processes at random moments while a million events are replayed: the replay goes on by itself each time, and in the end
 * the target has each event once, those of a shard in their order, byte for byte.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { LabClient } from '../../main/api/index.ts';
import { hasEnded, type Replay } from '../../main/api/replays.ts';
import { temporaryFolder } from '../unit/openLab.ts';
import { killHard } from './processTree.ts';
import { connect } from './producers.ts';
import { createRandom } from './random.ts';
import { kill, serve, type Serving, type Target } from './servedLab.ts';

const EVENTS = 1_000_000;
const SHARDS = 4;
const APPENDED_AT_ONCE = 10_000;
/** Between two kills the replay gets so far at most, events. */
const STRETCH_EVENTS = 110_000;
const TARGETS: readonly Target[] = ['engine', 'broker', 'both', 'engine', 'serving', 'broker', 'engine', 'both'];
/** How long the lab may take to go on after a kill, milliseconds. */
const RECOVERED_MS_MAX = 90_000;

const value = (n: number): string => `{"n":${n},"fill":"${'x'.repeat(n % 60)}"}`;

async function fill(client: LabClient): Promise<void> {
  await client.streams.create({ name: 'past', shards: SHARDS });
  for (let at = 0; at < EVENTS; at += APPENDED_AT_ONCE) {
    const records = Array.from({ length: APPENDED_AT_ONCE }, (_, index) => ({
      ...{ key: Buffer.from(`k${(at + index) % 1_009}`), value: Buffer.from(value(at + index)) },
      ...{ headers: [], timestamp: 1_700_000_000_000n + BigInt(at + index), shard: null },
    }));
    await client.produce.append({ stream: 'past', records });
  }
}

/** As it is told as soon as the lab answers; a killed engine is started again by whoever serves. */
async function replayNow(connection: { current: Awaited<ReturnType<typeof connect>> }, serving: Serving): Promise<Replay> {
  const until = Date.now() + RECOVERED_MS_MAX;
  for (;;) {
    try {
      return (await connection.current.client.replays.list({}))[0]!;
    } catch (error) {
      if (Date.now() > until) throw error;
      connection.current.close();
      await sleep(50);
      connection.current = await connect(serving.url).catch(() => connection.current);
    }
  }
}

/** What the shards of a stream have: the numbers of the events in their order, and a checksum of everything. */
async function shardsOf(client: LabClient, stream: string): Promise<{ numbers: number[]; sum: string }[]> {
  const shards = new Map<number, { numbers: number[]; hash: ReturnType<typeof createHash> }>();
  for await (const { records, gaps } of client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } })) {
    expect(gaps).toEqual([]);
    for (const { shard, key, value: bytes, timestamp } of records) {
      const own = shards.get(shard) ?? { numbers: [], hash: createHash('sha256') };
      shards.set(shard, own);
      const text = Buffer.from(bytes!).toString();
      own.numbers.push((JSON.parse(text) as { n: number }).n);
      own.hash.update(`${Buffer.from(key!).toString()} ${timestamp} ${text}\n`);
    }
  }
  return [...shards].sort(([one], [other]) => one - other).map(([, { numbers, hash }]) => ({ numbers, sum: hash.digest('hex') }));
}

for (const [brokers, targetShards] of [
  [1, SHARDS],
  [3, 3],
] as const) {
  it(`a replay over ${brokers === 1 ? 'one broker' : `${brokers} brokers`} goes on after each kill, and nothing of it is lost or there twice`, async () => {
    const random = createRandom(60 + brokers);
    const { folder, remove } = temporaryFolder();
    let serving: Serving = await serve(folder, brokers);
    onTestFinished(() => {
      killHard(serving.child.pid);
      remove();
    });
    const connection = { current: await connect(serving.url) };
    await fill(connection.current.client);
    await connection.current.client.replays.start({
      ...{ stream: 'past', from: { at: 'beginning' }, until: { at: 'now' }, keys: null, speed: null, waitMsMax: null },
      ...{
        timestamps: 'original',
        keepsHeaders: true,
        into: { stream: 'again', shards: targetShards },
        through: null,
        intoExisting: false,
      },
    });
    let sent = 0;
    const killedAt: number[] = [];
    for (const target of TARGETS) {
      const wanted = sent + random.between(1, STRETCH_EVENTS);
      let replay = await replayNow(connection, serving);
      for (; replay.sent < wanted && !hasEnded(replay); await sleep(2)) replay = await replayNow(connection, serving);
      if (hasEnded(replay)) break;
      while ((await kill(target, serving, random)) === 0) await sleep(20);
      killedAt.push(replay.sent);
      if (target === 'serving') serving = await serve(folder, brokers);
      ({ sent } = replay);
    }
    let ended = await replayNow(connection, serving);
    for (; !hasEnded(ended); await sleep(20)) ended = await replayNow(connection, serving);
    expect(ended).toMatchObject({ state: 'done', read: EVENTS, total: EVENTS, sent: EVENTS, missedRanges: 0 });

    const [past, again] = [await shardsOf(connection.current.client, 'past'), await shardsOf(connection.current.client, 'again')];
    const times = new Uint8Array(EVENTS);
    for (const { numbers } of again) for (const n of numbers) times[n]!++;
    const wrong = (is: (count: number) => boolean): number[] =>
      [...times.entries()].flatMap(([n, count]) => (is(count) ? [n] : [])).slice(0, 20);
    expect({ missing: wrong((count) => count === 0), twice: wrong((count) => count > 1) }).toEqual({ missing: [], twice: [] });
    if (targetShards === SHARDS) {
      expect(again).toEqual(past);
    } else {
      // The timestamps rise with the numbers, and the shards are merged by them.
      for (const { numbers } of again) expect(numbers.every((n, at) => at === 0 || numbers[at - 1]! < n)).toBe(true);
    }
    connection.current.close();
    expect(killedAt.length).toBeGreaterThan(TARGETS.length / 2);
    console.log(`${brokers} brokers: killed ${killedAt.length} times, when ${killedAt.join(', ')} of ${EVENTS} were known to be there`);
  });
}
