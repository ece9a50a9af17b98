/**
 * kill -9 of every process of a served lab, at random moments, while producers write over several shards through the contract. Whatever
 * was killed, and however often: what was acknowledged is there exactly once, in its order, and no process is left behind.
 */
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { acquireLock } from '../../main/log/index.ts';
import { readWhole, temporaryFolder } from '../unit/openLab.ts';
import { createLedger, type Found, type Ledger } from './ledger.ts';
import { contentOfWorkspace } from './logFiles.ts';
import { killHard } from './processTree.ts';
import { connect, startProducers } from './producers.ts';
import { createRandom, type Random } from './random.ts';
import { kill, serve, type Target } from './servedLab.ts';

const PRODUCERS = 4;
const SHARDS = 6;
/** How long the lab may take to go on after a kill, milliseconds: the pauses before restarts, and the start itself. */
const RECOVERED_MS_MAX = 90_000;
/**
 * The kills of one life of the serving process, which its own ends. Brokers and engines that end quickly again and again are started after
 * ever longer pauses; a new engine begins anew with its brokers.
 */
const LIFE = [
  'broker',
  'broker',
  'engine',
  'broker',
  'broker',
  'both',
  'broker',
  'broker',
  'engine',
  'broker',
  'serving',
] as const satisfies readonly Target[];

/** Most kills meet a lab at work, some one that is just being started again. */
async function untilWorking(ledger: Ledger, random: Random): Promise<void> {
  if (random.chance(0.15)) return random.pause(150);
  const before = ledger.acknowledged;
  await vi.waitFor(() => expect(ledger.acknowledged, 'no append is acknowledged any more').toBeGreaterThan(before), {
    timeout: RECOVERED_MS_MAX,
    interval: 5,
  });
  await random.pause(120);
}

async function readThrough(url: string): Promise<Found[]> {
  const { client, close } = await connect(url);
  try {
    const { records, gaps } = await readWhole(client, 'written');
    expect(gaps).toEqual([]);
    return records.map(({ shard, offset, value }) => ({ shard, offset, value: Buffer.from(value!) }));
  } finally {
    close();
  }
}

for (const { brokers, lives } of [
  { brokers: 1, lives: 5 },
  { brokers: 3, lives: 5 },
]) {
  it(`what was acknowledged survives the kills of ${brokers === 1 ? 'a lab with one broker' : `a lab with ${brokers} brokers`}`, async () => {
    const random = createRandom(brokers);
    const { folder, remove } = temporaryFolder();
    const ledger = createLedger();
    const kills: Record<Target, number> = { broker: 0, engine: 0, both: 0, processor: 0, serving: 0 };
    let serving = await serve(folder, brokers);
    onTestFinished(() => {
      killHard(serving.child.pid);
      remove();
    });
    const { client, close } = await connect(serving.url);
    await client.streams.create({ name: 'written', shards: SHARDS });
    const [stream] = await client.streams.list({});
    const owners = new Map(stream!.shards.map(({ shard, brokerId }) => [shard, brokerId]));
    close();

    const producers = startProducers(PRODUCERS, 'written', SHARDS, () => serving.url, ledger, random);
    for (let life = 1; ; life++) {
      for (const target of LIFE) {
        await untilWorking(ledger, random);
        for (let killed = 0; killed === 0;) {
          killed = await kill(target, serving, random);
          if (killed > 0) kills[target]++;
          else await sleep(20);
        }
      }
      // Nobody has the files open now; all of them must be whole as they lie there, half of a commit in the log of one or not.
      const { found, brokerOf } = contentOfWorkspace(folder);
      expect(brokerOf(0)).toBe(owners.get(0));
      ledger.check(found, brokerOf);
      if (life === lives) break;
      // It gets the lock that the killed one held, or ends.
      serving = await serve(folder, brokers);
    }
    await producers.stop();

    serving = await serve(folder, brokers);
    ledger.check(await readThrough(serving.url), (shard) => owners.get(shard)!);
    serving.child.kill('SIGTERM');
    expect(await once(serving.child, 'exit')).toEqual([0, null]);
    const { found, brokerOf } = contentOfWorkspace(folder);
    ledger.check(found, brokerOf);
    const lock = await acquireLock(path.join(folder, 'lab.lock'), { program: 'a test', pid: process.pid, since: '' }, { waitMs: 0 });
    lock.release();

    const failures = [...producers.failures].map(([code, count]) => `${count} ${code}`).join(', ');
    console.log(
      `${brokers} brokers: kills ${JSON.stringify(kills)}; ${ledger.acknowledged} of ${ledger.sent} requests acknowledged, ${found.length} events; failures: ${failures}`,
    );
    expect(kills.broker + kills.engine + kills.both + kills.serving).toBe(lives * LIFE.length);
    expect(ledger.acknowledged).toBeGreaterThan(lives * LIFE.length);
  });
}
