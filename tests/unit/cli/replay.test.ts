/** loglab replay, as a shell runs it: over a workspace that nobody has open, and against a lab that is served. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { type LabClient, labContract } from '../../../main/api/index.ts';
import type { Replay } from '../../../main/api/replays.ts';
import { connectWebSocket } from '../../../main/rpc/adapters/webSocket.ts';
import { createPeer } from '../../../main/rpc/peer.ts';
import { temporaryFolder } from '../openLab.ts';
import { done, failed, run, serve, start } from './command.ts';

/** A workspace with a stream of 60 events, one a second. */
async function past(): Promise<{ folder: string; on: (...args: string[]) => string[] }> {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const workspace = path.join(folder, 'lab');
  const on = (...args: string[]): string[] => [...args, '--workspace', workspace];
  const lines = Array.from({ length: 60 }, (_, n) =>
    JSON.stringify({
      key: `k${n % 3}`,
      value: `v${n}`,
      timestamp: new Date(1_700_000_000_000 + n * 1_000).toISOString(),
      headers: [['n', String(n)]],
    }),
  );
  await run(on('streams', 'create', 'orders', '--shards', '2'));
  expect((await run(on('produce', 'orders', '--format', 'records'), `${lines.join('\n')}\n`)).code).toBe(0);
  return { folder, on };
}

const records = async (args: string[]): Promise<{ key: string; value: string; headers: unknown[] }[]> =>
  (await run(args)).out.map((line) => JSON.parse(line) as { key: string; value: string; headers: unknown[] });

async function connected(url: string): Promise<{ client: LabClient; close: () => void }> {
  const address = new URL(url);
  const peer = createPeer(await connectWebSocket(`ws://${address.host}/rpc${address.search}`));
  return { client: peer.client(labContract), close: () => peer.close() };
}

it('replays a stream into a new one, some of it into a third, and not into one that is there unless told', async () => {
  const { on } = await past();
  expect(await run(on('replay', 'orders', '--into', 'copy'))).toEqual(done(['60 events of orders replayed into copy.']));
  expect(await run(on('replay', 'orders', '--into', 'copy'))).toEqual(
    failed('There is already a stream “copy”. Say that the events may go behind those that it has. To do so, give --append.'),
  );
  const some = ['--key', 'k1', '--key', 'k2', '--from', '2023-11-14T22:13:30Z', '--until', '2023-11-14T22:13:50Z'];
  const printed = await run(on('replay', 'orders', '--into', 'copy', ...some, '--no-headers', '--append', '--json'));
  expect(JSON.parse(printed.out[0]!)).toMatchObject({ state: 'done', sent: 14, keys: ['k1', 'k2'], keepsHeaders: false });
  const all = await records(on('consume', 'copy', '--until', 'now', '--json'));
  expect(all).toHaveLength(74);
  expect(all.filter(({ headers }) => headers.length === 0)).toHaveLength(14);
  expect(await run(on('replay', 'nothing', '--into', 'copy'))).toEqual(failed(/^There is no stream “nothing”/));
  expect(await run(on('replay', 'orders'))).toMatchObject({ code: 2 });
  expect(await run(on('replay', 'orders', '--into', 'x', '--speed', '0'))).toMatchObject({ code: 2 });
  expect(await run(on('replay', 'orders', '--into', 'x', '--from', 'latest'))).toMatchObject({ code: 2 });
});

it('sends it through a processor, which is called after its file', async () => {
  const { folder, on } = await past();
  const file = path.join(folder, 'upper.ts');
  writeFileSync(
    file,
    `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['in'], outputs: ['out'], onEvent(event, ctx) {
  if (event.text === 'v7') return ctx.bad('seven');
  ctx.emit('out', { key: event.key, value: event.text.toUpperCase() });
} });
`,
  );
  expect(await run(on('replay', 'orders', '--into', 'again', '--through', file, '--speed', 'max', '--longest-wait', 'any'))).toEqual(
    done(['59 events of upper are in again, made of orders; 1 bad.']),
  );
  const all = await records(on('consume', 'again', '--until', 'now', '--json'));
  expect(all.map(({ value }) => value).sort()[0]).toBe('"V0"');
  expect(await run(on('replay', 'orders', '--into', 'x', '--through', path.join(folder, 'none.ts')))).toMatchObject({ code: 1 });
});

it('says that what it writes comes back to what it reads, and ends all the same', async () => {
  const { on } = await past();
  const end = 'The replay ends where the stream ends as it begins, so it comes to an end all the same.';
  expect(await run(on('replay', 'orders', '--into', 'orders', '--append'))).toEqual({
    code: 0,
    out: ['60 events of orders replayed into orders.'],
    err: [`“orders” is read and written: what is replayed stands in it twice. ${end}`],
  });
  expect(await records(on('consume', 'orders', '--until', 'now', '--json'))).toHaveLength(120);
});

it('through a processor that fails at every event: all are bad, and it is said where the reasons are', async () => {
  const { folder, on } = await past();
  const file = path.join(folder, 'fails.ts');
  writeFileSync(file, `export default { inputs: ['in'], outputs: ['out'], onEvent() { throw new Error('never') } };`);
  expect(await run(on('replay', 'orders', '--into', 'again', '--through', file))).toEqual(
    done(['0 events of fails are in again, made of orders; 60 bad. Nothing came of any event: the reasons are in the stream bad.']),
  );
  const bad = await records(on('consume', 'bad', '--until', 'now', '--json'));
  expect(bad).toHaveLength(60);
  expect(JSON.stringify(bad[0]!.headers)).toContain('never');
});

it('says which events were trimmed before it came to them, and fails for them; the others are there', async () => {
  const { folder } = await past();
  const lab = await serve(path.join(folder, 'lab'));
  onTestFinished(lab.stop);
  const at = (...args: string[]): string[] => [...args, '--url', lab.url];
  const lines = Array.from({ length: 200 }, (_, n) =>
    JSON.stringify({ value: `${n} ${'x'.repeat(9_000)}`, timestamp: new Date(1_700_000_000_000 + n * 1_000).toISOString() }),
  );
  await run(at('streams', 'create', 'large', '--shards', '1'));
  for (let from = 0; from < lines.length; from += 10)
    await run(at('produce', 'large', '--format', 'records'), `${lines.slice(from, from + 10).join('\n')}\n`);
  const slow = start(at('replay', 'large', '--into', 'copy', '--speed', '2', '--json'));
  const { client, close } = await connected(lab.url);
  onTestFinished(close);
  await vi.waitFor(async () => expect((await client.replays.list({}))[0]?.sent).toBeGreaterThan(0));
  const large = async () => (await client.streams.list({})).find(({ name }) => name === 'large')!;
  const { settings } = await large();
  await client.streams.changeSettings({ name: 'large', settings: { ...settings, retentionBytes: 256 * 1024 } });
  await vi.waitFor(async () => expect((await large()).shards[0]!.startOffset).toBeGreaterThan(100n));
  await client.replays.setSpeed({ id: (await client.replays.list({}))[0]!.id, speed: null });
  const { code, out, err } = await slow.outcome;
  expect(code).toBe(1);
  const ended = JSON.parse(out.at(-1)!) as Replay;
  expect(ended).toMatchObject({ state: 'done', missedRanges: 1 });
  const [missed] = ended.missed;
  expect(err).toEqual([
    `shard 0, offsets ${missed!.from} to ${BigInt(missed!.until) - 1n}: missed. They were trimmed before they were read.`,
    `${ended.sent} events of large replayed into copy. Events were missed, in 1 range.`,
  ]);
  expect(ended.sent + Number(missed!.until) - Number(missed!.from)).toBe(200);
});

it('is paused by Ctrl-C, says how to go on, and goes on where it stood', async () => {
  const { folder } = await past();
  const lab = await serve(path.join(folder, 'lab'));
  onTestFinished(lab.stop);
  const at = (...args: string[]): string[] => [...args, '--url', lab.url];
  const running = start(at('replay', 'orders', '--into', 'copy', '--speed', '20'));
  const listed = async (): Promise<Replay[]> => (await run(at('replays', 'list', '--json'))).out.map((line) => JSON.parse(line) as Replay);
  await vi.waitFor(async () => expect((await listed())[0]?.sent).toBeGreaterThan(1));
  running.kill('SIGINT');
  const { code, err } = await running.outcome;
  expect(code).toBe(1);
  const [, sent, id] = /^(\d+) events of orders replayed into copy\. It is paused\. To go on: loglab replays resume ([0-9a-f]{8})$/.exec(
    err[0]!,
  )!;
  expect(await listed()).toMatchObject([{ state: 'paused', sent: Number(sent) }]);
  expect((await run(at('replays', 'list'))).out).toEqual([
    expect.stringMatching(/^REPLAY\s+STATE\s+FROM\s+INTO\s+THROUGH\s+READ\s+OF\s+SENT\s+MISSED$/),
    expect.stringMatching(new RegExp(`^${id}\\s+paused\\s+orders\\s+copy\\s+-\\s+${sent}\\s+60\\s+${sent}\\s+0$`)),
  ]);
  expect(await run(at('replays', 'resume', id!))).toEqual(done(['60 events of orders replayed into copy.']));
  expect(await run(at('replays', 'resume', 'ffffffff'))).toEqual(
    failed('There is no replay “ffffffff”. loglab replays list shows those that there are.'),
  );
  const slow = start(at('replay', 'orders', '--into', 'slow', '--speed', 'original'));
  await vi.waitFor(async () => expect((await listed()).find(({ into }) => into === 'slow')?.sent).toBeGreaterThan(0));
  const slowId = (await listed()).find(({ into }) => into === 'slow')!.id;
  expect((await run(at('replays', 'cancel', slowId))).out[0]).toMatch(/It is cancelled; what it has sent stays\.$/);
  expect(await slow.outcome).toMatchObject({ code: 1, err: [expect.stringMatching(/It was cancelled\.$/)] });
});
