/**
 * kill -9 of brokers, engine and the processor's own process while a processor works, at random moments: what it wrote, what it keeps and where
 * it stands are in the end what one run without any of that gives.
 */
import path from 'node:path';
import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { LabClient } from '../../main/api/index.ts';
import type { Guarantee } from '../../main/api/processors.ts';
import { readWhole, temporaryFolder } from '../unit/openLab.ts';
import { killHard } from './processTree.ts';
import { connect } from './producers.ts';
import { createRandom, type Random } from './random.ts';
import { kill, serve, type Serving, type Target } from './servedLab.ts';

const SHARDS = 4;
const KEYS = 40;
const KILLS = 50;
/** How long the lab may take to go on after a kill, milliseconds. */
const RECOVERED_MS_MAX = 90_000;

/** Counts by key; what it emits has another key, so it goes to other shards, and with several brokers to other brokers. */
const COUNT = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['counts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    const seen = ctx.store<number>('seen');
    const count = (seen.get(event.key!) ?? 0) + 1;
    seen.set(event.key!, count);
    if (Number(event.offset) % 10 === 3) return ctx.bad('every tenth');
    if (count === 9) seen.delete(event.key!);
    ctx.emit('counts', { key: 'k' + count + event.offset, value: { shard: event.shard, offset: event.offset, key: event.key, count } });
  },
});
`;

interface Counted {
  shard: number;
  offset: string;
  key: string;
  count: number;
}

interface Expected {
  counts: string[];
  state: Map<string, number>;
  bad: number;
}

/** What one run over the events gives. */
function expectedOf(events: readonly { shard: number; offset: bigint; key: string }[]): Expected {
  const state = new Map<string, number>();
  const counts: string[] = [];
  let bad = 0;
  for (const { shard, offset, key } of events) {
    if (offset % 10n === 3n) {
      bad++;
      continue;
    }
    const count = (state.get(`${shard} ${key}`) ?? 0) + 1;
    if (count === 9) state.delete(`${shard} ${key}`);
    else state.set(`${shard} ${key}`, count);
    counts.push(JSON.stringify({ shard, offset: String(offset), key, count } satisfies Counted));
  }
  return { counts, state, bad };
}

async function read(client: LabClient, stream: string): Promise<{ shard: number; offset: bigint; key: string; value: string }[]> {
  const { records, gaps } = await readWhole(client, stream);
  expect(gaps).toEqual([]);
  return records.map(({ shard, offset, key, value }) => ({
    shard,
    offset,
    key: Buffer.from(key!).toString(),
    value: Buffer.from(value ?? []).toString(),
  }));
}

/** Appends until it is stopped; what fails is not sent again: what is in the log is what counts. */
function keepAppending(url: () => string, random: Random): { stop: () => Promise<void> } {
  let isStopped = false;
  const work = (async () => {
    let connection: Awaited<ReturnType<typeof connect>> | null = null;
    while (!isStopped) {
      try {
        connection ??= await connect(url());
        const records = Array.from({ length: random.between(1, 60) }, () => ({
          ...{ key: Buffer.from(`w${random.between(1, KEYS)}`), value: Buffer.from('x'), headers: [], timestamp: null, shard: null },
        }));
        await connection.client.produce.append({ stream: 'words', records });
        await random.pause(10);
      } catch {
        connection?.close();
        connection = null;
        await sleep(20);
      }
    }
    connection?.close();
  })();
  return {
    async stop() {
      isStopped = true;
      await work;
    },
  };
}

async function within<T>(serving: Serving, work: (client: LabClient) => Promise<T>): Promise<T> {
  const { client, close } = await connect(serving.url);
  try {
    return await work(client);
  } finally {
    close();
  }
}

/** Waits until it has read all that is there. */
async function caughtUp(serving: Serving): Promise<void> {
  await vi.waitFor(
    () =>
      within(serving, async (client) => {
        const [processor] = await client.processors.list({});
        expect(processor).toMatchObject({ state: 'running' });
        expect(processor!.tasks.flatMap(({ inputs }) => inputs.map(({ lag }) => lag))).toEqual(Array.from({ length: SHARDS }, () => 0));
      }),
    { timeout: RECOVERED_MS_MAX, interval: 200 },
  );
}

async function countsWritten(serving: Serving): Promise<number> {
  return within(serving, async (client) => (await client.streams.list({})).find(({ name }) => name === 'counts')?.events ?? 0).catch(
    () => 0,
  );
}

/** A lab that is served anew once its serving process was killed. */
interface Lab {
  serving: Serving;
  serveAgain: () => Promise<void>;
}

async function deployedLab(brokers: number, guarantee: Guarantee): Promise<Lab> {
  const { folder, remove } = temporaryFolder();
  const start = (): Promise<Serving> => serve(path.join(folder, 'lab'), brokers);
  const lab: Lab = {
    serving: await start(),
    async serveAgain() {
      lab.serving = await start();
    },
  };
  onTestFinished(() => {
    killHard(lab.serving.child.pid);
    remove();
  });
  await within(lab.serving, async (client) => {
    await client.streams.create({ name: 'words', shards: SHARDS });
    await client.processors.deploy({ name: 'count', source: COUNT, guarantee, start: null, anew: false });
  });
  return lab;
}

async function killAll(lab: Lab, targets: readonly Target[], random: Random): Promise<void> {
  for (const target of targets) {
    const { serving } = lab;
    const before = await countsWritten(serving);
    await vi
      .waitFor(async () => expect(await countsWritten(serving)).toBeGreaterThan(before), { timeout: RECOVERED_MS_MAX, interval: 30 })
      .catch(async (error: unknown) => {
        const stands = await within(serving, (client) => client.processors.list({}));
        throw new Error(`It does not go on: ${inspect(stands, { depth: 6, maxArrayLength: 40 })}`, { cause: error });
      });
    await random.pause(150);
    for (let killed = 0; killed === 0;) {
      killed = await kill(target, serving, random);
      if (killed === 0) await sleep(20);
    }
    if (target === 'serving') await lab.serveAgain();
  }
}

/** The serving process is killed in time: it gives up an engine that ends too often in a row. */
function targetOf(index: number, random: Random): Target {
  if (index % 10 === 9) return 'serving';
  return random.pick(index % 5 === 4 ? ['engine', 'both'] : ['processor', 'processor', 'broker']);
}

for (const brokers of [1, 3]) {
  it(`exactly once, over ${brokers} broker${brokers === 1 ? '' : 's'}: ${KILLS} kills, and nothing is lost, nothing twice`, async () => {
    const random = createRandom(100 + brokers);
    const lab = await deployedLab(brokers, 'exactly-once');
    const producer = keepAppending(() => lab.serving.url, random);
    await killAll(
      lab,
      Array.from({ length: KILLS }, (_, index) => targetOf(index, random)),
      random,
    );
    await producer.stop();
    await caughtUp(lab.serving);

    await within(lab.serving, async (client) => {
      const words = await read(client, 'words');
      const expected = expectedOf(words);
      await vi.waitFor(async () => expect(await read(client, 'counts')).toHaveLength(expected.counts.length));
      const counts = await read(client, 'counts');
      expect(counts.map(({ value }) => value).sort()).toEqual(expected.counts.sort());
      // In each shard what came of one task is in the order of its events.
      const last = new Map<string, bigint>();
      for (const { shard, value } of counts) {
        const { shard: task, offset } = JSON.parse(value) as Counted;
        expect(BigInt(offset)).toBeGreaterThan(last.get(`${shard} ${task}`) ?? -1n);
        last.set(`${shard} ${task}`, BigInt(offset));
      }
      const { entries } = await client.processors.state({ name: 'count', store: 'seen', shard: null, from: '', contains: '', most: 200 });
      expect(new Map(entries.map(({ shard, key, json }) => [`${shard} ${key}`, Number(json)]))).toEqual(expected.state);
      expect(await read(client, 'bad')).toHaveLength(expected.bad);
      const [processor] = await client.processors.list({});
      expect(processor).toMatchObject({ in: words.length, bad: expected.bad, out: { counts: expected.counts.length } });
      console.log(`${brokers} brokers: ${KILLS} kills, ${words.length} events`);
    });
  });
}
