/**
 * Rehearsals: how fast a column of 10⁶ events is built, against the same processor as it runs live over the same events; how long it takes to step,
 * to step back and to jump; what it takes on disk and of memory; how fast the order of so many events is settled. And how long a frame of the
 * page takes while it plays.
 */
import path from 'node:path';
import type { ProcessorSummary } from '../../main/api/processors.ts';
import type { Rehearsal } from '../../main/api/rehearsals.ts';
import type { Engine } from '../../main/engine.ts';
import type { Figure } from './bench.ts';
import { play } from './rehearsalPlay.ts';
import { never, openEngine, withFolder } from './lab.ts';

const SHARDS = 3;
const EVENTS = 1_000_000;
const BATCH = 1_000;
/** Keys, as many as shoppers of a shop. */
const KEYS = 20_000;
/** Of each kind of move. */
const MOVES = 400;
const WITHIN_MS = 100;
/** Live throughput is that of so many events behind its start, so that the start of its process is not in it. */
const WARM_EVENTS = 100_000;

/** It remembers and emits for each event: what a stateful processor does most. */
const SOURCE = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['visits'],
  outputs: ['visit-counts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    const { shopper, product } = event.value;
    const seen = ctx.store('seen');
    const before = seen.get(shopper) ?? { visits: 0, last: null };
    const now = { visits: before.visits + 1, last: product };
    seen.set(shopper, now);
    ctx.emit('visit-counts', { key: shopper, value: { shopper, ...now } });
  },
});
`;

export const rehearsal = { engine: engineFigures, play };

function engineFigures(): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const engine = await openEngine(path.join(folder, 'workspace'), 'fast');
    try {
      await fill(engine);
      const live = await liveRate(engine);
      const built = await build(engine);
      const moves = await moveThrough(engine, built.rehearsal.id);
      await engine.services.rehearsals.close({ id: built.rehearsal.id }, never);
      return [...built.figures(live), ...moves];
    } finally {
      await engine.close();
    }
  });
}

async function fill({ services }: Engine): Promise<void> {
  await services.streams.create({ name: 'visits', shards: SHARDS }, never);
  for (let from = 0; from < EVENTS; from += BATCH) {
    const records = Array.from({ length: BATCH }, (_, index) => {
      const at = from + index;
      const shopper = `shopper-${(at * 7_919) % KEYS}`;
      const value = JSON.stringify({ event: 'SHOPPER_VIEWED', shopper, product: `product-${at % 97}`, at });
      return { key: Buffer.from(shopper), value: Buffer.from(value), headers: [], timestamp: 1_700_000_000_000n + BigInt(at), shard: null };
    });
    await services.produce.append({ stream: 'visits', records }, never);
  }
}

/** Events a second. */
async function liveRate({ services }: Engine): Promise<number> {
  const { processors } = services;
  await processors.deploy({ name: 'visits', source: SOURCE, guarantee: null, start: null, anew: false }, never);
  let [beganAt, beganWith] = [0, 0];
  for (;;) {
    const [summary] = (await processors.list({}, never)) as ProcessorSummary[];
    const now = performance.now();
    if (beganAt === 0 && summary!.in >= WARM_EVENTS) [beganAt, beganWith] = [now, summary!.in];
    if (summary!.in >= EVENTS) {
      await processors.pause({ name: 'visits' }, never);
      return ((summary!.in - beganWith) * 1_000) / (now - beganAt);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function build({ services }: Engine) {
  const beganAt = performance.now();
  const { id } = await services.rehearsals.create(
    {
      ranges: [{ stream: 'visits', from: { at: 'beginning' }, until: { at: 'end' } }],
      order: { by: 'append' },
      columns: [{ name: 'visits', source: SOURCE, version: null, after: null }],
    },
    never,
  );
  let settledMs = 0;
  let memoryBytes = 0;
  let rehearsal!: Rehearsal;
  for (;;) {
    rehearsal = (await services.rehearsals.list({}, never)).find((each) => each.id === id)!;
    const [column] = rehearsal.columns;
    if (settledMs === 0 && rehearsal.isWhole) settledMs = performance.now() - beganAt;
    memoryBytes = Math.max(memoryBytes, column!.memoryBytes ?? 0);
    if (column!.state === 'stopped') throw new Error(column!.problem!);
    if (column!.state === 'done') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const builtMs = performance.now() - beganAt;
  const rate = (EVENTS * 1_000) / builtMs;
  return {
    rehearsal,
    figures: (live: number): Figure[] => [
      {
        what: 'rehearsal of 10⁶ events, built',
        value: rate,
        unit: 'events/s',
        ceiling: live,
        ratio: rate / live,
        wanted: 'half of the same processor, live',
        isMet: rate >= live / 2,
      },
      { what: 'its order, settled', value: (EVENTS * 1_000) / settledMs, unit: 'events/s', wanted: 'measured', isMet: true },
      {
        what: 'its notes on disk',
        value: rehearsal.bytes / EVENTS,
        unit: 'bytes an event',
        wanted: '≤ 500',
        isMet: rehearsal.bytes / EVENTS <= 500,
      },
      { what: 'its process, at most', value: memoryBytes / 2 ** 20, unit: 'MiB', wanted: '≤ 512', isMet: memoryBytes <= 512 * 2 ** 20 },
    ],
  };
}

async function moveThrough({ services }: Engine, id: string): Promise<Figure[]> {
  let at = 0;
  const random = (): number => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return 1 + (at % EVENTS);
  };
  const view = (position: number): Promise<unknown> =>
    Promise.resolve(services.rehearsals.view({ id, position, rows: { from: Math.max(1, position - 20), limit: 40 } }, never));
  const state = (position: number): Promise<unknown> =>
    Promise.resolve(
      services.rehearsals.state({ id, column: 1, position, store: 'seen', shard: null, from: 'shopper-5', contains: '', most: 100 }, never),
    );
  const walk = (by: number) => {
    let position = random();
    return () => view((position = Math.min(EVENTS, Math.max(0, position + by))));
  };
  const moves: [what: string, move: () => Promise<unknown>][] = [
    ['step', walk(1)],
    ['step back', walk(-1)],
    ['jump to any position', () => view(random())],
    ['state of a store there, 100 entries', () => state(random())],
    [
      'next emission',
      () =>
        Promise.resolve(
          services.rehearsals.search(
            { id, from: random(), direction: 'next', what: { of: 'emission', columns: [1], output: null, contains: '' } },
            never,
          ),
        ),
    ],
    ['marks of 1,200 pixels', () => Promise.resolve(services.rehearsals.marks({ id, pixels: 1_200, comparison: null }, never))],
  ];
  const figures: Figure[] = [];
  for (const [what, move] of moves) {
    const took: number[] = [];
    for (let count = 0; count < MOVES; count++) {
      const began = performance.now();
      await move();
      took.push(performance.now() - began);
    }
    const p99 = took.toSorted((one, other) => one - other)[Math.floor(MOVES * 0.99)]!;
    figures.push({ what: `${what}, 99th percentile`, value: p99, unit: 'ms', wanted: `≤ ${WITHIN_MS} ms`, isMet: p99 <= WITHIN_MS });
  }
  return figures;
}
