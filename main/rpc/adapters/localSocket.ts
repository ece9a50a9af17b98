/**
 * Ports between processes of one machine, over unix domain sockets or named pipes. Node only. Before anything else
 *
 *   client → server   frame: the secret, UTF-8
 *   server → client   frame: one byte, 1 accepted or 0 refused (and the connection is closed)
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { LabError } from '../../api/errors.ts';
import { FRAME_BYTES_MAX, type Port } from '../port.ts';
import { createLocalAddress } from './localAddress.ts';
import { SocketPort } from './socketPort.ts';

/** How long either side waits for its part of the handshake, milliseconds. */
export const HANDSHAKE_MS = 5_000;

/** Longest secret, bytes. */
const SECRET_BYTES_MAX = 256;

/** Connections that one listener has at once, those in their handshake included. */
const LOCAL_CONNECTIONS_MAX = 256;

const ACCEPTED = 1;
const REFUSED = 0;

export interface LocalListener {
  /** What `connectLocal` takes. */
  address: string;
  /** Listens no more and removes the socket's folder. Ports that were accepted stay open: they are whose they are. */
  close(): Promise<void>;
}

export interface ListenOptions {
  secret: string;
  /** Gets a port for each connection that knew the secret. */
  onPort: (port: Port) => void;
}

export async function listenLocal({ secret, onPort }: ListenOptions): Promise<LocalListener> {
  const { address, remove } = await createLocalAddress();
  const strangers = new Set<Socket>();
  let connections = 0;
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    if (connections >= LOCAL_CONNECTIONS_MAX) return void accepted.destroy();
    const opened = SocketPort.accepted(accepted);
    if (!opened) return;
    const { port, socket } = opened;
    connections += 1;
    strangers.add(socket);
    admit(port, secret, () => {
      strangers.delete(socket);
      onPort(port);
    });
    socket.once('close', () => {
      connections -= 1;
      strangers.delete(socket);
    });
  });
  try {
    await listening(server, address);
  } catch (cause) {
    await remove();
    throw new LabError('internal', 'The socket between the processes of the lab could not be made.', { cause });
  }
  return {
    address,
    close: async () => {
      server.close();
      for (const socket of strangers) socket.destroy();
      await remove();
    },
  };
}

/** Rejects with a LabError: `disconnected` when nobody listens there, `unauthorized` for a wrong secret, `deadline` when no answer comes. */
export function connectLocal(address: string, secret: string): Promise<Port> {
  const { promise, resolve, reject } = Promise.withResolvers<Port>();
  const { port, socket } = SocketPort.connectTo(address);
  socket.once('error', (cause) => reject(new LabError('disconnected', 'The other process could not be reached.', { cause })));
  port.onClose(() => reject(new LabError('disconnected', 'The other process closed the connection at once.')));
  const timer = setTimeout(() => {
    reject(new LabError('deadline', `The other process did not answer within ${HANDSHAKE_MS} ms.`));
    port.close();
  }, HANDSHAKE_MS);
  port.onNextFrame((frame) => {
    if (frame[0] === ACCEPTED) return resolve(port);
    reject(new LabError('unauthorized', 'The other process did not accept the secret.'));
    port.close();
  });
  port.send(Buffer.from(secret));
  return promise.finally(() => clearTimeout(timer));
}

function admit(port: SocketPort, secret: string, accept: () => void): void {
  port.acceptBytesMax = SECRET_BYTES_MAX;
  const timer = setTimeout(() => port.close(), HANDSHAKE_MS);
  port.onClose(() => clearTimeout(timer));
  port.onNextFrame((frame) => {
    clearTimeout(timer);
    if (!isSecret(frame, secret)) {
      port.send(Uint8Array.of(REFUSED));
      return port.close();
    }
    port.acceptBytesMax = FRAME_BYTES_MAX;
    port.send(Uint8Array.of(ACCEPTED));
    accept();
  });
}

/** In constant time: digests of one length are compared, so that not even the secret's length shows. */
function isSecret(given: Uint8Array, secret: string): boolean {
  const digest = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // On, not once: an error while listening must not end the process; the connection in question is lost by itself.
    server.on('error', reject);
    server.listen(address, resolve);
  });
}
