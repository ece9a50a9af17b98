/**
 * The engine as a process, the same under the web host and under the desktop shell: it is told over its control channel which workspace
 * to open, and serves its services to every port that comes: over its local socket, or as a message port of a window.
 */
import { randomBytes } from 'node:crypto';
import { type ErrorShape, serializeError } from './api/errors.ts';
import { labContract } from './api/index.ts';
import { createEngine, type Engine } from './engine.ts';
import type { EngineBoot } from './processes/engineSupervisor.ts';
import { createNodeSpawner } from './processes/nodeSpawner.ts';
import { parentChannel } from './processes/parentChannel.ts';
import { createRequestSpawner } from './processes/requestSpawner.ts';
import { listenLocal } from './rpc/adapters/localSocket.ts';
import { messagePort, type MessagePortLike } from './rpc/adapters/messagePort.ts';
import { sweepAddresses } from './rpc/adapters/sweepAddresses.ts';
import { createPeer } from './rpc/peer.ts';
import type { Port } from './rpc/port.ts';

export type EngineReply =
  | { type: 'ready'; address: string; secret: string; workspace: { name: string; path: string }; kafka: string[] }
  | { type: 'failed'; error: ErrorShape };

/** How long the engine may take to close once who started it is gone, milliseconds: what is acknowledged is in the log anyway. */
const ORPHANED_MS = 2_000;

const programNames = { desktop: 'the desktop app', serve: 'a lab that serves a browser' };

const parent = parentChannel();
let engine: Engine | null = null;
let closing = false;

function serve(port: Port): void {
  if (!engine) return port.close('The lab is closing.');
  createPeer(port, { serve: { contract: labContract, handlers: engine.services } });
}

async function boot(options: EngineBoot): Promise<void> {
  const spawner = options.program === 'desktop' ? createRequestSpawner(parent) : createNodeSpawner(options.builtFolder);
  engine = await createEngine({
    ...options,
    program: programNames[options.program],
    pid: process.ppid,
    spawner,
    runsProcessors: true,
    kafka: { port: options.kafkaPort },
    now: Date.now,
    random: Math.random,
  });
  const secret = randomBytes(32).toString('base64url');
  const { address } = await listenLocal({ secret, onPort: serve });
  parent.post({ type: 'ready', address, secret, workspace: engine.workspace, kafka: engine.kafka } satisfies EngineReply);
  // After all is up: nobody waits for it.
  void sweepAddresses();
}

async function close(): Promise<void> {
  if (closing) return;
  closing = true;
  await engine?.close();
  process.exit(0);
}

// Nobody is there any more who waits for the end or would end us: it is soon, also where something that we close can not be reached.
parent.onClose(() => {
  void close();
  setTimeout(() => process.exit(1), ORPHANED_MS);
});
parent.onMessage((message, ports) => {
  const { type } = message as { type: string };
  if (type === 'close') void close();
  if (type === 'page') for (const port of ports) serve(messagePort(port as MessagePortLike));
  if (type === 'boot') {
    boot(message as EngineBoot).catch((error: unknown) => {
      parent.post({ type: 'failed', error: serializeError(error) } satisfies EngineReply);
      setImmediate(() => process.exit(1));
    });
  }
});
// A signal to the whole group (Ctrl-C, a container that stops) reaches us too; who started us decides when to close.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
