import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLab, temporaryFolder, type TestLab } from '../../openLab.ts';
import { append, column, rehearsed, stateAt, viewAt, whole } from './rehearsing.ts';

let place: ReturnType<typeof temporaryFolder>;
let lab: TestLab;
beforeAll(async () => {
  place = temporaryFolder();
  lab = await openLab(place.folder);
});
afterAll(async () => {
  await lab.close();
  place.remove();
});

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
  window: { every: '10s', run(time, ctx) { if (ctx.store('seen').size > 3) ctx.emit('counts', { value: 'window' }); } },
});
`;

it('smoke', async () => {
  await lab.client.streams.create({ name: 'words', shards: 3 });
  await append(
    lab.client,
    'words',
    Array.from({ length: 3000 }, (_, i) => ({ shard: i % 3, at: i, key: `k${i % 7}`, value: i % 50 === 0 ? 'bad' : 'x' })),
  );
  const t = performance.now();
  const r = await rehearsed(lab.client, { ranges: whole('words'), columns: [column(COUNT), column(COUNT)] });
  console.log(
    performance.now() - t,
    JSON.stringify(r, (_, v) => (typeof v === 'bigint' ? String(v) : v), 1),
  );
  console.log(
    JSON.stringify(
      await lab.client.rehearsals.view({ id: r.id, position: 1551, rows: { from: 1550, limit: 3 } }),
      (_, v) => (typeof v === 'bigint' ? String(v) : v),
      1,
    ),
  );
  console.log(await stateAt(lab.client, r.id, 1, 100, 'seen'));
  for await (const c of lab.client.rehearsals.compare({ id: r.id, a: 1, b: 2 })) console.log(c);
  expect(r.columns[0]!.state).toBe('done');
  await new Promise((x) => setTimeout(x, 1500));
  console.log((await lab.client.rehearsals.list({}))[0]!.columns.map((c) => c.check));
  void viewAt;
});
