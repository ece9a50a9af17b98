/**
 * Why a WebSocket to the lab did not open. Neither a browser nor Node tells that of the socket itself; an ordinary request to the same
 * address does: main/web answers it as it answers the socket, but for 426 where a socket could be opened.
 */
import { LabError } from '../../api/errors.ts';

/** How long the request may take, milliseconds. */
const ASK_MS = 3_000;

/** @param socketUrl the ws: or wss: address that was tried. Answers `unauthorized`, `protocol` (no lab is there), else `disconnected`. */
export async function whyRefused(socketUrl: string): Promise<LabError> {
  const url = new URL(socketUrl);
  const hasToken = url.searchParams.has('token');
  url.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  try {
    const { status } = await fetch(url, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(ASK_MS) });
    return ofStatus(status, url.host, hasToken);
  } catch (cause) {
    return ofFailure(cause, url.host);
  }
}

function ofStatus(status: number, host: string, hasToken: boolean): LabError {
  if (status === 401)
    return new LabError(
      'unauthorized',
      hasToken
        ? `The lab at ${host} does not take this token: each start of the lab makes a new one. Give the whole address that it printed when it last started (npm start, npm run serve).`
        : `The lab at ${host} asks for its token. Give the whole address that it printed when it started (npm start, npm run serve): it ends in ?token=….`,
    );
  if (status === 403)
    return new LabError(
      'unauthorized',
      `The lab does not answer under ${host}. Use the address that it printed, with 127.0.0.1 or localhost.`,
    );
  if (status === 503)
    return new LabError(
      'disconnected',
      `The lab at ${host} can not be connected to just now: its engine is starting, or too many pages and commands are connected. Try again in a moment.`,
    );
  // A socket could be opened by now: what was in its way is over.
  if (status === 426) return new LabError('disconnected', `The lab at ${host} closed the connection at once. Try again in a moment.`);
  return new LabError(
    'protocol',
    `What answers at ${host} is no lab (HTTP ${status}). Give the address that the lab printed when it started.`,
  );
}

function ofFailure(cause: unknown, host: string): LabError {
  const code = cause instanceof Error && cause.cause instanceof Error ? (cause.cause as { code?: unknown }).code : undefined;
  const message =
    code === 'ECONNREFUSED'
      ? `Nothing listens at ${host}: the lab has ended, or has another port. Start it (npm start, npm run serve) and give the address that it prints.`
      : 'The lab could not be reached.';
  return new LabError('disconnected', message, { cause });
}
