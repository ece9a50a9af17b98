/** Answers that are no file of the page: refusals and errors, as a small page of their own, also on a socket that HTTP has let go. */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from './http.ts';
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
  401: 'Open the whole address that the lab printed when it started, with <code>?token=…</code> at its end. Where it is no longer to be seen, stop the lab and start it again: it prints a new one.',
  503: 'Try again in a moment.',
};

/** The lab's look, by itself: the page's own files are behind the token too. Its colours are those of renderer/src/ui/tokens.css. */
const style = `
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #fff; --sunk: #f3f1ec; --line: #e2dfd7; --ink: #1f2328; --soft: #565b63 }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171b; --card: #1c1f24; --sunk: #121417; --line: #2d3138; --ink: #e6e8eb; --soft: #a2a8b1 }
}
* { box-sizing: border-box; margin: 0 }
body {
  display: grid; align-content: center; justify-items: center; gap: 12px; min-height: 100vh; padding: 24px;
  font: 13px/1.45 'Inter Variable', Inter, 'Segoe UI', system-ui, 'Noto Sans', sans-serif; color: var(--ink); background: var(--paper)
}
main { width: min(460px, 100%); border: 1px solid var(--line); border-radius: 8px; background: var(--card); overflow: hidden }
header { display: flex; align-items: center; gap: 10px; padding: 11px 18px; border-bottom: 1px solid var(--line); background: var(--sunk); font-weight: 650 }
section { display: grid; gap: 8px; padding: 18px }
h1 { font-size: 15px; font-weight: 650 }
p { overflow-wrap: anywhere }
footer { font-size: 12px; color: var(--soft) }
code { font: 12px 'JetBrains Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace; padding: 1px 4px; border-radius: 4px; background: var(--sunk) }
`;

/** The lab's icon (renderer/public/icon.svg), by itself for the same reason. */
const mark = `<svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true"><rect width="32" height="32" rx="7" fill="#1f2328"/>${[
  ['#7da6f5', 8, [6, 11, 16]] as const,
  ['#f0a25f', 14, [6, 11, 16, 22]] as const,
  ['#6fcfa8', 20, [6, 11]] as const,
]
  .map(([colour, y, places]) => places.map((x) => `<rect x="${x}" y="${y}" width="4" height="4" rx="1" fill="${colour}"/>`).join(''))
  .join('')}</svg>`;

function document(status: number, message: string): string {
  const title = `${status} ${STATUS_CODES[status]}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width">
<title>${title} · Unified Log Lab</title>
<style>${style}</style>
<main>
<header>${mark}Unified Log Lab</header>
<section>
<h1>${message}</h1>
${advice[status] ? `<p>${advice[status]}</p>\n` : ''}</section>
</main>
<footer>${title}</footer>
</html>
`;
}
