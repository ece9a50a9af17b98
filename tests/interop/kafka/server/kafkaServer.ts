/** A broker of Apache Kafka, a single one that is its own controller (KRaft), started as a process of its own on ports that are free. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchedLibrary } from '../../javaPeer.ts';

/** From its start until it takes connections, milliseconds. */
const READY_MS_MAX = 120_000;
/** Between the looks whether it does, milliseconds. */
const LOOK_INTERVAL_MS = 20;
/** Starts, where another program has taken a port between the choice of it and its use. */
const STARTS_MAX = 3;
/** Characters that are kept of what it says, the newest. */
const SAID_CHARS_MAX = 8_000;

/** Small, and soon there. */
const JVM_OF_TESTS = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
/** Memory and collector as its own start script sets them. */
export const JVM_OF_KAFKA = [
  '-Xms1G',
  '-Xmx1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
];

type Settings = Readonly<Record<string, string | number | bigint>>;

export interface KafkaServer {
  /** host:port */
  address: string;
  pid: number;
  /** When its process was started, by performance.now(); its folder was made before. */
  spawnedAt: number;
  /** Ends it, and removes what it has written. */
  close(): Promise<void>;
}

/** With `settings` beside what it needs to run at all. Throws what it said where it does not start. */
export async function startKafkaServer(settings: Settings, jvm: readonly string[] = JVM_OF_TESTS): Promise<KafkaServer> {
  const jars = path.join(fetchedLibrary({ title: 'Kafka’s broker', name: 'kafka-server', folder: import.meta.dirname }), '*');
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce([...jvm, '-cp', jars], settings);
    } catch (error) {
      if (tries === STARTS_MAX || !/Address already in use/.test((error as Error).message)) throw error;
    }
  }
}

async function startOnce(javaArgs: readonly string[], settings: Settings): Promise<KafkaServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kafka-server-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const [port, controllerPort] = await freePorts();
    const file = path.join(folder, 'server.properties');
    writeFileSync(file, propertiesOf({ folder, port: port!, controllerPort: controllerPort! }, settings));
    await formatted(javaArgs, file);
    const spawnedAt = performance.now();
    const { child, said } = java([...javaArgs, 'kafka.Kafka', file]);
    await ready(child, port!, said);
    return {
      address: `127.0.0.1:${port}`,
      pid: child.pid!,
      spawnedAt,
      async close() {
        const ended = once(child, 'exit');
        if (child.exitCode === null && child.kill('SIGKILL')) await ended;
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function propertiesOf(
  { folder, port, controllerPort }: { folder: string; port: number; controllerPort: number },
  settings: Settings,
): string {
  const all = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': path.join(folder, 'log'),
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function formatted(javaArgs: readonly string[], file: string): Promise<void> {
  const clusterId = Buffer.from('a cluster for us').toString('base64url');
  const { child, said } = java([...javaArgs, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file]);
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`Kafka’s broker could not make its folder (${status}): ${said()}`);
}

function java(args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (piece: Buffer): void => void (said = `${said}${piece.toString()}`.slice(-SAID_CHARS_MAX));
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return { child, said: () => said };
}

async function ready(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const until = performance.now() + READY_MS_MAX;
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`Kafka’s broker has ended (${child.exitCode}): ${said()}`);
    if (performance.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`Kafka’s broker takes no connections after ${READY_MS_MAX} ms: ${said()}`);
    }
    await sleep(LOOK_INTERVAL_MS);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Two, taken at the same time so that they differ. */
async function freePorts(): Promise<number[]> {
  const servers = [createServer(), createServer()];
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
