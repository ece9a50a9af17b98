/** Bad events: in groups, mended by hand, sent back as they are or through a processor, and what became of each. */
import { expect, it, vi } from 'vitest';
import type { BadEvents, BadState } from '../../../main/api/badEvents.ts';
import type { LabClient } from '../../../main/api/index.ts';
import { hasEnded } from '../../../main/api/replays.ts';
import { readWhole, record, text } from '../openLab.ts';
import { lab, replayWhen } from '../replay/replaying.ts';

/** What is not JSON throws; a shopper without an id is bad, too. */
const strict = (accepts: string): string => `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['raw'], outputs: ['good'], onEvent(event, ctx) {
  const { id } = event.value;
  if (id === undefined && !${accepts}) return ctx.bad('no id');
  ctx.emit('good', { key: event.key, value: { id: id ?? 'nobody' } });
} });
`;

async function deploy(client: LabClient, accepts = 'false'): Promise<void> {
  await client.processors.deploy({ name: 'strict', source: strict(accepts), guarantee: null, start: null, anew: false });
}

/** 20 events: every fourth is no JSON, every other fourth has no id. */
async function fill(client: LabClient): Promise<void> {
  await client.streams.create({ name: 'raw', shards: 2 });
  const value = (n: number): string => (n % 4 === 0 ? '{' : n % 4 === 2 ? `{"n":${n}}` : `{"id":${n}}`);
  const records = Array.from({ length: 20 }, (_, n) =>
    record(value(n), { key: Buffer.from(`k${n}`), timestamp: BigInt(1_000 + n), headers: [['trace', Buffer.from(`t${n}`)]] }),
  );
  await client.produce.append({ stream: 'raw', records });
}

async function badWhen(client: LabClient, wanted: (bad: BadEvents) => boolean): Promise<BadEvents> {
  return vi.waitFor(
    async () => {
      const bad = await client.badEvents.look({ stream: 'bad' });
      expect(
        wanted(bad),
        JSON.stringify(bad, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each)),
      ).toBe(true);
      return bad;
    },
    { interval: 100 },
  );
}

const of = (bad: BadEvents, reason: string): Partial<Record<BadState, number>> => {
  const { states } = bad.groups.find((group) => group.reason.includes(reason))!;
  return Object.fromEntries(Object.entries(states).filter(([, count]) => count > 0));
};
const noId = { processor: 'strict', reason: 'no id', from: 'raw' };

it('groups them by reason, with where each came from; what is not bad is counted apart', async () => {
  const { client } = await lab();
  await fill(client);
  await deploy(client);
  const bad = await badWhen(client, ({ looked }) => looked === 10);
  expect(bad.groups.map(({ processor, from, events, states }) => ({ processor, from, events, open: states.open }))).toEqual([
    { processor: 'strict', from: 'raw', events: 5, open: 5 },
    { processor: 'strict', from: 'raw', events: 5, open: 5 },
  ]);
  const listed = await client.badEvents.list({ stream: 'bad', group: noId });
  const source = new Map((await readWhole(client, 'raw')).records.map((each) => [`${each.shard}/${each.offset}`, text(each.value)]));
  for (const { from, value, state } of listed) {
    expect(source.get(`${from.shard}/${from.offset}`)).toBe(text(value));
    expect([from.stream, state]).toEqual(['raw', 'open']);
  }
  expect(listed.map(({ value }) => text(value)).sort()).toEqual([10, 14, 18, 2, 6].map((n) => `{"n":${n}}`));
  await client.produce.append({ stream: 'bad', records: [record('hello')] });
  expect(await client.badEvents.look({ stream: 'bad' })).toMatchObject({ looked: 11, inStream: 11, others: 1 });
});

it('one that is mended by hand is processed, and one that is mended wrongly is bad once more, as another event', async () => {
  const { client } = await lab();
  await fill(client);
  await deploy(client);
  await badWhen(client, ({ looked }) => looked === 10);
  const [first, second] = await client.badEvents.list({ stream: 'bad', group: noId });
  const mend = (event: typeof first, value: string) =>
    client.badEvents.mend({ stream: 'bad', shard: event!.shard, offset: event!.offset, key: event!.key, value: Buffer.from(value) });
  const sent = await mend(first, '{"id":"mended"}');
  expect(sent).toMatchObject({ stream: 'raw', shard: first!.from.shard });
  const back = (await readWhole(client, 'raw')).records.find(({ shard, offset }) => shard === sent.shard && offset === sent.offset)!;
  expect(back.timestamp).toBe(first!.timestamp);
  expect(back.headers.map(([name, content]) => [name, text(content)])).toEqual([
    ['trace', expect.stringMatching(/^t\d+$/)],
    ['loglab.redriven', `bad/${first!.shard}/${first!.offset}`],
  ]);
  await mend(second, '{"still":"wrong"}');
  const bad = await badWhen(client, (each) => of(each, 'no id').succeeded === 1 && of(each, 'no id')['failed-again'] === 1);
  // The one that is bad once more is an event of its own, and open.
  expect(of(bad, 'no id')).toEqual({ open: 4, succeeded: 1, 'failed-again': 1 });
  const listed = await client.badEvents.list({ stream: 'bad', group: noId });
  const again = listed.find(({ state }) => state === 'failed-again')!;
  expect([again.shard, again.offset]).toEqual([second!.shard, second!.offset]);
  const anew = listed.find(({ shard, offset }) => shard === again.again!.shard && offset === again.again!.offset)!;
  expect([anew.state, text(anew.value)]).toEqual(['open', '{"still":"wrong"}']);
  await expect(client.badEvents.mend({ stream: 'raw', shard: 0, offset: 0n, key: null, value: null })).rejects.toMatchObject({
    code: 'bad-input',
  });
});

it('a group is sent back once: a better processor takes them, and nothing is open any more', async () => {
  const { client } = await lab();
  await fill(client);
  await deploy(client);
  await badWhen(client, ({ looked }) => looked === 10);
  const redrive = async (group: typeof noId): Promise<void> => {
    const { id } = await client.badEvents.redrive({ stream: 'bad', group, through: null });
    expect(await replayWhen(client, id, hasEnded)).toMatchObject({
      state: 'done',
      into: 'raw',
      redrives: { processor: 'strict', reason: group.reason },
    });
  };
  // Nothing has changed: all are bad once more.
  await redrive(noId);
  expect(of(await badWhen(client, ({ looked }) => looked === 15), 'no id')).toEqual({ open: 5, 'failed-again': 5 });
  await deploy(client, 'true');
  await redrive(noId);
  expect(of(await badWhen(client, (bad) => of(bad, 'no id').succeeded === 5), 'no id')).toEqual({ 'failed-again': 5, succeeded: 5 });
  const before = (await readWhole(client, 'raw')).records.length;
  await redrive(noId);
  expect((await readWhole(client, 'raw')).records).toHaveLength(before);
  // It does not matter whether the replay is listed still.
  for (const { id } of await client.replays.list({})) await client.replays.dismiss({ id });
  expect(of(await client.badEvents.look({ stream: 'bad' }), 'no id')).toEqual({ 'failed-again': 5, succeeded: 5 });
});

it('a group goes back through a processor that mends it', async () => {
  const { client } = await lab();
  await fill(client);
  await deploy(client);
  const bad = await badWhen(client, ({ looked }) => looked === 10);
  const { processor, reason, from } = bad.groups.find((group) => !group.reason.includes('no id'))!;
  const source = `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['bad'], outputs: ['raw'], onEvent(event, ctx) {
  ctx.emit('raw', { key: event.key, text: event.text + '"id":"mended"}', headers: event.headers });
} });
`;
  const { id } = await client.badEvents.redrive({ stream: 'bad', group: { processor, reason, from }, through: { name: 'mender', source } });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', sent: 5 });
  expect(of(await client.badEvents.look({ stream: 'bad' }), reason)).toEqual({ sent: 5 });
  await vi.waitFor(async () =>
    expect((await readWhole(client, 'good')).records.filter(({ value }) => text(value) === '{"id":"mended"}')).toHaveLength(5),
  );
  await expect(client.badEvents.redrive({ stream: 'bad', group: { ...noId, from: 'gone' }, through: null })).rejects.toMatchObject({
    code: 'no-such-stream',
  });
});
