/** What processors cost to which nothing comes: the processor time of all processes of a lab that has them, less what the same lab took before. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './bench.ts';
import { never, PASS_THROUGH, openEngine, withFolder } from './lab.ts';
import { family } from './memory.ts';

const PROCESSORS = 20;
/** How long it is looked at, before and with them, milliseconds. */
const LOOK_MS = 20_000;
/** What was just started is left alone so long, milliseconds. */
const SETTLE_MS = 5_000;
/** By which /proc counts processor time: USER_HZ, 100 on all Linux, milliseconds. */
const TICK_MS = 10;

export async function idle(): Promise<Figure> {
  return withFolder(async (folder) => {
    const engine = await openEngine(folder);
    const { streams, produce, processors } = engine.services;
    await streams.create({ name: 'in', shards: 1 }, never);
    await produce.append({ stream: 'in', records: [{ key: null, value: Buffer.from('{}'), headers: [], timestamp: 0n, shard: 0 }] }, never);
    // As a page does that shows them.
    const watching = new AbortController();
    const watched = watch(processors.watch({}, { signal: watching.signal, caller: never.signal }));
    const before = await share();
    for (let number = 1; number <= PROCESSORS; number++) {
      await processors.deploy({ name: `idle-${number}`, source: PASS_THROUGH, guarantee: null, start: null, anew: false }, never);
    }
    const parked = async (): Promise<number> => (await processors.list({}, never)).filter(({ state }) => state === 'parked').length;
    while ((await parked()) < PROCESSORS) await sleep(500);
    const percent = (await share()) - before;
    watching.abort();
    await watched;
    await engine.close();
    return {
      what: `${PROCESSORS} processors to which nothing comes, all processes of the lab`,
      value: percent,
      unit: '% of a core',
      wanted: 'under 2 %',
      isMet: percent < 2,
    };
  });
}

async function watch(changes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of changes);
}

/** Of one core that all processes take for a while, percent. */
async function share(): Promise<number> {
  await sleep(SETTLE_MS);
  const [began, at] = [ticks(), performance.now()];
  await sleep(LOOK_MS);
  return ((ticks() - began) * TICK_MS * 100) / (performance.now() - at);
}

/** Of this process and all below it, so far. What has ended meanwhile must not be among them. */
function ticks(): number {
  return family(process.pid).reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}
