/** The listener of a broker, on loopback alone. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { LabError } from '../../api/errors.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { HOST } from './topology.ts';

/** Connections that a broker has at once. */
export const CONNECTIONS_MAX = 4_096;
/** How many ports from the default on are tried. */
const DEFAULT_PORT_TRIES_MAX = 100;

export interface Listener {
  port: number;
  close(): void;
}

/** `isAsked`: this port or none; else the next free one from it on. 0 is any free one. Rejects with `port-taken`. */
export async function listen({ port, isAsked }: { port: number; isAsked: boolean }, parts: ConnectionParts): Promise<Listener> {
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, parts);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  server.maxConnections = CONNECTIONS_MAX;
  const last = isAsked || port === 0 ? port : port + DEFAULT_PORT_TRIES_MAX - 1;
  for (let tried = port; ; tried++) {
    try {
      return { port: await listenOn(server, tried), close };
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (tried < last && isTaken) continue;
      const which = last === port ? `Port ${port}` : `All ports from ${port} to ${last}`;
      const why = isTaken ? 'taken by another program' : `not to be had (${(error as Error).message})`;
      throw new LabError('port-taken', `${which} on ${HOST}: ${why}. Name another one with --kafka-port.`, { cause: error });
    }
  }

  function close(): void {
    server.close();
    for (const connection of connections) connection.close();
  }
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
