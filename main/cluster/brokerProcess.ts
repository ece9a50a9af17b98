/**
 * A broker: a process with its own SQLite file. It is started by the engine, told over its control channel which file and where the engine
 * listens for it, connects to there, and ends when the channel closes. Killing it is a real crash.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type ErrorShape, serializeError } from '../api/errors.ts';
import { acquireLock, openLog } from '../log/index.ts';
import { parentChannel } from '../processes/parentChannel.ts';
import { connectLocal, listenLocal, type LocalListener } from '../rpc/adapters/localSocket.ts';
import { createPeer, type Peer } from '../rpc/peer.ts';
import type { Port } from '../rpc/port.ts';
import { createKafkaService } from '../endpoints/kafka/service.ts';
import { type BrokerAccess, brokerContract } from './brokerContract.ts';
import { createBrokerService } from './brokerService.ts';
import { controllerContract } from './controllerContract.ts';
import { kafkaContract } from './kafkaContract.ts';

/** How long a new broker waits for the one before it to let go of the file, milliseconds. */
const LOCK_WAIT_MS = 5_000;

export interface BrokerBoot {
  brokerId: number;
  /** Its SQLite file; the lock lies beside it. */
  file: string;
  durability: 'safe' | 'fast';
}

/** To a broker. */
export interface BootMessage extends BrokerBoot {
  type: 'boot';
  /** Of the local socket where the engine waits for this broker. */
  address: string;
  secret: string;
}

/** From a broker: why it is about to end. One that is ready connects. */
export interface BootFailed {
  type: 'failed';
  error: ErrorShape;
}

const parent = parentChannel();
let close = (): void => process.exit(0);
parent.onClose(() => close());
parent.onMessage((message) => {
  const { type } = message as { type: string };
  if (type === 'close') close();
  if (type === 'boot') {
    boot(message as BootMessage).catch((error: unknown) => {
      parent.post({ type: 'failed', error: serializeError(error) } satisfies BootFailed);
      setImmediate(() => process.exit(1));
    });
  }
});
// A signal to the whole group (Ctrl-C, a container that stops) reaches us too; who started us decides when to close.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

async function boot({ brokerId, file, durability, address, secret }: BootMessage): Promise<void> {
  const holder = { program: `broker ${brokerId}`, pid: process.pid, since: new Date().toISOString() };
  const lock = await acquireLock(file.replace(/\.sqlite$/, '.lock'), holder, { waitMs: LOCK_WAIT_MS });
  const log = await openLog({
    path: file,
    brokerId,
    durability,
    writerFile: path.join(import.meta.dirname, 'logWriter.js'),
    checkpointFile: path.join(import.meta.dirname, 'logCheckpoint.js'),
    onLost: endWith,
  });
  let listening: Promise<BrokerAccess & { listener: LocalListener }> | null = null;
  async function listen(): Promise<BrokerAccess & { listener: LocalListener }> {
    const own = randomBytes(32).toString('base64url');
    const listener = await listenLocal({ secret: own, onPort: (port) => void serve(port) });
    return { address: listener.address, secret: own, listener };
  }
  async function access(): Promise<BrokerAccess> {
    const made = await (listening ??= listen());
    return { address: made.address, secret: made.secret };
  }
  const kafka = createKafkaService({ brokerId, log, file, controller: () => engine.client(controllerContract).controller, now: Date.now });
  const handlers = { broker: createBrokerService(log, access), kafka: kafka.handlers };
  const serve = (port: Port): Peer => createPeer(port, { serve: { contract: { ...brokerContract, ...kafkaContract }, handlers } });
  const engine = serve(await connectLocal(address, secret));
  close = () => {
    close = () => {};
    kafka.close();
    void listening?.then(({ listener }) => listener.close());
    void log.close().finally(() => {
      lock.release();
      // The acknowledgements of the last commit are still on their way out.
      setImmediate(() => process.exit(0));
    });
  };
}

/** Whoever started this process starts another. */
function endWith(why: string): void {
  console.error(why);
  process.exit(1);
}
