/** Processors over the streams of a lab: what they write, that it is there once whatever ends, and how their lives go. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProcessorSummary } from '../../../main/api/processors.ts';
import { openLab, temporaryFolder, type TestLab } from '../openLab.ts';

let place: ReturnType<typeof temporaryFolder>;
let lab: TestLab;

beforeEach(async () => {
  place = temporaryFolder();
  lab = await openLab(place.folder);
});

afterEach(async () => {
  await lab.close();
  place.remove();
});

const WITHIN = { interval: 20 };

const COUNT = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['counts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    if (event.text === 'bad') return ctx.bad('It is said to be bad.');
    const seen = ctx.store<number>('seen');
    const count = (seen.get(event.key!) ?? 0) + 1;
    seen.set(event.key!, count);
    ctx.emit('counts', { value: { word: event.key, count } });
  },
});
`;

async function append(stream: string, keys: readonly string[], value = 'x'): Promise<void> {
  const record = (key: string) => ({ key: Buffer.from(key), value: Buffer.from(value), headers: [], timestamp: 1_000n, shard: null });
  await lab.client.produce.append({ stream, records: keys.map(record) });
}

async function texts(stream: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { records } of lab.client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } })) {
    found.push(...records.map(({ value }) => Buffer.from(value!).toString()));
  }
  return found;
}

async function summary(name: string): Promise<ProcessorSummary> {
  return (await lab.client.processors.list({})).find((each) => each.name === name)!;
}

async function firstOf<T>(told: AsyncIterable<T>): Promise<T> {
  for await (const one of told) return one;
  throw new Error('Nothing was told.');
}

function deploy(
  name: string,
  source: string | null,
  rest: Partial<Parameters<typeof lab.client.processors.deploy>[0]> = {},
): Promise<ProcessorSummary> {
  return lab.client.processors.deploy({ name, source, guarantee: null, start: null, anew: false, ...rest });
}

const words = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index % 7}`);
const lastCounts = (counts: string[]): Record<string, number> =>
  Object.fromEntries(counts.map((text) => JSON.parse(text) as { word: string; count: number }).map(({ word, count }) => [word, count]));

describe('a processor', () => {
  it('reads what is there and what comes, writes, and tells of it', async () => {
    await lab.client.streams.create({ name: 'words', shards: 3 });
    await append('words', words(70));
    expect(await deploy('count', COUNT)).toMatchObject({ name: 'count', current: { version: 1, inputs: ['words'], stores: ['seen'] } });
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(70), WITHIN);
    await append('words', words(7));
    await append('words', ['w1'], 'bad');
    await vi.waitFor(
      async () => expect(await summary('count')).toMatchObject({ state: 'running', in: 78, bad: 1, out: { counts: 77 } }),
      WITHIN,
    );
    const { tasks, latencyMs } = await summary('count');
    expect(tasks.flatMap(({ inputs }) => inputs.map(({ lag }) => lag))).toEqual([0, 0, 0]);
    expect(latencyMs!.p50).toBeGreaterThan(0);
    expect(Object.values(lastCounts(await texts('counts')))).toEqual(Array.from({ length: 7 }, () => 11));
    const page = await lab.client.processors.state({ name: 'count', store: 'seen', shard: null, from: '', contains: '', most: 100 });
    expect(page.size).toBe(7);
    expect(page.entries.map(({ key, json }) => [key, json])).toEqual(Array.from({ length: 7 }, (_, index) => [`w${index}`, '11']));
    for await (const { emitted, failures } of lab.client.processors.follow({ name: 'count' })) {
      expect(emitted.at(-1)).toMatchObject({ output: 'counts', of: { stream: 'words' } });
      expect(failures).toMatchObject([{ event: { stream: 'words', key: 'w1', text: 'bad' }, reasons: ['It is said to be bad.'] }]);
      break;
    }
    const bad = await texts('bad');
    expect(bad).toEqual(['bad']);
  });

  it('stands still while it is paused, and goes on where it stood', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await deploy('count', COUNT);
    await append('words', words(7));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(7), WITHIN);
    await lab.client.processors.pause({ name: 'count' });
    expect(await summary('count')).toMatchObject({ state: 'paused' });
    await append('words', words(7));
    const page = await lab.client.processors.state({ name: 'count', store: 'seen', shard: null, from: 'w3', contains: '', most: 2 });
    expect(page.entries.map(({ key, json }) => [key, json])).toEqual([
      ['w3', '1'],
      ['w4', '1'],
    ]);
    expect(await texts('counts')).toHaveLength(7);
    await lab.client.processors.resume({ name: 'count' });
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(14), WITHIN);
    expect(lastCounts(await texts('counts')).w0).toBe(2);
  });

  it('goes on after the lab was closed', async () => {
    await lab.client.streams.create({ name: 'words', shards: 2 });
    await deploy('count', COUNT);
    await append('words', words(14));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(14), WITHIN);
    await lab.close();
    lab = await openLab(place.folder);
    await append('words', words(7));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(21), WITHIN);
    expect(lastCounts(await texts('counts')).w0).toBe(3);
    await vi.waitFor(async () => expect(await summary('count')).toMatchObject({ in: 21, out: { counts: 21 } }), WITHIN);
  });

  it('gets a new version that goes on with the state of the one before, or begins anew', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await append('words', words(7));
    await deploy('count', COUNT);
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(7), WITHIN);
    const louder = COUNT.replace('{ word: event.key, count }', "{ word: event.key + '!', count }");
    expect(await deploy('count', louder)).toMatchObject({ current: { version: 2 }, versions: 2 });
    await append('words', ['w0']);
    await vi.waitFor(async () => expect((await texts('counts')).slice(7)).toEqual(['{"word":"w0!","count":2}']), WITHIN);
    await deploy('count', null, { anew: true });
    await vi.waitFor(async () => expect((await texts('counts')).slice(8)).toHaveLength(8), WITHIN);
    expect(lastCounts((await texts('counts')).slice(8))['w0!']).toBe(2);
    await vi.waitFor(async () => expect(await summary('count')).toMatchObject({ current: { version: 2 }, versions: 2, in: 8 }), WITHIN);
    expect((await lab.client.processors.source({ name: 'count', version: 1 })).text).toBe(COUNT);
  });

  it('begins at the end, or at a time, where it is told to', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await append('words', words(7));
    await deploy('count', COUNT, { start: { at: 'latest' } });
    await append('words', ['w9']);
    await vi.waitFor(async () => expect(await texts('counts')).toEqual(['{"word":"w9","count":1}']), WITHIN);
  });

  it('can be written with any editor: its file is watched', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await lab.client.processors.save({ name: 'count', source: COUNT });
    expect(await summary('count')).toMatchObject({ state: 'draft', current: null });
    await deploy('count', null);
    writeFileSync(path.join(place.folder, 'processors', 'count.ts'), COUNT.replace('+ 1', '+ 10'));
    await vi.waitFor(async () => expect(await summary('count')).toMatchObject({ hasChanges: true }), WITHIN);
    await deploy('count', null);
    expect(await summary('count')).toMatchObject({ hasChanges: false, current: { version: 2 } });
    rmSync(path.join(place.folder, 'processors', 'count.ts'));
    await vi.waitFor(async () => expect(await summary('count')).toMatchObject({ file: null, state: 'running' }), WITHIN);
  });

  it('is removed with its state, and what it wrote stays', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await append('words', words(7));
    await deploy('count', COUNT);
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(7), WITHIN);
    await lab.client.processors.remove({ name: 'count' });
    expect(await lab.client.processors.list({})).toEqual([]);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(['__positions', 'bad', 'counts', 'words']);
    await deploy('count', COUNT);
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(14), WITHIN);
    expect(lastCounts((await texts('counts')).slice(7)).w0).toBe(1);
  });

  it.each([
    ['an input that is not there', COUNT, 'no-such-stream', /“words”, which is not there/],
    ['a source that can not be read', 'export default {', 'bad-input', /count\.ts:1/],
    ['no processor', 'export const x = 1;', 'bad-input', /has no processor/],
    ['a circle', COUNT.replace("outputs: ['counts']", "outputs: ['words']"), 'bad-input', /reads and writes “words”/],
    ['an output of the lab’s own', COUNT.replace("outputs: ['counts']", "outputs: ['__positions']"), 'bad-input', /lab’s own/],
  ])('is not deployed with %s', async (_what, source, code, message) => {
    if (code !== 'no-such-stream') await lab.client.streams.create({ name: 'words', shards: 1 });
    await expect(deploy('count', source)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(await lab.client.processors.list({})).toEqual([]);
  });

  it('that hangs is ended with its line and its event named, started again a few times, and then left alone', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    const hanging = COUNT.replace("if (event.text === 'bad') return ctx.bad('It is said to be bad.');", "while (event.text === 'bad');");
    await deploy('count', hanging);
    await append('words', words(3));
    await append('words', ['w1'], 'bad');
    await vi.waitFor(async () => expect(await summary('count')).toMatchObject({ state: 'failed' }), { interval: 100 });
    expect((await summary('count')).message).toMatch(/ended 5 times in a row.*count\.ts:7, with the event at offset 3 of words, shard 0/);
    expect((await firstOf(lab.client.processors.follow({ name: 'count' }))).failures.at(-1)).toMatchObject({
      shard: 0,
      event: { stream: 'words', offset: '3' },
      reasons: [expect.stringMatching(/did not come to an end/)],
    });
    expect(await texts('counts')).toHaveLength(3);
    await deploy('count', COUNT);
    await vi.waitFor(async () => expect(await texts('bad')).toEqual(['bad']), WITHIN);
  });

  it('that hangs at the first event tells how many wait for it', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await append('words', words(3));
    await deploy('count', COUNT.replace('const seen', 'for (;;);\nconst seen'));
    const lag = async () => (await summary('count')).tasks[0]?.inputs.map((input) => input.lag);
    await vi.waitFor(async () => expect(await lag()).toEqual([3]), WITHIN);
    await lab.client.processors.pause({ name: 'count' });
  });

  it('waits for a stream that was deleted under it', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await deploy('count', COUNT);
    await append('words', words(3));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(3), WITHIN);
    await lab.client.streams.delete({ name: 'words' });
    await vi.waitFor(
      async () => expect(await summary('count')).toMatchObject({ state: 'waiting', message: expect.stringContaining('“words”') as string }),
      WITHIN,
    );
  });

  it('reads the shards that its stream gets', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await deploy('count', COUNT);
    await append('words', words(7));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(7), WITHIN);
    await lab.client.streams.grow({ name: 'words', shards: 4 });
    await append('words', words(70));
    await vi.waitFor(async () => expect(await texts('counts')).toHaveLength(77), WITHIN);
    expect((await summary('count')).tasks).toHaveLength(4);
  });
});

/** Rounds of events and a kill, at most: one is enough, but for a kill that comes just when a position was noted. */
const ROUNDS_MAX = 10;

describe('killed in the middle', () => {
  /** A copy, as slow as `spins` makes it. */
  const copy = (spins: number): string => `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['copies'],
  onEvent(event, ctx) {
    let spun = 0;
    for (let turn = 0; turn < ${spins}; turn++) spun += Math.sqrt(turn);
    if (spun >= 0) ctx.emit('copies', { key: event.key, value: event.key });
  },
});
`;
  const names = (round: number, count: number): string[] => Array.from({ length: count }, (_, index) => `round-${round}-${index}`);

  async function isInStep(): Promise<void> {
    await vi.waitFor(async () => {
      const { state, tasks } = await summary('copy');
      expect(state).toBe('running');
      expect(tasks.map(({ inputs }) => inputs[0]!.lag)).toEqual([0]);
    }, WITHIN);
  }

  /** How many of the events are there more often than once, and how many not at all. */
  async function wrongOf(appended: readonly string[]): Promise<{ doubled: number; missing: number }> {
    const copies = (await texts('copies')).map((text) => JSON.parse(text) as string);
    const there = new Set(copies);
    return { doubled: copies.length - there.size, missing: appended.filter((name) => !there.has(name)).length };
  }

  it.each(['at-least-once', 'exactly-once'] as const)(
    'what came of an event is there, %s',
    async (guarantee) => {
      await lab.client.streams.create({ name: 'words', shards: 1 });
      await deploy('copy', copy(0), { guarantee });
      const appended: string[] = [];
      let wrong = { doubled: 0, missing: 0 };
      for (let round = 0; round < (guarantee === 'exactly-once' ? 3 : ROUNDS_MAX) && wrong.doubled === 0; round++) {
        appended.push(...names(round, 20));
        await append('words', names(round, 20));
        await vi.waitFor(async () => expect((await wrongOf(appended)).missing).toBe(0), WITHIN);
        await lab.client.processors.kill({ name: 'copy' });
        await vi.waitFor(async () => expect(await summary('copy')).toMatchObject({ restarts: round + 1 }), WITHIN);
        await isInStep();
        wrong = await wrongOf(appended);
        expect(wrong.missing).toBe(0);
      }
      if (guarantee === 'exactly-once') expect(wrong.doubled).toBe(0);
      else expect(wrong.doubled).toBeGreaterThan(0);
    },
    60_000,
  );

  it('what came of an event is missing, at-most-once, and never there twice', async () => {
    await lab.client.streams.create({ name: 'words', shards: 1 });
    await deploy('copy', copy(300_000), { guarantee: 'at-most-once' });
    const appended: string[] = [];
    let wrong = { doubled: 0, missing: 0 };
    for (let round = 0; round < ROUNDS_MAX && wrong.missing === 0; round++) {
      await isInStep();
      appended.push(...names(round, 500));
      await append('words', names(round, 500));
      await new Promise((resolve) => setTimeout(resolve, 60 + 20 * round));
      await lab.client.processors.kill({ name: 'copy' });
      await vi.waitFor(async () => expect(await summary('copy')).toMatchObject({ restarts: round + 1 }), WITHIN);
      await isInStep();
      wrong = await wrongOf(appended);
      expect(wrong.doubled).toBe(0);
    }
    expect(wrong.missing).toBeGreaterThan(0);
  });
});

describe('arrival', () => {
  /** Most events of one batch. */
  const BATCH_MAX = 1_000;
  const SHARDS = 3;
  const EVENTS_PER_SHARD = 1_500;

  /** Of each shard its events in order; between shards, and in how many batches, as the seed has it. */
  async function arrive(stream: string, seed: number): Promise<void> {
    const random = prand(seed);
    const next = Array.from({ length: SHARDS }, () => 0);
    while (next.some((at) => at < EVENTS_PER_SHARD)) {
      const shard = Math.floor(random() * SHARDS);
      const from = next[shard]!;
      // As many of one event as of hundreds.
      const count = Math.min(EVENTS_PER_SHARD - from, Math.floor(BATCH_MAX ** random()));
      next[shard] = from + count;
      const records = Array.from({ length: count }, (_, index) => ({
        ...{ key: Buffer.from(`${shard}-${(from + index) % 13}`), value: Buffer.from((from + index) % 50 === 0 ? 'bad' : 'x') },
        ...{ headers: [], timestamp: BigInt(from + index), shard },
      }));
      if (count > 0) await lab.client.produce.append({ stream, records });
    }
  }

  const prand = (seed: number) => (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };

  const eventsOf = async (stream: string): Promise<number> =>
    Number((await lab.client.streams.list({})).find(({ name }) => name === stream)?.events ?? 0);

  it('in any order between shards, in batches of 1 to 1,000, gives the same for each key, in its order', async () => {
    const results = [];
    for (const seed of [1, 2, 3, 4]) {
      const [input, output] = [`words-${seed}`, `counts-${seed}`];
      await lab.client.streams.create({ name: input, shards: SHARDS });
      const source = COUNT.replace("inputs: ['words']", `inputs: ['${input}']`).replaceAll("'counts'", `'${output}'`);
      await deploy(`count-${seed}`, source);
      await arrive(input, seed);
      await vi.waitFor(async () => expect(await summary(`count-${seed}`)).toMatchObject({ in: SHARDS * EVENTS_PER_SHARD }), WITHIN);
      // What was processed last may be on its way to the log.
      await vi.waitFor(async () => expect(await eventsOf(output)).toBe(SHARDS * (EVENTS_PER_SHARD - EVENTS_PER_SHARD / 50)), WITHIN);
      const counts: Record<string, string[]> = {};
      for await (const { records } of lab.client.events.read({ stream: output, from: { at: 'beginning' }, until: { at: 'now' } })) {
        for (const { key, value, timestamp } of records)
          (counts[Buffer.from(key!).toString()] ??= []).push(`${timestamp} ${Buffer.from(value!).toString()}`);
      }
      const { entries } = await lab.client.processors.state({
        ...{ name: `count-${seed}`, store: 'seen', shard: null, from: '', contains: '', most: 200 },
      });
      results.push({ counts, entries });
    }
    expect(Object.values(results[0]!.counts).flat()).toHaveLength(SHARDS * (EVENTS_PER_SHARD - EVENTS_PER_SHARD / 50));
    expect(results[0]!.entries).toHaveLength(SHARDS * 13);
    for (const result of results) expect(result).toEqual(results[0]);
  });
});
