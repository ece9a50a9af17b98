/** Answers that are no file of the page: refusals and errors, as a small page of their own, also on a socket that HTTP has let go. */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { contentSecurityPolicy, isolationHeaders } from './policy.ts';

/** How long the other side gets to take a last answer and close, milliseconds. */
const LINGER_MS = 1_000;

type Headers = Record<string, string>;

export function answer(response: ServerResponse, status: number, message: string, headers: Headers = {}): void {
  const body = document(status, message);
  response.writeHead(status, { ...commonHeaders(body), ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** For a request that is malformed or asked for an upgrade: there is no ServerResponse for it. */
export function answerOnSocket(socket: Duplex, status: number, message: string, headers: Headers = {}): void {
  if (!socket.writable) return void socket.destroy();
  const body = document(status, message);
  const lines = Object.entries({ ...commonHeaders(body), ...headers, Connection: 'close', Date: new Date().toUTCString() }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  // Someone who has gone meanwhile gets no answer.
  socket.on('error', () => {});
  // What they still send is read away: closing on unread bytes resets the connection, and the answer would be lost.
  socket.resume();
  const destroy = () => void socket.destroy();
  socket.once('end', destroy);
  setTimeout(destroy, LINGER_MS).unref();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
}

function commonHeaders(body: string): Headers {
  return {
    ...isolationHeaders,
    'Content-Security-Policy': contentSecurityPolicy([]),
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
  };
}

const advice: Record<number, string> = {
  401: 'Open the whole address that the lab printed when it started, with <code>?token=…</code> at its end.',
  503: 'Try again in a moment.',
};

function document(status: number, message: string): string {
  const title = `${status} ${STATUS_CODES[status]}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<title>${title} · Unified Log Lab</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem }</style>
<main>
<h1>Unified Log Lab</h1>
<p>${message}</p>
${advice[status] ? `<p>${advice[status]}</p>\n` : ''}<p><small>${title}</small></p>
</main>
</html>
`;
}
