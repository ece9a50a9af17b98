/** A processor that has a million keys in its store goes on after it was ended: from when its process is started until it runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './bench.ts';
import { median, never, openEngine, withFolder } from './lab.ts';

const KEYS = 1_000_000;
const BATCH = 1_000;
const ROUNDS = 5;

const SOURCE = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['in'],
  stores: ['counts'],
  onEvent(event, ctx) {
    const counts = ctx.store<number>('counts');
    counts.set(event.key!, (counts.get(event.key!) ?? 0) + 1);
  },
});
`;

export async function restore(): Promise<Figure> {
  return withFolder(async (folder) => {
    const engine = await openEngine(folder);
    const { streams, produce, processors } = engine.services;
    await streams.create({ name: 'in', shards: 1 }, never);
    for (let from = 0; from < KEYS; from += BATCH) {
      const records = Array.from({ length: BATCH }, (_, index) => ({
        ...{ key: Buffer.from(`shopper-${from + index}`), value: Buffer.from('x'), headers: [], timestamp: BigInt(from + index), shard: 0 },
      }));
      await produce.append({ stream: 'in', records }, never);
    }
    const summary = async () => (await processors.list({}, never))[0]!;
    const isRunning = async (): Promise<void> => {
      while ((await summary()).state !== 'running') await sleep(2);
    };
    await processors.deploy({ name: 'count', source: SOURCE, guarantee: null, start: null, anew: false }, never);
    while ((await summary()).in < KEYS) await sleep(50);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await processors.pause({ name: 'count' }, never);
      const began = performance.now();
      processors.resume({ name: 'count' }, never);
      await isRunning();
      times.push(performance.now() - began);
    }
    await engine.close();
    const rate = (KEYS * 1_000) / median(times);
    return {
      what: `processor, restart with ${KEYS.toLocaleString('en')} keys, the start of its process included`,
      value: rate,
      unit: 'keys/s',
      wanted: 'at least 500,000',
      isMet: rate >= 500_000,
    };
  });
}
