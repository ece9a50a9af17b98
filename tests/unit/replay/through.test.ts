/** Replays through a processor: what it makes of the past is what one run over it gives, also where its process, or a broker, was killed. */
import { expect, it, vi } from 'vitest';
import type { LabClient } from '../../../main/api/index.ts';
import { hasEnded } from '../../../main/api/replays.ts';
import { createNodeSpawner } from '../../../main/processes/nodeSpawner.ts';
import type { Child, Spawner } from '../../../main/processes/spawner.ts';
import { builtFolder, readWhole, record, text } from '../openLab.ts';
import { events, lab, replayWhen, start, wish } from './replaying.ts';

/** Counts by key; every tenth event is bad. */
const COUNT = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['counts', 'firsts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    if (event.text.endsWith('9')) return ctx.bad('ends with nine');
    const seen = ctx.store('seen');
    const count = (seen.get(event.key) ?? 0) + 1;
    seen.set(event.key, count);
    ctx.emit('counts', { key: event.key, value: { n: event.text, count, shard: event.shard, offset: event.offset } });
    if (count === 1) ctx.emit('firsts', { key: event.key, value: event.text });
  },
});
`;

function push(lines: Map<number, string[]>, shard: number, line: string): void {
  const own = lines.get(shard);
  if (own) own.push(line);
  else lines.set(shard, [line]);
}

/** What one run gives, by shard: its lines in order. */
async function expectedOf(client: LabClient, keeps: (key: string) => boolean = () => true): Promise<Map<number, string[]>> {
  const counts = new Map<string, number>();
  const lines = new Map<number, string[]>();
  for (const { shard, offset, key, value } of (await readWhole(client, 'past')).records) {
    const [word, n] = [text(key)!, text(value)!];
    if (n.endsWith('9') || !keeps(word)) continue;
    const count = (counts.get(word) ?? 0) + 1;
    counts.set(word, count);
    push(lines, shard, JSON.stringify({ n, count, shard, offset: String(offset) }));
  }
  return lines;
}

/** What is in a stream, by the shard that its event came from. */
async function foundIn(client: LabClient, stream: string): Promise<Map<number, string[]>> {
  const lines = new Map<number, string[]>();
  for (const { value } of (await readWhole(client, stream)).records) {
    const { shard } = JSON.parse(text(value)!) as { shard: number };
    push(lines, shard, text(value)!);
  }
  return lines;
}

async function past(client: LabClient, count: number, shards = 3): Promise<void> {
  await client.streams.create({ name: 'past', shards });
  const all = events(count);
  for (let at = 0; at < count; at += 500) await client.produce.append({ stream: 'past', records: all.slice(at, at + 500) });
}

const through = { name: 'count', source: COUNT };

/** Processes are started as always, and can be killed. */
function killable(): { spawner: Spawner; children: Child[] } {
  const real = createNodeSpawner(builtFolder);
  const children: Child[] = [];
  return {
    children,
    spawner: {
      ...real,
      spawn(kind) {
        const child = real.spawn(kind);
        if (kind === 'processor') children.push(child);
        return child;
      },
    },
  };
}

it('sends the past through: outputs to streams of their own, bad events with their reasons to bad, and nothing of it is left', async () => {
  const { client } = await lab();
  await past(client, 3_000);
  const preview = await client.replays.preview(wish('past', 'again', { through }));
  expect(preview.targets.map(({ stream, isNew }) => [stream, isNew])).toEqual([
    ['again', true],
    ['again.firsts', true],
    ['bad', true],
  ]);
  const id = await start(client, wish('past', 'again', { through }));
  const ended = await replayWhen(client, id, hasEnded);
  expect(ended).toMatchObject({ state: 'done', message: null, read: 3_000, total: 3_000, bad: 300, sent: 2_707 });
  expect(await foundIn(client, 'again')).toEqual(await expectedOf(client));
  expect((await readWhole(client, 'again.firsts')).records).toHaveLength(7);
  const bad = (await readWhole(client, 'bad')).records;
  expect(bad).toHaveLength(300);
  const source = new Map((await readWhole(client, 'past')).records.map((each) => [`past/${each.shard}/${each.offset}`, text(each.value)]));
  for (const { value, headers } of bad) {
    const said = new Map(headers.map(([name, content]) => [name, text(content)]));
    expect(source.get(said.get('loglab.from')!)).toBe(text(value));
    expect(said.get('loglab.reason')).toBe('ends with nine');
    expect(said.get('loglab.processor')).toBe(`count in replay ${id.slice(0, 8)}`);
  }
  await vi.waitFor(async () => {
    const names = (await client.streams.list({})).map(({ name }) => name);
    expect(names.filter((name) => name.includes('replay'))).toEqual([]);
  });
});

it('takes some keys and shards, paused and resumed at one pace and another', async () => {
  const { client } = await lab();
  await past(client, 600);
  const keys = { are: 'these', keys: ['k1', 'k2', 'k3'].map((key) => Buffer.from(key)) } as const;
  const id = await start(client, wish('past', 'again', { through, speed: 20, keys: { ...keys, keys: [...keys.keys] } }));
  const early = await replayWhen(client, id, ({ read }) => read > 20);
  expect(early.read).toBeLessThan(500);
  await client.replays.pause({ id });
  const there = (await readWhole(client, 'again')).records.length;
  expect(there).toBeLessThan(250);
  await client.replays.resume({ id });
  await replayWhen(client, id, ({ sent }) => sent > there);
  await client.replays.setSpeed({ id, speed: null });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', read: 600 });
  expect(await foundIn(client, 'again')).toEqual(await expectedOf(client, (key) => ['k1', 'k2', 'k3'].includes(key)));
});

it('makes one run of it, whenever its process is killed', async () => {
  const { spawner, children } = killable();
  const { client } = await lab({ spawner, brokers: 2 });
  await past(client, 40_000, 4);
  const id = await start(client, wish('past', 'again', { through, speed: 10_000, into: { stream: 'again', shards: 3 } }));
  for (const wanted of [500, 8_000, 15_000]) {
    await replayWhen(client, id, ({ read }) => read >= wanted);
    children.at(-1)!.kill();
  }
  await client.replays.setSpeed({ id, speed: null });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', read: 40_000, total: 40_000, bad: 4_000 });
  expect(children.length).toBeGreaterThan(3);
  const sorted = (lines: Map<number, string[]>): string[] => [...lines.values()].flat().sort();
  expect(sorted(await foundIn(client, 'again'))).toEqual(sorted(await expectedOf(client)));
  expect((await readWhole(client, 'bad')).records).toHaveLength(4_000);
});

it('refuses what it can not go through, and says why it has failed', async () => {
  const { client } = await lab();
  await past(client, 20);
  const source = (inputs: string, body: string): string =>
    `import { defineProcessor } from 'loglab';\nexport default defineProcessor({ inputs: ${inputs}, outputs: ['out'], onEvent(event, ctx) { ${body} } });\n`;
  const refused = (text: string): Promise<string> => start(client, wish('past', 'again', { through: { name: 'p', source: text } }));
  await expect(refused(source("['a', 'b']", ''))).rejects.toMatchObject({
    code: 'bad-input',
    message: '“p” reads 2 streams (“a”, “b”); a replay sends one through. Choose a processor that reads one.',
  });
  await expect(refused('export default 1;')).rejects.toMatchObject({ code: 'bad-input' });
  await expect(start(client, wish('past', 'again', { through: { name: 'nobody', source: null } }))).rejects.toMatchObject({
    code: 'no-such-processor',
  });
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['past']);
});

it('fails where its process ends again and again, and goes on where it stood when it is resumed', async () => {
  const { spawner, children } = killable();
  let isKilled = false;
  const killing: Spawner = {
    ...spawner,
    spawn(kind) {
      const child = spawner.spawn(kind);
      if (kind === 'processor' && isKilled) child.kill();
      return child;
    },
  };
  const { client } = await lab({ spawner: killing });
  await past(client, 50);
  const id = await start(client, wish('past', 'again', { through, speed: 10 }));
  await replayWhen(client, id, ({ sent }) => sent > 2);
  isKilled = true;
  children.at(-1)!.kill();
  const failed = await replayWhen(client, id, hasEnded);
  expect(failed.state).toBe('failed');
  expect(failed.message).toMatch(/^The processor ended 5 times in a row\. The last time: /);
  isKilled = false;
  await client.replays.setSpeed({ id, speed: null });
  await client.replays.resume({ id });
  expect(await replayWhen(client, id, hasEnded)).toMatchObject({ state: 'done', message: null });
  expect(await foundIn(client, 'again')).toEqual(await expectedOf(client));
});

it('a processor that fails at every event has them all among the bad ones', async () => {
  const { client } = await lab();
  await client.streams.create({ name: 'past', shards: 1 });
  await client.produce.append({ stream: 'past', records: [record('a'), record('b')] });
  const source = `import { defineProcessor } from 'loglab';\nexport default defineProcessor({ inputs: ['x'], outputs: ['y'], onEvent() { throw new Error('no'); } });\n`;
  const ended = await replayWhen(client, await start(client, wish('past', 'again', { through: { name: 'p', source } })), hasEnded);
  expect(ended).toMatchObject({ state: 'done', sent: 0, bad: 2, read: 2 });
});
