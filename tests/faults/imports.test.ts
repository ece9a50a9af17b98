/**
 * kill -9 of the lab's processes at random moments while a file is imported, which is gone on with each time: every line is in the log once,
 * and in each shard in the order of the file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { LabClient } from '../../main/api/index.ts';
import type { Job } from '../../main/api/jobs.ts';
import { readWhole, temporaryFolder } from '../unit/openLab.ts';
import { killHard } from './processTree.ts';
import { connect } from './producers.ts';
import { createRandom } from './random.ts';
import { kill, serve, type Serving, type Target } from './servedLab.ts';

const LINES = 400_000;
/** Between two kills the import gets so far at most, events. */
const STRETCH_EVENTS = 45_000;
const PIECE_BYTES = 128 * 1024;
/** Between two pieces, milliseconds: else the whole file is in the log before the catalog first hears of it. */
const PACE_MS = 5;
const TARGETS: readonly Target[] = ['engine', 'broker', 'both', 'engine', 'serving', 'broker', 'engine', 'both'];
const PIECES_UNDER_WAY = 4;
/** How long the lab may take to go on after a kill, milliseconds. */
const RECOVERED_MS_MAX = 90_000;

const line = (n: number): string => `{"n":${n},"id":${n % 3 === 0 ? 'null' : `"k${n % 1_009}"`},"fill":"${'x'.repeat(n % 200)}"}\n`;
const file = Buffer.from(Array.from({ length: LINES }, (_, n) => line(n)).join(''));
const info = { name: 'events.ndjson', bytes: file.length };

/** Sends the file from there on until it is whole in the log, or the lab does not take it any more. */
async function send(client: LabClient, jobId: string, from: number): Promise<boolean> {
  const writes = new Set<Promise<unknown>>();
  try {
    for (let at = from; at < file.length; at += PIECE_BYTES) {
      // A copy: the port takes the bytes away.
      const write = client.imports.write({ jobId, piece: Uint8Array.from(file.subarray(at, at + PIECE_BYTES)) });
      writes.add(write);
      write.then(() => writes.delete(write)).catch(() => undefined);
      if (writes.size >= PIECES_UNDER_WAY) await Promise.race(writes);
      await sleep(PACE_MS);
    }
    await Promise.all(writes);
    await client.imports.finish({ jobId });
    return true;
  } catch {
    await Promise.allSettled(writes);
    await client.imports.abort({ jobId, reason: 'The lab did not answer.' }).catch(() => undefined);
    return false;
  }
}

async function jobOf(client: LabClient, jobId: string): Promise<Job> {
  for await (const jobs of client.jobs.watch({})) return jobs.find(({ id }) => id === jobId)!;
  throw new Error('The jobs are not told any more.');
}

/** Again and again, as long as its brokers are on their way up. Answers where to send on from. */
async function goOn(url: string, jobId: string): Promise<Awaited<ReturnType<typeof connect>> & { from: number }> {
  const until = Date.now() + RECOVERED_MS_MAX;
  for (;;) {
    let connection: Awaited<ReturnType<typeof connect>> | undefined;
    try {
      connection = await connect(url);
      const { check } = (await jobOf(connection.client, jobId)).goOn!;
      const { from } = await connection.client.imports.goOn({
        jobId,
        file: info,
        checked: Uint8Array.from(file.subarray(check.from, check.to)),
      });
      return { ...connection, from };
    } catch (error) {
      connection?.close();
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

for (const brokers of [1, 3]) {
  it(`an import over ${brokers === 1 ? 'one broker' : `${brokers} brokers`} goes on after each kill, and nothing of it is lost or there twice`, async () => {
    const random = createRandom(40 + brokers);
    const { folder, remove } = temporaryFolder();
    let serving: Serving = await serve(folder, brokers);
    onTestFinished(() => {
      killHard(serving.child.pid);
      remove();
    });
    let connection = { ...(await connect(serving.url)), from: 0 };
    const rules = { format: 'ndjson', keyField: 'id', timeField: null } as const;
    const { jobId } = await connection.client.imports.start({ stream: 'imported', shards: 4, rules, file: info });
    const resumed: number[] = [];
    let events = 0;
    for (let at = 0; ; at++) {
      const sending = send(connection.client, jobId, connection.from);
      const target = TARGETS[at];
      if (target === undefined) {
        expect(await sending).toBe(true);
        break;
      }
      const wanted = events + random.between(1, STRETCH_EVENTS);
      for (; events < wanted; await sleep(2)) ({ events } = await jobOf(connection.client, jobId));
      while ((await kill(target, serving, random)) === 0) await sleep(20);
      // A broker that nothing was on its way to comes back before anything is missed.
      if (await sending) break;
      connection.close();
      if (target === 'serving') serving = await serve(folder, brokers);
      connection = await goOn(serving.url, jobId);
      resumed.push(connection.from);
      ({ events } = await jobOf(connection.client, jobId));
    }

    const { records, gaps } = await readWhole(connection.client, 'imported');
    expect(gaps).toEqual([]);
    const numbers = records.map(({ shard, value }) => ({ shard, n: (JSON.parse(Buffer.from(value!).toString()) as { n: number }).n }));
    const times = new Uint8Array(LINES);
    for (const { n } of numbers) times[n]!++;
    const wrong = (is: (count: number) => boolean): string =>
      [...times.entries()].flatMap(([n, count]) => (is(count) ? [n] : [])).join(' ');
    expect({ missing: wrong((count) => count === 0), twice: wrong((count) => count > 1) }).toEqual({ missing: '', twice: '' });
    const last = new Map<number, number>();
    for (const { shard, n } of numbers) {
      expect(n).toBeGreaterThan(last.get(shard) ?? -1);
      last.set(shard, n);
    }
    expect(await jobOf(connection.client, jobId)).toMatchObject({ state: 'done', events: LINES });
    connection.close();
    expect(resumed.length).toBeGreaterThan(TARGETS.length / 2);
    expect(Math.max(...resumed), 'the catalog knew how far it was').toBeGreaterThan(0);
    console.log(`${brokers} brokers: ${resumed.length} times gone on, from the bytes ${resumed.join(', ')} of ${file.length}`);
  });
}
