/** The WebSockets of pages and commands: each gets a connection of its own to the engine, and the two pass frames to each other unread. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { toLabError } from '../api/errors.ts';
import type { RunningEngine } from '../processes/engineSupervisor.ts';
import { connectLocal } from '../rpc/adapters/localSocket.ts';
import { relayPorts } from '../rpc/adapters/relay.ts';
import { webSocketServerOptions, webSocketServerPort } from '../rpc/adapters/webSocketServer.ts';
import type { Port } from '../rpc/port.ts';
import { answerOnSocket } from './answers.ts';

/** Most pages and commands connected at once. */
export const PAGES_MAX = 64;

/** How long pages get for their part of the closing handshake, milliseconds. */
const PAGE_CLOSE_MS = 500;

/** Close codes of RFC 6455, 7.4.1, and its registry. */
const GOING_AWAY = 1001;
const PROTOCOL_ERROR = 1002;
const SERVICE_RESTART = 1012;

/** How long after its sockets an engine’s exit is seen at the latest, milliseconds. */
const ENGINE_EXIT_MS = 150;

export class PageSockets {
  /** Made when the first page connects: with what it loads it takes 5 MB, and who uses the lab with Kafka’s clients alone needs none of it. */
  #server: Promise<WebSocketServer> | undefined;
  readonly #sockets = new Set<WebSocket>();
  readonly #engine: () => RunningEngine | null;
  /** Upgrades under way and open sockets. */
  #count = 0;
  #isClosing = false;

  constructor(engine: () => RunningEngine | null) {
    this.#engine = engine;
  }

  /** Why no page can connect just now, in a sentence; null where one can. */
  obstacle(): string | null {
    if (this.#isClosing) return 'The lab is closing.';
    if (!this.#engine()) return 'The lab’s engine is starting.';
    return this.#count >= PAGES_MAX ? `${PAGES_MAX} pages are connected, and more can not be.` : null;
  }

  /** Takes over a socket whose upgrade request may be answered. It gets an HTTP answer where it can not become a WebSocket. */
  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const engine = this.#engine();
    const obstacle = this.obstacle();
    if (!engine || obstacle !== null) return this.#unavailable(socket, obstacle ?? '');
    this.#count++;
    let isOver = false;
    socket.once('close', () => {
      isOver = true;
      this.#count--;
    });
    socket.on('error', () => {});
    let local: Port;
    let server: WebSocketServer;
    try {
      server = await (this.#server ??= createServer());
      local = await connectLocal(engine.address, engine.secret);
    } catch (error) {
      return this.#unavailable(socket, `The lab’s engine could not be reached. ${toLabError(error).message}`);
    }
    if (isOver || this.#isClosing) {
      local.close();
      return this.#unavailable(socket, 'The lab is closing.');
    }
    // A request that is no proper handshake is answered by ws itself, and its socket closed.
    const closeLocal = () => local.close();
    socket.once('close', closeLocal);
    server.handleUpgrade(request, socket, head, (page) => {
      socket.off('close', closeLocal);
      this.#join(page, local, engine);
    });
  }

  /** Tells all pages that the lab closes, and resolves when they are gone. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const pages = [...this.#sockets];
    const gone = Promise.all(pages.map((page) => once(page, 'close')));
    for (const page of pages) page.close(GOING_AWAY, 'The lab is closing.');
    const timer = setTimeout(() => pages.forEach((page) => page.terminate()), PAGE_CLOSE_MS);
    await gone;
    clearTimeout(timer);
  }

  #join(page: WebSocket, local: Port, engine: RunningEngine): void {
    this.#sockets.add(page);
    page.once('close', () => this.#sockets.delete(page));
    const port = webSocketServerPort(page);
    const close = (reason?: string) => {
      // An engine closes its end when it goes away, or when the page broke the protocol: which of the two shows in a moment.
      setTimeout(() => {
        if (this.#engine() === engine) page.close(PROTOCOL_ERROR, 'A frame of this page broke the lab’s protocol.');
        else page.close(SERVICE_RESTART, 'The lab’s engine ended.');
        port.close(reason);
      }, ENGINE_EXIT_MS);
    };
    // Bound, since the port of a socket may be an object or a class.
    relayPorts(
      {
        send: (frame) => port.send(frame),
        drained: () => port.drained(),
        onFrame: (receive) => port.onFrame(receive),
        pause: () => port.pause(),
        resume: () => port.resume(),
        onClose: (closed) => port.onClose(closed),
        close,
      },
      local,
    );
  }

  #unavailable(socket: Duplex, message: string): void {
    answerOnSocket(socket, 503, message, { 'Retry-After': '1' });
  }
}

async function createServer(): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({ noServer: true, ...webSocketServerOptions });
}
