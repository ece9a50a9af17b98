/** What of a stream a rehearsal is of: offsets, times, keys and shards as in a replay; and what a processor calls its streams. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReplayWish } from '../../../../main/api/replays.ts';
import { openLab, temporaryFolder, type TestLab } from '../../openLab.ts';
import { append, column, type CreateInput, type Event, rehearsed, START, stateAt, viewAt } from './rehearsing.ts';

let place: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
const SHARDS = 3;
/** Some come late, one has no time, one no key. */
const EVENTS: Event[] = Array.from({ length: 300 }, (_, n) => ({
  ...{ shard: n % SHARDS, at: n === 150 ? null : n % 20 === 19 ? n - 60 : n, key: n === 7 ? null : `k${n % 5}${n % 2 ? 'x' : ''}` },
  value: { n },
}));
beforeAll(async () => {
  place = temporaryFolder();
  lab = await openLab(place.folder);
  await lab.client.streams.create({ name: 'orders', shards: SHARDS });
  await append(lab.client, 'orders', EVENTS);
});
afterAll(async () => {
  await lab.close();
  place.remove();
});

const KEEPS = `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['orders'], outputs: ['out'], stores: ['seen'], onEvent(event, ctx) {
  ctx.store('seen').set(String(event.value.n), event.key);
} });`;

type Range = CreateInput['ranges'][number];
/** Which of the events a rehearsal has on its tape, and which of them its processor has seen. */
async function rehearsedEvents(range: Omit<Range, 'stream'>): Promise<{ onTape: number[]; seen: number[] }> {
  const { id, positions } = await rehearsed(lab.client, { ranges: [{ stream: 'orders', ...range }], columns: [column(KEEPS)] });
  const onTape: number[] = [];
  for (let from = 1; from <= positions; from += 200) {
    const { rows } = await lab.client.rehearsals.view({ id, position: 0, rows: { from, limit: 200 } });
    onTape.push(...rows.map(({ value }) => (JSON.parse(value!.text) as { n: number }).n));
  }
  const seen = Object.keys(await stateAt(lab.client, id, 1, positions, 'seen')).map((key) => Number(key.split('/')[1]));
  await lab.client.rehearsals.close({ id });
  const sorted = (all: number[]): number[] => all.sort((one, other) => one - other);
  return { onTape: sorted(onTape), seen: sorted(seen) };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const time = (seconds: number) => ({ at: 'time' as const, time: BigInt(START + seconds * 1_000) });
const ALL = { from: { at: 'beginning' }, until: { at: 'end' } } as const;
const RANGES: Record<string, Omit<Range, 'stream'>> = {
  'these keys': { ...ALL, keys: { are: 'these', keys: [bytes('k1x'), bytes('k4')] } },
  'keys that begin so': { ...ALL, keys: { are: 'beginning-with', prefix: bytes('k2') } },
  'keys that nothing has': { ...ALL, keys: { are: 'these', keys: [bytes('none')] } },
  'times, late events too': { from: time(60), until: time(120) },
  'from a time on': { from: time(200), until: { at: 'end' } },
  'until a time': { from: { at: 'beginning' }, until: time(30) },
  offsets: { from: { at: 'offset', offset: 20n }, until: { at: 'offset', offset: 40n } },
  'offsets beyond the end': { from: { at: 'offset', offset: 90n }, until: { at: 'offset', offset: 4_000n } },
  'all of it together': {
    ...{ shards: [0, 2], from: { at: 'offset', offset: 10n }, until: time(250) },
    keys: { are: 'beginning-with', prefix: bytes('k3') },
  },
};

it.each(Object.entries(RANGES))('%s: the events that a replay of the same range would send', async (_, range) => {
  const { shards, from, until, keys } = range;
  const wish: ReplayWish = {
    ...{ stream: 'orders', ...(shards ? { shards } : {}), from: from as ReplayWish['from'] },
    until: until.at === 'end' ? { at: 'now' } : (until as ReplayWish['until']),
    ...{ keys: keys ?? null, speed: null, waitMsMax: null, timestamps: 'original', keepsHeaders: true },
    ...{ into: { stream: 'copy', shards: null }, through: null },
  };
  const { id } = await lab.client.replays.start({ ...wish, intoExisting: false });
  for await (const replays of lab.client.replays.watch({})) if (replays.find((each) => each.id === id)?.state === 'done') break;
  const replayed: number[] = [];
  for await (const { records } of lab.client.events.read({ stream: 'copy', from: { at: 'beginning' }, until: { at: 'now' } }))
    replayed.push(...records.map(({ value }) => (JSON.parse(Buffer.from(value!).toString()) as { n: number }).n));
  await lab.client.streams.delete({ name: 'copy' });
  replayed.sort((one, other) => one - other);
  expect(await rehearsedEvents(range)).toEqual({ onTape: replayed, seen: replayed });
});

it('a second run of a column over some keys is the same, and the state is that of these keys alone', async () => {
  const keys = { are: 'these' as const, keys: [bytes('k1x')] };
  const { id, positions } = await rehearsed(lab.client, { ranges: [{ stream: 'orders', ...ALL, keys }], columns: [column(KEEPS)] });
  expect(positions).toBe(EVENTS.filter(({ key }) => key === 'k1x').length);
  await lab.client.rehearsals.check({ id, column: 1 });
  for await (const { columns } of lab.client.rehearsals.follow({ id })) {
    const { check } = columns[0]!;
    if (!check || check.state === 'running') continue;
    expect(check).toEqual({ state: 'same', upTo: positions, position: null, what: null });
    break;
  }
  expect(new Set(Object.values(await stateAt(lab.client, id, 1, positions, 'seen')))).toEqual(new Set(['"k1x"']));
  await lab.client.rehearsals.close({ id });
});

const CHANCE = KEEPS.replace(
  `ctx.store('seen').set(String(event.value.n), event.key);`,
  `ctx.emit('out', { value: [event.stream, ctx.random()] });`,
);

it('a processor with one input reads the stream that is said, whatever it calls it; the same seed, the same chance', async () => {
  const other = CHANCE.replace(`['orders']`, `['called-otherwise']`);
  const { id, columns } = await rehearsed(lab.client, {
    ranges: [{ stream: 'orders', ...ALL }],
    columns: [
      column(CHANCE, { seed: 5 }),
      column(CHANCE, { seed: 5, name: 'another' }),
      column(CHANCE, { seed: 6 }),
      column(other, { seed: 5, reads: 'orders' }),
    ],
  });
  expect(columns.map(({ state, reach }) => [state, reach])).toEqual(columns.map(() => ['done', EVENTS.length]));
  const emitted = await Promise.all(
    [0, 1, 2, 3].map(async (at) => JSON.parse((await viewAt(lab.client, id, 9, at)).steps[0]!.emissions[0]!.text!.text) as unknown[]),
  );
  expect(emitted.map(([stream]) => stream)).toEqual(['orders', 'orders', 'orders', 'called-otherwise']);
  expect(emitted[1]![1]).toBe(emitted[0]![1]);
  expect(emitted[2]![1]).not.toBe(emitted[0]![1]);
  // Changed, it still reads what it was said to.
  const changed = await lab.client.rehearsals.replaceColumn({ id, column: 4, with: column(`${other}\n`), cursor: 0 });
  expect(changed.problem).toBeNull();
  await expect(
    lab.client.rehearsals.addColumn({ id, column: column(CHANCE.replace(`['orders']`, `['a', 'b']`), { reads: 'orders' }), cursor: 0 }),
  ).rejects.toThrow('tried reads a, b: it can not be said to read “orders” in place of one.');
  await expect(lab.client.rehearsals.addColumn({ id, column: column(other), cursor: 0 })).rejects.toThrow(
    'tried reads called-otherwise; this rehearsal has orders.',
  );
  await lab.client.rehearsals.close({ id });
});
