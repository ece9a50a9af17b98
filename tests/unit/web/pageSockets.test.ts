/** WebSockets of pages and commands: who gets one, that frames pass, and what happens when the engine dies. */
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { PAGES_MAX } from '../../../main/web/pageSockets.ts';
import { ask, connect, echo, startTestHost, type TestHost } from './fixtures/setUp.ts';

let host: TestHost;
beforeEach(async () => {
  host = await startTestHost();
});
afterEach(() => host.close());

const rpc = () => `ws://127.0.0.1:${host.port}/rpc`;
const rpcWithToken = () => `${rpc()}?token=${host.token}`;
async function open(): Promise<WebSocket> {
  const socket = await connect(rpcWithToken());
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
}

test('frames pass both ways, with the token or the cookie, each socket its own', async () => {
  const [setCookie] = (await ask(host.port, `/?token=${host.token}`)).headers['set-cookie']!;
  const byToken = await open();
  const byCookie = (await connect(rpc(), {
    headers: { cookie: setCookie!.split(';')[0]!, origin: `http://127.0.0.1:${host.port}` },
  })) as WebSocket;
  expect(await Promise.all([echo(byToken, 'one'), echo(byCookie, 'two')])).toEqual(['one', 'two']);
  const large = 'x'.repeat(9_000_000);
  expect((await echo(byToken, large)).length).toBe(large.length);
});

test('is refused like any request', async () => {
  expect(await connect(rpc())).toBe(401);
  expect(await connect(`${rpc()}?token=wrong`)).toBe(401);
  expect(await connect(rpcWithToken(), { headers: { origin: 'http://evil.example' } })).toBe(403);
  expect(await connect(rpcWithToken(), { headers: { host: 'evil.example' } })).toBe(403);
  expect(await connect(rpc(), { headers: { origin: 'http://evil.example' } })).toBe(403);
  expect(await connect(`ws://127.0.0.1:${host.port}/other?token=${host.token}`)).toBe(404);
  expect((await ask(host.port, `/rpc?token=${host.token}`)).status).toBe(426);
});

test('a handshake that is none gets an HTTP answer, and another protocol is not an upgrade', async () => {
  const headers = { connection: 'Upgrade', upgrade: 'websocket' };
  expect((await ask(host.port, `/rpc?token=${host.token}`, headers)).status).toBe(400);
  expect((await ask(host.port, `/rpc?token=${host.token}`, headers, 'POST')).status).toBe(405);
  expect((await ask(host.port, `/?token=${host.token}`, { ...headers, upgrade: 'h2c' })).status).toBe(200);
});

test('when the engine dies the pages are told to come back, and can', async () => {
  const page = await open();
  page.send(Buffer.from('die'));
  const [code] = (await once(page, 'close')) as [number];
  expect(code).toBe(1012);
  expect(await connect(rpcWithToken())).toBe(503);
  await vi.waitFor(async () => expect(await echo(await open(), 'again')).toBe('again'), { interval: 50 });
  expect(host.states).toEqual([
    { state: 'starting', message: null },
    { state: 'up', message: null },
    { state: 'down', message: 'The engine ended unasked (signal SIGKILL).' },
    { state: 'starting', message: null },
    { state: 'up', message: null },
  ]);
});

test('closing tells the pages and ends the engine', async () => {
  const page = await open();
  const pid = host.enginePid();
  const closed = once(page, 'close') as Promise<[number]>;
  await Promise.all([host.close(), host.close()]);
  expect((await closed)[0]).toBe(1001);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  await expect(ask(host.port, '/')).rejects.toThrow('ECONNREFUSED');
});

test(`no more than ${PAGES_MAX} pages`, async () => {
  const pages = await Promise.all(Array.from({ length: PAGES_MAX }, open));
  expect(await connect(rpcWithToken())).toBe(503);
  pages[0]!.close();
  await once(pages[0]!, 'close');
  await vi.waitFor(async () => expect(await echo(await open(), 'room again')).toBe('room again'));
});
