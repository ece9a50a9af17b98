/**
 * The engine's hold on one broker: starts its process, connects to it, starts it again with back-off when it ends unasked, and
 * keeps what it last said of its shards.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { deserializeError, LabError, toLabError } from '../api/errors.ts';
import type { Client, DomainClient, DomainHandlers } from '../api/contract.ts';
import type { BrokerStatus } from '../api/lab.ts';
import type { ShardState } from '../log/index.ts';
import { RECOVERED_AFTER_MS, restartPauseMs } from '../processes/backOff.ts';
import type { Child, Spawner } from '../processes/spawner.ts';
import { listenLocal } from '../rpc/adapters/localSocket.ts';
import { createPeer, type Peer } from '../rpc/peer.ts';
import type { Port } from '../rpc/port.ts';
import type { BootFailed, BootMessage, BrokerBoot } from './brokerProcess.ts';
import { brokerContract } from './brokerContract.ts';
import { controllerContract } from './controllerContract.ts';
import { kafkaContract } from './kafkaContract.ts';

/** How long a broker may take to close, milliseconds, before it is ended. */
const CLOSE_MS = 5_000;

export type BrokerClient = DomainClient<(typeof brokerContract)['broker']>;
export type KafkaListenerClient = Client<typeof kafkaContract>['kafka'];
export type ControllerHandlers = DomainHandlers<(typeof controllerContract)['controller']>;

export interface BrokerLinkOptions {
  spawner: Spawner;
  boot: BrokerBoot;
  /** Something about the broker or its shards has changed. */
  changed: () => void;
  /** Called each time it comes up, before it is reported as up. */
  cameUp: (client: BrokerClient) => Promise<void>;
  /** What answers the broker; asked for at each question. */
  controller: () => ControllerHandlers;
}

export interface BrokerLink {
  readonly id: number;
  /** What it is told at its next start. */
  readonly boot: BrokerBoot;
  readonly status: BrokerStatus;
  readonly shards: ReadonlyMap<number, ShardState>;
  readonly appendP99Ms: number | null;
  /** Throws `broker-down` while it is not up. */
  client(): BrokerClient;
  /** The same of its Kafka listener. */
  kafka(): KafkaListenerClient;
  /** Resolves when it is up for the first time; rejects with why it can not be. */
  start(): Promise<void>;
  /** What it has just said of shards that it made; its next report may come later. */
  learn(made: readonly ShardState[]): void;
  /** They are deleted; its reports do not name what was made and deleted between two of them. */
  forget(shardIds: readonly number[]): void;
  /** Ends the process at once (SIGKILL). Throws `broker-down` where there is none. */
  kill(): void;
  close(): Promise<void>;
}

/** The failure of a call whose outcome is not known: it may have been done, or not. */
export function isUnsure(error: unknown): boolean {
  return error instanceof LabError && (error.code === 'deadline' || (error.code === 'broker-down' && error.cause instanceof LabError));
}

/** `disconnected` means the caller's own connection to whoever it asked; to the page that is the engine, and that one stands. */
function asBrokerDown(id: number, error: unknown): never {
  if (!(error instanceof LabError) || error.code !== 'disconnected') throw error;
  const message = `Broker ${id} ended before it answered: what was asked may or may not have been done. It is started again.`;
  throw new LabError('broker-down', message, { cause: error });
}

function notUp(id: number): never {
  throw new LabError('broker-down', `Broker ${id} is not up just now. It is being started again; try once more in a moment.`);
}

/** The calls of a broker; its streams are followed here alone. */
function callsOf(id: number, client: BrokerClient): BrokerClient {
  const calls = Object.entries(client).map(([name, ask]) => {
    const method = brokerContract.broker[name as keyof BrokerClient];
    if (method.kind === 'stream') return [name, ask];
    const call = ask as (...input: unknown[]) => Promise<unknown>;
    return [name, (...input: unknown[]) => call(...input).catch((error: unknown) => asBrokerDown(id, error))];
  });
  return Object.fromEntries(calls) as BrokerClient;
}

export function createBrokerLink(options: BrokerLinkOptions): BrokerLink {
  const { boot, spawner, changed } = options;
  const status: BrokerStatus = {
    id: boot.brokerId,
    state: 'starting',
    pid: null,
    restarts: 0,
    message: 'It is starting.',
    file: path.basename(boot.file),
  };
  const shards = new Map<number, ShardState>();
  let appendP99Ms: number | null = null;
  let child: Child | null = null;
  let peer: Peer | null = null;
  let upClient: BrokerClient | null = null;
  let kafkaClient: KafkaListenerClient | null = null;
  let failures = 0;
  let startedAt = 0;
  let closing = false;
  /** Why the last start has failed, where it has. */
  let startFailure: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let exited: Promise<void> = Promise.resolve();

  function say(state: BrokerStatus['state'], message: string | null): void {
    status.state = state;
    status.message = message;
    changed();
  }

  /** One life of the process: until it is up, or the reason why it could not be. */
  async function launch(): Promise<void> {
    startedAt = Date.now();
    startFailure = null;
    const born = spawner.spawn('broker');
    child = born;
    status.pid = born.pid ?? null;
    let ended = false;
    const failed = new Promise<BootFailed>((resolve) => born.onMessage((message) => resolve(message as BootFailed)));
    const exit = new Promise<string>((resolve) => born.onExit(resolve));
    exited = exit.then((how) => {
      ended = true;
      onEnded(how);
    });
    const secret = randomBytes(32).toString('base64url');
    const connected = Promise.withResolvers<Port>();
    const listener = await listenLocal({ secret, onPort: connected.resolve });
    born.post({ ...boot, type: 'boot', address: listener.address, secret } satisfies BootMessage);
    const first = await Promise.race([connected.promise, failed, exit]).finally(() => listener.close());
    if (typeof first === 'string') throw new LabError('broker-down', `Broker ${boot.brokerId} ended while it started (${first}).`);
    if ('error' in first) throw deserializeError(first.error);
    const handlers = {
      get controller() {
        return options.controller();
      },
    };
    peer = createPeer(first, { serve: { contract: controllerContract, handlers } });
    kafkaClient = peer.client(kafkaContract).kafka;
    const client = callsOf(boot.brokerId, peer.client(brokerContract).broker);
    await options.cameUp(client);
    const held = await client.shards({});
    shards.clear();
    for (const shard of held) shards.set(shard.id, shard);
    if (ended) throw new LabError('broker-down', `Broker ${boot.brokerId} ended while it started.`);
    upClient = client;
    say('up', null);
    void follow(client);
  }

  async function follow(client: BrokerClient): Promise<void> {
    try {
      for await (const change of client.watch({})) {
        for (const shard of change.shards) shards.set(shard.id, shard);
        for (const id of change.deleted) shards.delete(id);
        appendP99Ms = change.appendP99Ms;
        changed();
      }
    } catch {
      // The connection is gone: the exit of the process says the rest.
    }
  }

  function onEnded(how: string): void {
    child = null;
    upClient = null;
    peer?.close();
    peer = null;
    status.pid = null;
    if (closing) return;
    failures = Date.now() - startedAt > RECOVERED_AFTER_MS ? 1 : failures + 1;
    const pauseMs = restartPauseMs(failures);
    const ended = `Broker ${boot.brokerId} ended (${how}). It is started again. What it had acknowledged is kept.`;
    // Of a start that has failed the reason is worth more than that the process was ended.
    say('down', startFailure ?? ended);
    timer = setTimeout(() => {
      status.restarts += 1;
      say('starting', 'It is starting again.');
      launch().catch((error: unknown) => {
        startFailure = toLabError(error).message;
        say('down', startFailure);
        child?.kill();
      });
    }, pauseMs);
  }

  return {
    id: boot.brokerId,
    boot,
    status,
    shards,
    get appendP99Ms() {
      return appendP99Ms;
    },
    client: () => upClient ?? notUp(boot.brokerId),
    kafka: () => (upClient && kafkaClient) ?? notUp(boot.brokerId),
    async start() {
      try {
        await launch();
      } catch (error) {
        closing = true;
        (child as Child | null)?.kill();
        throw error;
      }
    },
    learn(made) {
      for (const shard of made) if (!shards.has(shard.id)) shards.set(shard.id, shard);
    },
    forget(shardIds) {
      for (const id of shardIds) shards.delete(id);
      changed();
    },
    kill() {
      if (!child) throw new LabError('broker-down', `Broker ${boot.brokerId} is not running just now.`);
      child.kill();
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      const last = child;
      if (!last) return;
      last.post({ type: 'close' });
      const limit = setTimeout(() => last.kill(), CLOSE_MS);
      await exited;
      clearTimeout(limit);
    },
  };
}
