/** What a client of the web host is told where its WebSocket does not open. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectSocket, createServer as createRelay, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { LabError } from '../../../main/api/errors.ts';
import { connectWebSocket } from '../../../main/rpc/adapters/webSocket.ts';
import { run } from '../cli/command.ts';
import { startTestHost, type TestHost } from './fixtures/setUp.ts';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.close());

const refusal = (address: string): Promise<LabError> =>
  connectWebSocket(address).then(
    (port) => {
      port.close();
      throw new Error('It opened.');
    },
    (error: LabError) => error,
  );

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a WebSocket that the lab does not open', () => {
  test('without a token', async () => {
    expect(await refusal(`ws://127.0.0.1:${host.port}/rpc`)).toMatchObject({
      code: 'unauthorized',
      message: `The lab at 127.0.0.1:${host.port} asks for its token. Give the whole address that it printed when it started (npm start, npm run serve): it ends in ?token=….`,
    });
  });

  test('with a wrong token', async () => {
    expect(await refusal(`ws://127.0.0.1:${host.port}/rpc?token=${'A'.repeat(43)}`)).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('does not take this token: each start of the lab makes a new one.') as string,
    });
  });

  test('under a name that is not its own', async () => {
    // Passed on by a port that is not the lab's, as a forwarded one is: the Host header names that one.
    const port = await listen(createRelay((socket) => socket.pipe(connectSocket(host.port, '127.0.0.1')).pipe(socket)));
    expect(await refusal(`ws://127.0.0.1:${port}/rpc?token=${host.token}`)).toMatchObject({
      code: 'unauthorized',
      message: `The lab does not answer under 127.0.0.1:${port}. Use the address that it printed, with 127.0.0.1 or localhost.`,
    });
  });

  test('while its engine is down', async () => {
    process.kill(host.enginePid(), 'SIGKILL');
    await vi.waitFor(() => expect(host.states.some(({ state }) => state === 'down')).toBe(true), { interval: 5 });
    expect(await refusal(`ws://127.0.0.1:${host.port}/rpc?token=${host.token}`)).toMatchObject({
      code: 'disconnected',
      retriable: true,
      message: expect.stringContaining('its engine is starting') as string,
    });
  });

  test('where nothing listens', async () => {
    const gone = createServer();
    const port = await listen(gone);
    gone.close();
    expect(await refusal(`ws://127.0.0.1:${port}/rpc?token=x`)).toMatchObject({
      code: 'disconnected',
      message: `Nothing listens at 127.0.0.1:${port}: the lab has ended, or has another port. Start it (npm start, npm run serve) and give the address that it prints.`,
    });
  });

  test('where something else listens', async () => {
    const port = await listen(createServer((_request, response) => response.writeHead(404).end()));
    expect(await refusal(`ws://127.0.0.1:${port}/rpc`)).toMatchObject({
      code: 'protocol',
      message: `What answers at 127.0.0.1:${port} is no lab (HTTP 404). Give the address that the lab printed when it started.`,
    });
  });
});

test('the loglab command says so in one line and exits with 1', async () => {
  const without = await run(['streams', 'list', '--url', `http://127.0.0.1:${host.port}/`]);
  expect(without).toEqual({ code: 1, out: [], err: [expect.stringMatching(/asks for its token\. Give the whole address/)] });
  const wrong = await run(['consume', 'x', '--url', `http://127.0.0.1:${host.port}/?token=wrong`]);
  expect(wrong).toEqual({ code: 1, out: [], err: [expect.stringMatching(/does not take this token/)] });
});
