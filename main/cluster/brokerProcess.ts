/**
 * A broker: a process with its own SQLite file. It is started by the engine, told over its control channel which file, answers with the
 * address of its local socket, and ends when the channel closes. Killing it is a real crash.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type ErrorShape, serializeError } from '../api/errors.ts';
import { acquireLock, openLog } from '../log/index.ts';
import { parentChannel } from '../processes/parentChannel.ts';
import { listenLocal } from '../rpc/adapters/localSocket.ts';
import { createPeer } from '../rpc/peer.ts';
import { brokerContract } from './brokerContract.ts';
import { createBrokerService } from './brokerService.ts';

/** How long a new broker waits for the one before it to let go of the file, milliseconds. */
const LOCK_WAIT_MS = 5_000;

export interface BrokerBoot {
  brokerId: number;
  /** Its SQLite file; the lock lies beside it. */
  file: string;
  durability: 'safe' | 'fast';
}

export type BrokerReply = { type: 'ready'; address: string; secret: string } | { type: 'failed'; error: ErrorShape };

const parent = parentChannel();
let close = (): void => process.exit(0);
parent.onClose(() => close());
parent.onMessage((message) => {
  const { type } = message as { type: string };
  if (type === 'close') close();
  if (type === 'boot') {
    boot(message as BrokerBoot).catch((error: unknown) => {
      parent.post({ type: 'failed', error: serializeError(error) } satisfies BrokerReply);
      setImmediate(() => process.exit(1));
    });
  }
});
// A signal to the whole group (Ctrl-C, a container that stops) reaches us too; who started us decides when to close.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

async function boot({ brokerId, file, durability }: BrokerBoot): Promise<void> {
  const holder = { program: `broker ${brokerId}`, pid: process.pid, since: new Date().toISOString() };
  const lock = await acquireLock(file.replace(/\.sqlite$/, '.lock'), holder, { waitMs: LOCK_WAIT_MS });
  const log = await openLog({
    path: file,
    brokerId,
    durability,
    writerFile: path.join(import.meta.dirname, 'logWriter.js'),
    onLost: endWith,
  });
  const handlers = { broker: createBrokerService(log) };
  const secret = randomBytes(32).toString('base64url');
  const listener = await listenLocal({
    secret,
    onPort: (port) => void createPeer(port, { serve: { contract: brokerContract, handlers } }),
  });
  close = () => {
    close = () => {};
    void log.close().finally(() => {
      lock.release();
      // The acknowledgements of the last commit are still on their way out.
      void listener.close().finally(() => setImmediate(() => process.exit(0)));
    });
  };
  parent.post({ type: 'ready', address: listener.address, secret } satisfies BrokerReply);
}

/** Whoever started this process starts another. */
function endWith(why: string): void {
  console.error(why);
  process.exit(1);
}
