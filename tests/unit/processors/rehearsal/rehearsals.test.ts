/** Rehearsals over the streams of a lab, with all their processes: what they say, and how they take what is bad. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Comparison } from '../../../../main/api/rehearsalComparisons.ts';
import type { Rehearsal } from '../../../../main/api/rehearsals.ts';
import { openLab, temporaryFolder, type TestLab } from '../../openLab.ts';
import { append, column, emittedByKey, find, rehearsed, sorted, stateAt, viewAt, when, whenOver, whole, written } from './rehearsing.ts';
import { COUNT, count, EVENTS, source, WORDS } from './words.ts';

let place: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
beforeAll(async () => {
  place = temporaryFolder();
  lab = await openLab(place.folder);
  await lab.client.streams.create({ name: 'words', shards: 3 });
  await append(lab.client, 'words', WORDS);
});
afterAll(async () => {
  await lab.close();
  place.remove();
});

/** Of what is waited for, milliseconds. */
const WITHIN = { interval: 20 };
const closed = async (rehearsal: Rehearsal): Promise<void> => lab.client.rehearsals.close({ id: rehearsal.id });

async function compared(id: string, a: number, b: number): Promise<Comparison> {
  let last!: Comparison;
  for await (last of lab.client.rehearsals.compare({ id, a, b })) void last;
  return last;
}

describe('a rehearsal', () => {
  it('emits what the live processor has emitted on the same range, and comes to the same state', async () => {
    const punctuated = `${COUNT.slice(0, COUNT.lastIndexOf('}\n});') + 1)},
  punctuate: { every: '60s', run(time, ctx) { ctx.emit('counts', { key: 'time', value: [time, ctx.store('seen').size, ctx.shard] }); } },\n});`;
    await lab.client.processors.deploy({ name: 'live', source: punctuated, guarantee: null, start: null, anew: false });
    await vi.waitFor(
      async () => expect((await lab.client.processors.list({})).find(({ name }) => name === 'live')).toMatchObject({ in: EVENTS }),
      WITHIN,
    );
    const page = await lab.client.processors.state({ name: 'live', store: 'seen', shard: null, from: '', contains: '', most: 200 });
    await lab.client.processors.pause({ name: 'live' });
    const rehearsal = await rehearsed(lab.client, {
      ranges: whole('words'),
      columns: [{ name: 'live', source: null, version: 1, after: null }],
    });
    expect(rehearsal.columns[0]).toMatchObject({ state: 'done', reach: EVENTS, problem: null });
    const live = await written(lab.client, ['counts', 'bad']);
    const own = await emittedByKey(lab.client, rehearsal.id, 1);
    expect(sorted(own)).toEqual(sorted(live));
    expect(Object.values(own).flat().length).toBeGreaterThan(EVENTS);
    expect(await stateAt(lab.client, rehearsal.id, 1, EVENTS, 'seen')).toEqual(
      Object.fromEntries(page.entries.map(({ shard, key, json }) => [`${shard}/${key}`, json])),
    );
    await closed(rehearsal);
  });

  it('is of a range, and finds times, offsets, texts and fields in it', async () => {
    const rehearsal = await rehearsed(lab.client, {
      ranges: [
        {
          stream: 'words',
          shards: [0, 1],
          from: { at: 'offsets', offsets: [{ shard: 0, offset: 20n }] },
          until: { at: 'offsets', offsets: [{ shard: 1, offset: 50n }] },
        },
      ],
      columns: [column(COUNT)],
    });
    const { id } = rehearsal;
    expect(rehearsal.inputs.map(({ from, until }) => [from, until])).toEqual([
      [20n, 80n],
      [0n, 50n],
    ]);
    expect(rehearsal.positions).toBe(110);
    const { position } = await lab.client.rehearsals.seek({ id, to: { by: 'offset', stream: 'words', shard: 0, offset: 60n } });
    expect((await lab.client.rehearsals.view({ id, position: position!, rows: null })).event).toMatchObject({ shard: 0, offset: 60n });
    const inTheMiddle = BigInt(Math.floor((rehearsal.clock!.from + rehearsal.clock!.until) / 2));
    const there = (await lab.client.rehearsals.seek({ id, to: { by: 'time', time: inTheMiddle } })).position!;
    expect((await lab.client.rehearsals.view({ id, position: there, rows: null })).clock).toBeGreaterThanOrEqual(Number(inTheMiddle));
    expect((await lab.client.rehearsals.view({ id, position: there - 1, rows: null })).clock).toBeLessThan(Number(inTheMiddle));
    const event = { of: 'event' as const, contains: '', field: { path: 'at', is: '141' } };
    const found = await find(lab.client, { id, from: 0, direction: 'next', what: event });
    expect((await lab.client.rehearsals.view({ id, position: found!, rows: null })).event!.value!.text).toBe('{"at":141}');
    expect(await find(lab.client, { id, from: 111, direction: 'previous', what: event })).toBe(found);
    const nowhere = { ...event, field: { path: 'at', is: '-1' } };
    expect(await find(lab.client, { id, from: 0, direction: 'next', what: nowhere })).toBeNull();
    const marks = await lab.client.rehearsals.marks({ id, pixels: 11, comparison: null });
    expect(marks.positions).toBe(110);
    expect([...marks.columns[0]!.emitted]).toEqual(Array.from({ length: 11 }, () => 1));
    await closed(rehearsal);
  });

  it('tells the line that ran last, also where it throws, and where that is in the file', async () => {
    const parts = `onEvent(event, ctx) {
    if (event.value.at === 3) ctx.log('three');
    else ctx.emit('counts', { value: 1 });
    if (event.value.at === 5) { ctx.log('five'); throw new Error('Five.'); }
  },
  window: { every: '1h', run() { null.nothing; } }`;
    const rehearsal = await rehearsed(lab.client, {
      ranges: whole('words'),
      order: { by: 'event-time' },
      columns: [column(source(parts))],
    });
    const { id } = rehearsal;
    const lines = new Map<number, number | null>();
    for (const at of [3, 4, 5]) {
      const position = await find(lab.client, {
        id,
        from: 0,
        direction: 'next',
        what: { of: 'event', contains: `{"at":${at}}`, field: null },
      });
      const { steps } = await viewAt(lab.client, id, position!);
      lines.set(at, steps.at(-1)!.line);
      if (at === 5) expect(steps.at(-1)!.reasons).toEqual(['Five. (tried.ts:10)']);
    }
    expect([...lines]).toEqual([
      [3, 10],
      [4, 10],
      [5, 10],
    ]);
    await closed(rehearsal);
  });
});

describe('columns', () => {
  it('one follows another, is run again when that is changed, and goes with it', async () => {
    const doubled = source(
      `onEvent(event, ctx) { const seen = ctx.store('seen'); seen.set(event.value.word, [event.stream, event.value.count]); ctx.emit('doubles', { value: event.value.count * 2 }); }`,
      { inputs: ['counts'], outputs: ['doubles'] },
    );
    const rehearsal = await rehearsed(lab.client, { ranges: whole('words'), columns: [column(COUNT), column(doubled, { after: 1 })] });
    const { id } = rehearsal;
    expect(rehearsal.columns.map(({ state, after }) => [state, after])).toEqual([
      ['done', null],
      ['done', 1],
    ]);
    const [first, second] = (await lab.client.rehearsals.view({ id, position: 201, rows: null })).columns;
    const passed = JSON.parse(first!.steps.at(-1)!.emissions[0]!.text!.text) as { count: number };
    expect(second!.steps[0]).toMatchObject({ event: { stream: 'counts' }, emissions: [{ text: { text: String(passed.count * 2) } }] });
    await lab.client.rehearsals.replaceColumn({ id, column: 1, with: column(count('count * 10')), cursor: 100 });
    const again = await whenOver(lab.client, id);
    expect(again.columns.map(({ state }) => state)).toEqual(['done', 'done']);
    const [, changed] = (await lab.client.rehearsals.view({ id, position: 201, rows: null })).columns;
    expect(changed!.steps[0]).toMatchObject({ emissions: [{ text: { text: String(passed.count * 20) } }] });
    await expect(
      lab.client.rehearsals.replaceColumn({ id, column: 1, with: column(COUNT, { after: 2 }), cursor: 0 }),
    ).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('follow itself') as string });
    await lab.client.rehearsals.removeColumn({ id, column: 1 });
    expect((await lab.client.rehearsals.list({})).find((each) => each.id === id)!.columns).toEqual([]);
    await closed(rehearsal);
  });

  it('are compared output by output, with the first difference and all others to be gone to', async () => {
    const other = count(`event.key === 'w3' && count > 3 ? count + 1 : count`).replace(
      "if (event.text === 'bad')",
      "if (event.key === 'w4') return;\n if (event.text === 'bad')",
    );
    const columns = [column(COUNT), column(other)];
    // At once: the processes of the columns have only just been started.
    const { id } = await lab.client.rehearsals.create({ ranges: whole('words'), order: { by: 'append' }, columns });
    const comparison = await compared(id, 1, 2);
    const sequences = await emittedByKey(lab.client, id, 1);
    const [counts] = comparison.outputs.filter(({ output }) => output === 'counts');
    const w4 = sequences['counts w4']!.length;
    expect(comparison).toMatchObject({ upTo: EVENTS, isOver: true, problem: null });
    expect(counts).toMatchObject({ missing: w4, extra: 0 });
    expect(counts!.same + counts!.differs + counts!.missing).toBe(
      Object.entries(sequences)
        .filter(([name]) => name.startsWith('counts'))
        .flatMap(([, all]) => all).length,
    );
    expect(counts!.differs).toBeGreaterThan(0);
    const found: number[] = [];
    for (let from = 0; ;) {
      const { position } = await lab.client.rehearsals.search({ id, from, direction: 'next', what: { of: 'difference', a: 1, b: 2 } });
      if (position === null) break;
      found.push(position);
      from = position;
    }
    expect(found).toHaveLength(
      counts!.differs +
        counts!.missing +
        comparison.outputs.reduce((sum, { output, missing }) => sum + (output === 'bad' ? missing : 0), 0),
    );
    expect([comparison.first, comparison.last]).toEqual([found[0], found.at(-1)]);
    const [first] = await lab.client.rehearsals.differences({ id, a: 1, b: 2, from: 0, most: 1 });
    expect(first).toMatchObject({ kind: 'missing', output: 'counts', key: 'w4', position: found[0], b: null });
    expect((await compared(id, 1, 2)).outputs).toEqual(comparison.outputs);
    await lab.client.rehearsals.close({ id });
  });

  it.each([
    ['reads what it writes', source('onEvent() {}', { outputs: ['words'] }), /reads “words”, to which it writes/],
    ['reads another stream', source('onEvent() {}', { inputs: ['others'] }), /reads others; this rehearsal has words/],
    ['can not be read', 'export default {', /tried\.ts:1/],
    [
      'throws as it is loaded',
      'const a = 1;\n  const b = (() => { throw new Error("No."); })();\nexport default b;',
      /tried\.ts:2:28: No\./,
    ],
  ])('one that %s is refused', async (_what, text, message) => {
    const input = { ranges: whole('words'), order: { by: 'append' as const }, columns: [column(text)] };
    await expect(lab.client.rehearsals.create(input)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message) as string,
    });
    expect(await lab.client.rehearsals.list({})).toEqual([]);
  });
});

describe('what is bad', () => {
  it('a processor that fails at every event', async () => {
    const rehearsal = await rehearsed(lab.client, {
      ranges: whole('words'),
      columns: [column(source(`onEvent() { throw new Error('Never.'); }`))],
    });
    expect(rehearsal.columns[0]).toMatchObject({ state: 'done', failedAt: EVENTS });
    const view = await viewAt(lab.client, rehearsal.id, EVENTS);
    expect(view).toMatchObject({ soFar: { in: EVENTS, bad: EVENTS }, lastFailure: { position: EVENTS, message: 'Never. (tried.ts:7)' } });
    await closed(rehearsal);
  });

  it('one that depends on its module, or on what is asynchronous, is said to, with the first place', async () => {
    const odd = (code: string) => column(source(`onEvent(event, ctx) { ${code} ctx.emit('counts', { value: n }); }`));
    const rehearsal = await rehearsed(lab.client, {
      ranges: whole('words'),
      columns: [odd('module++; const n = module;'), odd('const n = module; Promise.resolve().then(() => module++);'), column(COUNT)],
    });
    const { columns } = await when(lab.client, rehearsal.id, (told) =>
      told.columns.every(({ check }) => check !== null && check.state !== 'running'),
    );
    for (const { check } of columns.slice(0, 2)) {
      expect(check).toMatchObject({
        state: 'differs',
        what: expect.stringMatching(/it emitted counts .*; the first time counts/) as string,
      });
      expect(check!.position).toBeGreaterThanOrEqual(2);
      expect(check!.position).toBeLessThan(20);
    }
    expect(columns[2]!.check).toEqual({ state: 'same', upTo: EVENTS, position: null, what: null });
    await closed(rehearsal);
  });

  it('a range that is trimmed while it is rehearsed: what was settled stays, and where it ends is said', async () => {
    await lab.client.streams.create({ name: 'short', shards: 1 });
    await append(
      lab.client,
      'short',
      Array.from({ length: 400 }, (_, at) => ({ shard: 0, at, key: 'k', value: { at, pad: 'x'.repeat(1_000) } })),
      10,
    );
    const text = COUNT.replace('["words"]', '["short"]');
    const rehearsal = await rehearsed(lab.client, { ranges: whole('short'), columns: [column(text)] });
    const { id } = rehearsal;
    const settings = (await lab.client.streams.list({})).find(({ name }) => name === 'short')!.settings;
    await lab.client.streams.changeSettings({ name: 'short', settings: { ...settings, retentionBytes: 64 * 1024 } });
    await vi.waitFor(async () => {
      const stream = (await lab.client.streams.list({})).find(({ name }) => name === 'short')!;
      expect(stream.shards[0]!.startOffset).toBeGreaterThan(300n);
    }, WITHIN);
    await lab.client.rehearsals.addColumn({ id, column: column(text), cursor: 10 });
    const [, late] = (await whenOver(lab.client, id)).columns;
    expect(late).toMatchObject({
      state: 'stopped',
      reach: 0,
      problem: expect.stringMatching(
        /short, shard 0, from offset 0 on were trimmed before they were read\. It went up to event 0\./,
      ) as string,
    });
    const { columns } = await lab.client.rehearsals.view({ id, position: 200, rows: null });
    expect(columns[0]).toMatchObject({ isReached: true, soFar: { in: 200 } });
    await closed(rehearsal);
  });

  it('too many at once, and files that a lab left behind', async () => {
    const made: Rehearsal[] = [];
    const make = (): Promise<Rehearsal> => lab.client.rehearsals.create({ ranges: whole('words'), order: { by: 'append' }, columns: [] });
    for (let count = 0; count < 4; count++) made.push(await make());
    await expect(make()).rejects.toMatchObject({ code: 'too-many', message: expect.stringContaining('REHEARSALS_MAX') as string });
    expect(readdirSync(path.join(place.folder, 'rehearsals'))).toHaveLength(4);
    await Promise.all(made.map(closed));
    expect(existsSync(path.join(place.folder, 'rehearsals', '1-'))).toBe(false);
    expect(readdirSync(path.join(place.folder, 'rehearsals'))).toEqual([]);
  });
});
