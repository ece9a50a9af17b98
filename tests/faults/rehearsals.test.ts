/**
 * Rehearsals, by volume and in trouble: time travel over random events, orders, processors and walks, a thousand of them; what live processors of
 * each kind have emitted; ten columns, one that hangs, one that is stopped as it is built.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openLab, temporaryFolder, type TestLab } from '../unit/openLab.ts';
import {
  append,
  column,
  emittedByKey,
  find,
  rehearsed,
  sorted,
  stateAt,
  viewAt,
  when,
  whenOver,
  whole,
  written,
} from '../unit/processors/rehearsal/rehearsing.ts';
import { TimeTravel } from '../unit/processors/rehearsal/timeTravel.ts';
import { aCase, KINDS } from '../unit/processors/rehearsal/timeTravelCases.ts';
import { COUNT, COUNTING, EVENTS, SHARDS, source, WORDS } from '../unit/processors/rehearsal/words.ts';
import { createRandom } from './random.ts';

const CASES = 1_000;
/** Of one, which takes some 60 milliseconds: a case that hangs is told as what it is, milliseconds. */
const CASE_MS_MAX = 60_000;
/** Of what is waited for, milliseconds. */
const WITHIN = { interval: 20 };

describe('time travel', () => {
  let travel: TimeTravel;
  beforeAll(() => void (travel = new TimeTravel()));
  afterAll(() => travel.close());

  it('every position is what a run from the start comes to, and the same again is the same, byte for byte', async () => {
    const seed = Number(process.env.FAULTS_SEED);
    let tried = 0;
    const property = fc.asyncProperty(aCase, async (each) => {
      await travel.try(each);
      tried++;
    });
    await fc.assert(property, { numRuns: CASES, seed, timeout: CASE_MS_MAX });
    expect(tried).toBe(CASES);
  }, 600_000);
});

describe('in a lab', () => {
  let place: ReturnType<typeof temporaryFolder>;
  let lab: TestLab;
  beforeAll(async () => {
    place = temporaryFolder();
    lab = await openLab(place.folder);
    await lab.client.streams.create({ name: 'words', shards: SHARDS });
    await append(lab.client, 'words', WORDS);
  });
  afterAll(async () => {
    await lab.close();
    place.remove();
  });
  const closed = async (rehearsal: { id: string }): Promise<void> => lab.client.rehearsals.close({ id: rehearsal.id });

  // Windows run by the wall clock, and so at other events than in a rehearsal, where that is simulated.
  it.each(['per event', 'stateful', 'punctuation'])(
    'a rehearsal emits what the live processor has emitted: %s',
    async (kind) => {
      const random = createRandom(7);
      const name = kind.replace(' ', '-');
      await lab.client.streams.create({ name, shards: SHARDS });
      const events = Array.from({ length: 3_000 }, (_, at) => ({
        ...{ shard: random.between(0, SHARDS - 1), at: at / 10 + random.between(0, 20) },
        ...{ key: random.pick([null, 'a', 'b', 'ö']), value: { n: random.between(0, 9) } },
      }));
      await append(lab.client, name, events, 100);
      const text = KINDS[kind]!.replace('["in"]', JSON.stringify([name])).replace('["out"]', JSON.stringify([`${name}-out`]));
      const program = text.replaceAll("ctx.emit('out'", `ctx.emit('${name}-out'`);
      await lab.client.processors.deploy({ name, source: program, guarantee: null, start: null, anew: false });
      await vi.waitFor(
        async () => expect((await lab.client.processors.list({})).find((each) => each.name === name)).toMatchObject({ in: events.length }),
        WITHIN,
      );
      await lab.client.processors.pause({ name });
      const rehearsal = await rehearsed(lab.client, { ranges: whole(name), columns: [{ name, source: null, version: 1, after: null }] });
      const live = await written(lab.client, [`${name}-out`]);
      const own = await emittedByKey(lab.client, rehearsal.id, 1);
      for (const output of Object.keys(own)) if (output.startsWith('bad ')) delete own[output];
      expect(Object.values(own).flat().length).toBeGreaterThan(1_000);
      expect(sorted(own)).toEqual(sorted(live));
      await closed(rehearsal);
    },
    180_000,
  );

  it('is the same again with the same seed, keeps the order within shards, and nothing of it reaches a stream', async () => {
    const streams = await lab.client.streams.list({});
    const orders = [1, 1, 2].map((seed) => ({ by: 'shuffled' as const, seed }));
    const seen: { rows: unknown[]; columns: unknown[] }[] = [];
    for (const order of orders) {
      const rehearsal = await rehearsed(lab.client, { ranges: whole('words'), order, columns: [column(COUNT)] });
      const { id } = rehearsal;
      const next = [0, 0, 0];
      const rows = [];
      const columns = [];
      for (let from = 1; from <= EVENTS; from += 200) {
        const view = await lab.client.rehearsals.view({ id, position: from, rows: { from, limit: 200 } });
        for (const { shard, offset } of view.rows) expect(offset).toBe(BigInt(next[shard]!++));
        rows.push(view.rows);
      }
      for (let position = 0; position <= EVENTS; position += 7) columns.push(await viewAt(lab.client, id, position));
      expect(next).toEqual([EVENTS / SHARDS, EVENTS / SHARDS, EVENTS / SHARDS]);
      seen.push({ rows, columns });
      await closed(rehearsal);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]!.rows).not.toEqual(seen[0]!.rows);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(streams.map(({ name }) => name));
  });

  it('ten columns run side by side, an eleventh is refused, and the page takes them with it', async () => {
    const page = lab.page();
    const rehearsal = await page.client.rehearsals.create({
      ranges: whole('words'),
      order: { by: 'append' },
      columns: Array.from({ length: 10 }, () => column(COUNT)),
    });
    const over = await whenOver(page.client, rehearsal.id);
    expect(over.columns.map(({ state, reach }) => [state, reach])).toEqual(Array.from({ length: 10 }, () => ['done', EVENTS]));
    const view = await page.client.rehearsals.view({ id: rehearsal.id, position: 150, rows: null });
    for (const each of view.columns) expect({ ...each, id: 0 }).toEqual({ ...view.columns[0], id: 0 });
    await expect(page.client.rehearsals.addColumn({ id: rehearsal.id, column: column(COUNT), cursor: 0 })).rejects.toMatchObject({
      code: 'too-many',
    });
    page.peer.close();
    await vi.waitFor(async () => expect(await lab.client.rehearsals.list({})).toEqual([]), WITHIN);
    await vi.waitFor(() => expect(readdirSync(path.join(place.folder, 'rehearsals'))).toEqual([]), WITHIN);
    await expect(lab.client.rehearsals.view({ id: rehearsal.id, position: 0, rows: null })).rejects.toMatchObject({
      code: 'no-such-rehearsal',
    });
  });

  it('a column that hangs is ended: what it did before stays readable, up to the event at which it hung', async () => {
    const hanging = source(
      `onEvent(event, ctx) {\n${COUNTING}\nif (event.value.at === 150)\n  while (true);\nctx.emit('counts', { value: count }); }`,
    );
    const rehearsal = await lab.client.rehearsals.create({ ranges: whole('words'), order: { by: 'append' }, columns: [column(hanging)] });
    const { id } = rehearsal;
    const [over] = (await when(lab.client, id, ({ columns }) => columns[0]!.state === 'stopped')).columns;
    const position = await find(lab.client, { id, from: 0, direction: 'next', what: { of: 'event', contains: '{"at":150}', field: null } });
    expect(over!.problem).toMatch(
      /within 3 seconds, at tried\.ts:13, with the event at offset \d+ of words, shard \d\. .* It went up to event \d+\.$/,
    );
    expect(over!.reach).toBe(position! - 1);
    expect(await viewAt(lab.client, id, position! - 1)).toMatchObject({ isReached: true, position: position! - 1 });
    expect(await viewAt(lab.client, id, position!)).toMatchObject({ isReached: false, position: position! - 1 });
    expect(Object.keys(await stateAt(lab.client, id, 1, position!, 'seen')).length).toBeGreaterThan(10);
    await closed(rehearsal);
  });

  it('columns that run ahead are stopped: what they did stays, and one that is changed runs again to the end', async () => {
    await lab.client.streams.create({ name: 'many', shards: 1 });
    const many = Array.from({ length: 200_000 }, (_, at) => ({ shard: 0, at, key: `w${at % 11}`, value: { at } }));
    await append(lab.client, 'many', many, 2_000);
    const text = COUNT.replace('["words"]', '["many"]');
    const { id } = await lab.client.rehearsals.create({ ranges: whole('many'), order: { by: 'append' }, columns: [column(text)] });
    await when(lab.client, id, ({ columns }) => columns[0]!.reach > 0);
    await lab.client.rehearsals.stop({ id });
    const [stopped] = (await whenOver(lab.client, id)).columns;
    expect(stopped).toMatchObject({
      state: 'stopped',
      problem: expect.stringMatching(/^It was stopped here\. It went up to event [\d,]+\.$/) as string,
    });
    expect(stopped!.reach).toBeGreaterThan(0);
    expect(stopped!.reach).toBeLessThan(many.length);
    expect(await viewAt(lab.client, id, stopped!.reach)).toMatchObject({ isReached: true, soFar: { in: stopped!.reach } });
    await lab.client.rehearsals.replaceColumn({ id, column: 1, with: column(text), cursor: 0 });
    expect((await whenOver(lab.client, id)).columns[0]).toMatchObject({ state: 'done', reach: many.length });
    await closed({ id });
  });
});
