/**
 * Windows of the wall clock, live and rehearsed. Live they fire by the clock of the machine, rehearsed where the latest timestamp passes them. So both
 * emit the same where each event carries the moment at which the live processor took it: these moments are noted here, and rehearsed.
 */
import { expect, it, vi } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { openLab, temporaryFolder } from '../../openLab.ts';
import { emittedByKey, rehearsed, sorted, type Sequences, written } from './rehearsing.ts';

const SHARDS = 3;
/** So many windows are to lie between the first event and the last one, at least. */
const WINDOWS_MIN = 6;
const WINDOW_MS = 200;
/** Of what is waited for, milliseconds. */
const WITHIN = { interval: 20 };

const SOURCE = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['ticks'], outputs: ['told'], stores: ['seen'],
  onEvent(event, ctx) {
    const seen = ctx.store('seen');
    seen.set('count', (seen.get('count') ?? 0) + 1);
    ctx.emit('told', { key: 'event ' + ctx.shard, timestamp: ctx.now, value: { n: event.value, now: ctx.now, count: seen.get('count') } });
  },
  window: { every: '${WINDOW_MS}ms', run(time, ctx) {
    const seen = ctx.store('seen');
    ctx.emit('told', { key: 'window ' + ctx.shard, value: { time, now: ctx.now, count: seen.get('count'), before: seen.get('window') ?? null, chance: ctx.random() } });
    seen.set('window', time);
  } },
});`;

interface Told {
  n: number;
  now: number;
}

async function tick(client: LabClient, stream: string, shard: number, n: number, timestamp: number): Promise<void> {
  const value = Buffer.from(String(n));
  await client.produce.append({ stream, records: [{ shard, key: null, value, headers: [], timestamp: BigInt(timestamp) }] });
}

/** What was emitted with this key, by what is in it. */
function valuesOf<T>(sequences: Sequences, key: string): T[] {
  return (sequences[`told ${key}`] ?? []).map((one) => JSON.parse((JSON.parse(one) as [string])[0]) as T);
}

it('windows fire as they did live where each event carries the moment at which it was processed', async () => {
  const place = temporaryFolder();
  const lab = await openLab(place.folder);
  try {
    const { client } = lab;
    await client.streams.create({ name: 'ticks', shards: SHARDS });
    await client.processors.deploy({ name: 'live', source: SOURCE, guarantee: null, start: null, anew: false });
    const told = (): Promise<Sequences> => written(client, ['told']);
    const momentsOf = (live: Sequences, shard: number): Told[] => valuesOf(live, `event ${shard}`);
    const allOf = (live: Sequences): Told[] => Array.from({ length: SHARDS }, (_, shard) => momentsOf(live, shard)).flat();
    // Each shard begins at another time, and goes on to have some.
    for (let n = 0, windows = 0; windows < WINDOWS_MIN || n < 12; n++) {
      await tick(client, 'ticks', Math.min(n, n % SHARDS), n, Date.now());
      await vi.waitFor(async () => expect(allOf(await told())).toHaveLength(n + 1), WITHIN);
      windows = valuesOf(await told(), 'window 0').length;
    }
    const last = Math.max(...allOf(await told()).map(({ now }) => now));
    await vi.waitFor(async () => {
      const live = await told();
      for (let shard = 0; shard < SHARDS; shard++)
        expect(valuesOf<{ time: number }>(live, `window ${shard}`).at(-1)!.time).toBeGreaterThan(last);
    }, WITHIN);
    await client.processors.pause({ name: 'live' });

    const live = await told();
    await client.streams.create({ name: 'moments', shards: SHARDS });
    for (let shard = 0; shard < SHARDS; shard++)
      for (const { n, now } of momentsOf(live, shard)) await tick(client, 'moments', shard, n, now);
    const rehearsal = await rehearsed(client, {
      ranges: [{ stream: 'moments', from: { at: 'beginning' }, until: { at: 'end' } }],
      order: { by: 'event-time' },
      columns: [{ name: 'live', source: null, version: 1, after: null, reads: 'moments' }],
    });
    expect(rehearsal.columns[0]).toMatchObject({ state: 'done', problem: null });
    const own = await emittedByKey(client, rehearsal.id, 1);
    // Behind the last event the live one went on; a rehearsal ends there.
    const upToLast = Object.fromEntries(
      Object.entries(live).map(([key, all]) => [key, all.slice(0, key.includes('window') ? own[key]?.length : undefined)]),
    );
    expect(sorted(own)).toEqual(sorted(upToLast));
    for (let shard = 0; shard < SHARDS; shard++) {
      const [due, next] = [...valuesOf<{ time: number }>(live, `window ${shard}`)].slice(own[`told window ${shard}`]!.length - 1);
      expect(due!.time).toBeLessThanOrEqual(last);
      expect(next!.time).toBeGreaterThan(last);
    }
    await client.rehearsals.close({ id: rehearsal.id });
  } finally {
    await lab.close();
    place.remove();
  }
});
