/**
 * Processors that catch up on events that were there before: from the moment when one runs (its process is up, its state restored) to the commit
 * of what came of the last event. The ceiling is a bare loop over the same batches in this process: decode, parse, call, stringify, encode.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../main/engine.ts';
import { decodeBatch, encodeBatch, type NewRecord } from '../../main/log/index.ts';
import type { Figure } from './bench.ts';
import { median, never, openEngine, withFolder } from './lab.ts';

const EVENTS = 500_000;
const BATCH = 1_000;
const VALUE_BYTES = 200;
const KEYS = 10_000;
/** Turns of ceiling and lab, after each other. */
const ROUNDS = 5;

interface Event {
  key: string;
  value: { type: string };
}

interface Load {
  what: string;
  /** Least ratio to the ceiling. */
  wanted: number;
  /** `out`: the name of its output. */
  source: (out: string) => string;
  /** The same as a function; anew for each turn. */
  bare: () => (event: Event) => unknown;
}

const PASS: Load = {
  what: 'pass-through',
  wanted: 0.5,
  source: (out) => `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['in'],
  outputs: ['${out}'],
  onEvent(event, ctx) {
    ctx.emit('${out}', { value: event.value });
  },
});
`,
  bare: () => (event) => event.value,
};

const COUNT: Load = {
  what: 'count by key',
  wanted: 0.3,
  source: (out) => `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['in'],
  outputs: ['${out}'],
  stores: ['counts'],
  onEvent(event, ctx) {
    const counts = ctx.store<number>('counts');
    const count = (counts.get(event.key!) ?? 0) + 1;
    counts.set(event.key!, count);
    ctx.emit('${out}', { value: { type: event.value.type, count } });
  },
});
`,
  bare() {
    const counts = new Map<string, number>();
    return ({ key, value: { type } }) => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { type, count };
    };
  },
};

export const passThrough = (): Promise<Figure> => measure(PASS);
export const countByKey = (): Promise<Figure> => measure(COUNT);

function recordsOf(number: number): NewRecord[] {
  return Array.from({ length: BATCH }, (_, index) => {
    const at = number * BATCH + index;
    const shopper = { id: `shopper-${(at * 7_919) % KEYS}`, name: 'Jo', ipAddress: `203.0.113.${at % 256}` };
    const value = { type: 'SHOPPER_VIEWED_PRODUCT', shopper, product: { sku: `reader-${at % 40}`, price: (at % 500) / 4 }, note: '' };
    value.note = 'x'.repeat(VALUE_BYTES - JSON.stringify(value).length);
    return {
      key: Buffer.from(shopper.id),
      value: Buffer.from(JSON.stringify(value)),
      headers: [],
      timestamp: BigInt(1_700_000_000_000 + at),
    };
  });
}

async function measure({ what, wanted, source, bare }: Load): Promise<Figure> {
  const batches = Array.from({ length: EVENTS / BATCH }, (_, number) => encodeBatch({ records: recordsOf(number) }));
  return withFolder(async (folder) => {
    const engine = await openEngine(folder);
    const { streams, produce, processors } = engine.services;
    await streams.create({ name: 'in', shards: 1 }, never);
    for (const batch of batches) {
      const records = decodeBatch(batch).map(({ key, value, headers, timestamp }) => ({
        key,
        value,
        headers: [...headers],
        timestamp,
        shard: 0,
      }));
      await produce.append({ stream: 'in', records: records as never }, never);
    }
    const figures = { lab: [] as number[], bare: [] as number[], ratio: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const ceiling = (EVENTS * 1_000) / turnOfBare(batches, bare());
      const name = `out-${round}`;
      await processors.deploy({ name, source: source(name), guarantee: null, start: null, anew: false }, never);
      const rate = (EVENTS * 1_000) / (await turnOfLab(engine, name));
      await processors.pause({ name }, never);
      figures.lab.push(rate);
      figures.bare.push(ceiling);
      figures.ratio.push(rate / ceiling);
      if (process.env.LOUD) console.error(what, Math.round(rate), Math.round(ceiling), (rate / ceiling).toFixed(2));
    }
    await engine.close();
    const ratio = median(figures.ratio);
    return {
      what: `processor, ${what}, events of ${VALUE_BYTES} B, against a bare loop`,
      value: median(figures.lab),
      unit: 'events/s',
      ceiling: median(figures.bare),
      ratio,
      wanted: `ratio ≥ ${wanted}`,
      isMet: ratio >= wanted,
    };
  });
}

/** From when it runs until all that comes of the events is in the log, and its position with it, milliseconds. Processor and output have one name. */
async function turnOfLab({ services: { processors, streams } }: Engine, name: string): Promise<number> {
  const isRunning = async (): Promise<boolean> =>
    (await processors.list({}, never)).some((each) => each.name === name && each.state === 'running');
  while (!(await isRunning())) await sleep(2);
  const began = performance.now();
  const written = async (): Promise<number> => (await streams.list({}, never)).find((each) => each.name === name)?.events ?? 0;
  while ((await written()) < EVENTS) await sleep(10);
  return performance.now() - began;
}

/** Milliseconds. */
function turnOfBare(batches: readonly Buffer[], call: (event: Event) => unknown): number {
  const began = performance.now();
  let bytes = 0;
  for (const batch of batches) {
    const records: NewRecord[] = [];
    for (const { key, value, timestamp } of decodeBatch(batch)) {
      const event = { key: (key as Buffer).toString(), value: JSON.parse((value as Buffer).toString()) as Event['value'] };
      records.push({ key, value: Buffer.from(JSON.stringify(call(event))), headers: [], timestamp });
    }
    bytes += encodeBatch({ records }).length;
  }
  if (bytes === 0) throw new Error('Nothing was encoded.');
  return performance.now() - began;
}
