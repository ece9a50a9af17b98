/** A link is a connected pair of ports. Every test of this folder runs over each kind there is, on real sockets and channels. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { describe } from 'vitest';
import { WebSocketServer } from 'ws';
import { createPortPair } from '../../main/rpc/adapters/inMemory.ts';
import { connectLocal, listenLocal } from '../../main/rpc/adapters/localSocket.ts';
import { messagePort } from '../../main/rpc/adapters/messagePort.ts';
import { relayPorts } from '../../main/rpc/adapters/relay.ts';
import { connectWebSocket } from '../../main/rpc/adapters/webSocket.ts';
import { webSocketServerOptions, webSocketServerPort } from '../../main/rpc/adapters/webSocketServer.ts';
import type { Port } from '../../main/rpc/port.ts';

export interface Link {
  asker: Port;
  answerer: Port;
  /** Ends what carries the two ports; the tests close the ports themselves. */
  dispose(): Promise<void>;
}

export type MakeLink = () => Promise<Link>;

const inMemory: MakeLink = async () => {
  const [asker, answerer] = createPortPair();
  return { asker, answerer, dispose: async () => {} };
};

const messageChannel: MakeLink = async () => {
  const { port1, port2 } = new MessageChannel();
  return { asker: messagePort(port1), answerer: messagePort(port2), dispose: async () => {} };
};

const webSocket: MakeLink = async () => {
  const server = new WebSocketServer({ ...webSocketServerOptions, host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const accepted = new Promise<Port>((resolve) => server.once('connection', (socket) => resolve(webSocketServerPort(socket))));
  const asker = await connectWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { asker, answerer: await accepted, dispose: async () => void server.close() };
};

const localSocket: MakeLink = async () => {
  const { promise: accepted, resolve: onPort } = Promise.withResolvers<Port>();
  const listener = await listenLocal({ secret: 'a secret', onPort });
  const asker = await connectLocal(listener.address, 'a secret');
  return { asker, answerer: await accepted, dispose: () => listener.close() };
};

/** As on the web: a page's WebSocket, and the host that passes its frames on to the engine's local socket. */
const relayed: MakeLink = async () => {
  const page = await webSocket();
  const engine = await localSocket();
  relayPorts(page.answerer, engine.asker);
  const dispose = async () => {
    await page.dispose();
    await engine.dispose();
  };
  return { asker: page.asker, answerer: engine.answerer, dispose };
};

export const links: Record<string, MakeLink> = { inMemory, messageChannel, webSocket, localSocket, relayed };

/** Runs the tests once for each kind of link. */
export function overEveryLink(body: (makeLink: MakeLink) => void): void {
  for (const [name, makeLink] of Object.entries(links)) describe(name, () => body(makeLink));
}
