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
    return ofFailure(cause, url);
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

function ofFailure(failure: unknown, { host, hostname, port }: URL): LabError {
  const cause = failure instanceof Error && failure.cause instanceof Error ? (failure.cause as Error & { code?: unknown }) : undefined;
  return new LabError('disconnected', sentence(), { cause: failure });

  function sentence(): string {
    if (cause?.code === 'ECONNREFUSED')
      return `Nothing listens at ${host}: the lab has ended, or has another port. Start it (npm start, npm run serve) and give the address that it prints.`;
    if (cause?.code === 'ENOTFOUND')
      return `There is no host called ${hostname}. Give the address that the lab printed when it started: the lab is on this machine, at 127.0.0.1.`;
    // https://fetch.spec.whatwg.org/#port-blocking
    if (cause?.message === 'bad port')
      return `Port ${port} is kept for another service: neither browsers nor this command connect to it. Give the address that the lab printed; where that is it, start the lab with another --port.`;
    // A browser does not say why.
    if (!cause) return 'The lab could not be reached.';
    return `The lab at ${host} could not be reached (${cause.message}). Look whether it runs, and give the address that it printed when it started.`;
  }
}
