/** Whoever speaks to the lab wrongly gets a clear answer, and nobody else notices. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { ChildProcess } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import path from 'node:path';
import { type ClientOptions, WebSocket } from 'ws';
import { decodeFrame, encodeFrame, ITEM, OPEN } from '../../main/rpc/codec.ts';
import { FRAME_BYTES_MAX } from '../../main/rpc/port.ts';
import { connectTo, expect, type Lab, serve, test } from './lab.ts';
import { appendViews, record } from './records.ts';
import { grid, openLab, row } from './screens.ts';

interface Answer {
  status: number;
  body: string;
}

function ask(lab: Lab, target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(lab.url);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path: target, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    asking.on('error', reject).end();
  });
}

const rpc = (lab: Lab): string => lab.url.replace('http:', 'ws:').replace('/?', '/rpc?');

/** What a WebSocket that is turned away gets as its HTTP answer; 101 for one that is taken. */
function upgradeStatus(url: string, options: ClientOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
    socket.on('error', reject);
    socket.on('open', () => (socket.close(), resolve(101)));
  });
}

/** The close code and reason that answer a frame. */
async function closedBy(lab: Lab, frame: Uint8Array | string): Promise<[code: number, reason: string]> {
  const socket = new WebSocket(rpc(lab));
  await once(socket, 'open');
  socket.on('error', () => {});
  socket.send(frame);
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

test('no token and a wrong token are 401, a foreign Origin and a foreign Host 403, over HTTP and WebSocket', async ({
  page,
  lab,
  client,
}) => {
  const { search, port } = new URL(lab.url);
  const wrong = `?token=${'A'.repeat(43)}`;
  const good = `/${search}`;
  expect(await ask(lab, good)).toMatchObject({ status: 200 });
  expect(await ask(lab, '/')).toMatchObject({ status: 401, body: expect.stringContaining('needs the token') });
  expect(await ask(lab, `/${wrong}`)).toMatchObject({
    status: 401,
    body: expect.stringContaining('Each start of the lab makes a new one'),
  });
  expect(await ask(lab, '/?token=')).toMatchObject({ status: 401 });
  expect(await ask(lab, '/assets/none.js')).toMatchObject({ status: 401 });
  expect(await ask(lab, good, { Origin: 'https://evil.example' })).toMatchObject({
    status: 403,
    body: expect.stringContaining('Pages of other sites'),
  });
  expect(await ask(lab, good, { Origin: 'null' })).toMatchObject({ status: 403 });
  for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, '127.0.0.1:1']) {
    expect(await ask(lab, good, { Host: host }), host).toMatchObject({
      status: 403,
      body: expect.stringContaining('127.0.0.1 and localhost'),
    });
  }
  expect(await ask(lab, good, { Host: `localhost:${port}` })).toMatchObject({ status: 200 });
  expect(await ask(lab, good, {}, 'POST')).toMatchObject({ status: 405 });
  expect(await ask(lab, `/../../package.json${search}`)).toMatchObject({ status: 404 });

  expect(await upgradeStatus(rpc(lab))).toBe(101);
  expect(await upgradeStatus(rpc(lab).split('?')[0]!)).toBe(401);
  expect(await upgradeStatus(rpc(lab).split('?')[0]! + wrong)).toBe(401);
  expect(await upgradeStatus(rpc(lab), { origin: 'https://evil.example' })).toBe(403);
  expect(await upgradeStatus(rpc(lab), { headers: { Host: `evil.example:${port}` } })).toBe(403);
  expect(await upgradeStatus(rpc(lab).replace('/rpc', '/elsewhere'))).toBe(404);

  await openLab(page, lab);
  await expect(page.getByRole('heading', { name: 'Begin with a log' })).toBeVisible();
  expect(await client.streams.list({})).toEqual([]);
});

test('a request that is no HTTP gets an HTTP answer', async ({ lab }) => {
  const socket = connectSocket(Number(new URL(lab.url).port), '127.0.0.1');
  socket.end('what is this\r\n\r\n');
  let answer = '';
  for await (const piece of socket) answer += piece;
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('oversized and malformed frames close their own connection, with a reason, and no other', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/streams/orders');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();

  const [tooBig] = await closedBy(lab, new Uint8Array(FRAME_BYTES_MAX + 1));
  expect(tooBig, 'RFC 6455: message too big').toBe(1009);
  const malformed: (Uint8Array | string)[] = ['text', Uint8Array.of(0xc1), new Uint8Array(), Uint8Array.of(0x93, 0x01, 0x01, 0x01)];
  for (const frame of malformed) {
    const [code, reason] = await closedBy(lab, frame);
    expect(code, 'closed by the lab, not broken off').not.toBe(1006);
    expect.soft(reason, 'what was wrong is said; the engine did not end').toMatch(/frame|binary|bytes/i);
  }
  for (const random of Array.from({ length: 20 }, (_, seed) =>
    Uint8Array.from({ length: 40 }, (__, at) => (seed * 31 + at * 17 + 130) % 256),
  ))
    await closedBy(lab, random);

  await expect(client.streams.create({ name: 'a b', shards: 1 })).rejects.toMatchObject({ code: 'bad-stream-name' });
  await expect(client.streams.create({ name: 'x', shards: 0 })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(
    client.produce.append({ stream: 'orders', records: [{ ...record(), value: new Uint8Array(2 * 1024 * 1024) }] }),
  ).rejects.toMatchObject({ code: 'value-too-large', message: expect.stringMatching(/1 MiB|1,048,576/) });
  await expect(client.produce.append({ stream: 'orders', records: [record({ shard: 7 })] })).rejects.toMatchObject({
    code: 'no-such-shard',
  });

  await client.produce.append({ stream: 'orders', records: [record({ key: 'still here' })] });
  await expect(row(grid(page), 1)).toContainText('still here');
});

test('a page that never acknowledges holds back itself and nobody else', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 3 });
  await appendViews(client, 'orders', 100_000);
  const read = encodeFrame([OPEN, 1, 'events.read', 4, { stream: 'orders', from: { at: 'beginning' }, until: { at: 'live' } }]).bytes;
  const lazy = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = new WebSocket(rpc(lab));
      await once(socket, 'open');
      let items = 0;
      socket.on('message', (data: Buffer) => decodeFrame(data)[0] === ITEM && items++);
      socket.send(read);
      return { socket, items: () => items };
    }),
  );
  // And one that does not even take its bytes from the network.
  lazy.at(-1)!.socket.pause();
  const idle = await connectTo(lab.url);
  const stalled = idle.client.events.read({ stream: 'orders', from: { at: 'beginning' }, until: { at: 'live' } })[Symbol.asyncIterator]();
  await stalled.next();
  const taken = (): number[] => lazy.slice(0, -1).map(({ items }) => items());
  const credit = Array.from({ length: 7 }, () => 4);
  await expect.poll(taken).toEqual(credit);

  await openLab(page, lab, '#/streams/orders');
  await expect(row(grid(page), 100_000)).toBeVisible();
  // Who had to wait for the others would never come to an end.
  for (let n = 0; n < 50; n++) await client.produce.append({ stream: 'orders', records: [record({ key: 'others', value: `${n}` })] });
  let records = 0;
  for await (const chunk of client.events.read({ stream: 'orders', from: { at: 'beginning' }, until: { at: 'now' } }))
    records += chunk.records.length;
  expect(records).toBe(100_050);
  await expect(row(grid(page), 100_050)).toContainText('others');
  expect(taken(), 'no more than the credit').toEqual(credit);
  for (const { socket } of lazy) socket.terminate();
  idle.close();
});

/** The exit code and the lines on stderr of a lab that does not start. */
async function failure(child: ChildProcess): Promise<{ code: number | null; lines: string[]; printed: string }> {
  let said = '';
  let printed = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines: said.trimEnd().split('\n'), printed };
}

test('a taken port and a workspace in use are one line each, and the running lab goes on', async ({ page, lab, folder, client }) => {
  const { port } = new URL(lab.url);
  const taken = await failure(serve(['--workspace', path.join(folder, 'another'), '--port', port]));
  expect(taken).toEqual({
    code: 1,
    lines: [`Port ${port} on 127.0.0.1 is taken by another program. Name another one with --port.`],
    printed: '',
  });

  const inUse = await failure(serve(['--workspace', lab.workspace, '--port', '0']));
  expect(inUse.code).toBe(1);
  expect(inUse.lines).toHaveLength(1);
  expect(inUse.lines[0]).toMatch(/in use|open/);
  expect(inUse.lines[0], 'the holder is named').toContain(String(lab.pid));

  const wrong = await failure(serve(['--workspace', lab.workspace, '--port', 'none']));
  expect(wrong.code).toBe(2);
  expect(wrong.lines[0]).toBe('--port takes a number from 0 to 65535, not “none”.');

  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab);
  await expect(page.getByRole('row', { name: /orders/ })).toBeVisible();
});
