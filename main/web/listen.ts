/** Which port the page is served on. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { LabError } from '../api/errors.ts';

/** The page's port where none is asked for. */
export const PAGE_PORT_DEFAULT = 4646;
/** How many ports from the default on are tried. */
export const DEFAULT_PORT_TRIES_MAX = 20;

/**
 * Listens on 127.0.0.1 and gives the port. One that was asked for is had or is an error (`port-taken`); where the default is taken
 * (`asked` is null), the next free one serves. 0 is any free one.
 */
export async function listenOnLoopback(server: Server, asked: number | null): Promise<number> {
  if (asked !== null) return await listen(server, asked);
  for (let port = PAGE_PORT_DEFAULT; port < PAGE_PORT_DEFAULT + DEFAULT_PORT_TRIES_MAX; port++) {
    try {
      return await listen(server, port);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
    }
  }
  const last = PAGE_PORT_DEFAULT + DEFAULT_PORT_TRIES_MAX - 1;
  throw new LabError('port-taken', `All ports from ${PAGE_PORT_DEFAULT} to ${last} are taken. Name a free one with --port.`);
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new LabError('port-taken', `Port ${port} on 127.0.0.1 is taken by another program. Name another one with --port.`, {
        cause: error,
      });
    if (code === 'EACCES')
      throw new LabError('port-taken', `The system does not let this user have port ${port}. Name another one with --port.`, {
        cause: error,
      });
    throw error;
  }
}
