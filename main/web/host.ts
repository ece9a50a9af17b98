/**
 * The web host: the page over HTTP and the contract over WebSocket (`/rpc`), on 127.0.0.1, for whoever holds the token.
 *
 * Every request gets an HTTP answer: malformed 400, foreign Host or Origin 403, no or a wrong token 401, another method than GET or
 * HEAD 405, no such file 404, an upgrade while the engine is down 503; checked in this order. A GET or HEAD of /rpc, no upgrade, is how a
 * client asks why its WebSocket did not open: 503 as the upgrade, or 426.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { toLabError } from '../api/errors.ts';
import { type EngineBoot, type EngineState, EngineSupervisor } from '../processes/engineSupervisor.ts';
import type { Spawner } from '../processes/spawner.ts';
import { createAccess, type Access } from './access.ts';
import { answer, answerOnSocket } from './answers.ts';
import { createServer } from './http.ts';
import { listenOnLoopback } from './listen.ts';
import { closePage, loadPage, type PageFile, type PageFiles } from './page.ts';
import { PageSockets } from './pageSockets.ts';
import { contentSecurityPolicy, isolationHeaders } from './policy.ts';

export interface WebHostOptions {
  /** Null for the default port, or the next free one after it. */
  port: number | null;
  /** The built page. */
  pageFolder: string;
  boot: EngineBoot;
  spawner: Spawner;
  onEngineState?: (state: EngineState) => void;
  /** Starting is given up when it aborts; `startWebHost` then rejects with `cancelled`. */
  signal?: AbortSignal;
}

export interface WebHost {
  /** The page's address, token included; also what commands connect with. */
  url: string;
  /** The process to signal. */
  pid: number;
  workspace: { name: string; path: string };
  /** Where its brokers listen for Kafka's clients, host:port. */
  kafka: string[];
  /** Tells the pages, closes the engine and stops listening. */
  close(): Promise<void>;
}

/** Resolves once all accept. Rejects with a LabError: `port-taken`, `file-unreadable` (no built page), or what the engine says. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const page = loadPage(options.pageFolder);
  const server = createServer({
    // Whoever offers HTTP/2 (curl does) is served as HTTP/1.1.
    shouldUpgradeCallback: (request: IncomingMessage) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  const port = await listenOnLoopback(server, options.port);
  const access = createAccess(port);
  const supervisor = new EngineSupervisor({
    boot: options.boot,
    startChild: () => options.spawner.spawn('engine'),
    ...(options.onEngineState && { onState: options.onEngineState }),
  });
  const sockets = new PageSockets(() => supervisor.running);
  serve(server, page, access, sockets);

  let closed: Promise<void> | undefined;
  const close = () => (closed ??= closeAll(server, sockets, supervisor, page));
  const closeOnAbort = () => void close();
  options.signal?.addEventListener('abort', closeOnAbort, { once: true });
  try {
    const starting = supervisor.start();
    if (options.signal?.aborted) closeOnAbort();
    const { workspace, kafka } = await starting;
    return { url: `http://127.0.0.1:${port}/?token=${access.token}`, pid: process.pid, workspace, kafka, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', closeOnAbort);
  }
}

async function closeAll(server: Server, sockets: PageSockets, supervisor: EngineSupervisor, page: PageFiles): Promise<void> {
  const unbound = new Promise((resolve) => server.close(resolve));
  await sockets.close();
  await supervisor.close();
  server.closeAllConnections();
  await unbound;
  closePage(page);
}

function serve(server: Server, page: PageFiles, access: Access, sockets: PageSockets): void {
  server.on('request', (request, response) => respond(request, response, page, access, sockets));
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, access, sockets));
  // CONNECT asks for a proxy.
  server.on('connect', (_request, socket) => answerOnSocket(socket, 405, 'The lab is no proxy.', { Allow: 'GET, HEAD' }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = clientErrorStatus[error.code ?? ''] ?? 400;
    answerOnSocket(socket, status, 'This request is malformed.');
  });
}

const clientErrorStatus: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function respond(request: IncomingMessage, response: ServerResponse, page: PageFiles, access: Access, sockets: PageSockets): void {
  const url = urlOf(request);
  if (!url) return answer(response, 400, 'This address is malformed.');
  const refusal = access.refusal(request, url);
  if (refusal) return answer(response, refusal.status, refusal.message);
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'The page is only read.', { Allow: 'GET, HEAD' });
  const obstacle = url.pathname === '/rpc' ? sockets.obstacle() : null;
  if (obstacle !== null) return answer(response, 503, obstacle, { 'Retry-After': '1' });
  if (url.pathname === '/rpc')
    return answer(response, 426, 'This is where WebSockets connect.', { Upgrade: 'websocket', Connection: 'Upgrade' });
  const file = page.get(url.pathname);
  if (!file) return answer(response, 404, 'There is nothing at this address.');
  if (url.searchParams.has('token')) response.setHeader('Set-Cookie', access.cookie);
  sendFile(request, response, file);
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, access: Access, sockets: PageSockets): void {
  const url = urlOf(request);
  if (!url) return answerOnSocket(socket, 400, 'This address is malformed.');
  const refusal = access.refusal(request, url);
  if (refusal) return answerOnSocket(socket, refusal.status, refusal.message);
  if (request.method !== 'GET') return answerOnSocket(socket, 405, 'A WebSocket begins with GET.', { Allow: 'GET, HEAD' });
  if (url.pathname !== '/rpc') return answerOnSocket(socket, 404, 'WebSockets connect at /rpc.');
  void sockets.accept(request, socket, head);
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: PageFile): void {
  const isKnown = request.headers['if-none-match'] === file.etag;
  let bytes: Uint8Array | undefined;
  try {
    if (request.method !== 'HEAD' && !isKnown) bytes = file.read();
  } catch (error) {
    return answer(response, 500, toLabError(error).message);
  }
  response.setHeaders(
    new Map(
      Object.entries({
        ...isolationHeaders,
        // The request's Host is one of ours by now. Said in full, since not every browser takes 'self' to mean WebSockets too.
        'Content-Security-Policy': contentSecurityPolicy([`ws://${request.headers.host}`]),
        'Cache-Control': file.cacheControl,
        ETag: file.etag,
      }),
    ),
  );
  if (isKnown) return void response.writeHead(304).end();
  response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.size });
  response.end(bytes);
}

/** Null where the request's target is no address of ours: an absolute address or the * of OPTIONS. */
function urlOf(request: IncomingMessage): URL | null {
  const target = request.url ?? '';
  // A path that begins with two slashes would name another host.
  return target.startsWith('/') && !target.startsWith('//') ? URL.parse(`http://127.0.0.1${target}`) : null;
}
