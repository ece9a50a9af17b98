/**
 * A real Apache Kafka: one node that is broker and controller, as its own quick start sets it up, on free ports, over a folder that goes away.
 * Its memory and its collector are those of its own start script.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchedLibrary, run } from '../javaPeer.ts';

export interface ApacheKafka {
  /** host:port */
  address: string;
  pid: number;
  /** When its process was spawned, by performance.now(). Its folder was formatted before. */
  spawnedAt: number;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export interface ApacheKafkaOptions {
  /** Of server.properties, beside those that say where it listens and where its files are. */
  settings?: Record<string, string>;
}

/** Longest time until it accepts connections, milliseconds: a busy machine takes tens of seconds. */
const START_MS_MAX = 180_000;
/** How often it is tried meanwhile, milliseconds. */
const LOOK_MS = 20;
/** 16 bytes in base64, as Kafka wants it; it knows no other cluster. */
const CLUSTER_ID = 'bG9nbGFiLWludGVyb3AuLg';
const JVM = ['-Xms1G', '-Xmx1G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'];

export async function startApacheKafka({ settings = {} }: ApacheKafkaOptions = {}): Promise<ApacheKafka> {
  const peer = { title: 'Apache Kafka', name: 'kafka-server', folder: path.join(import.meta.dirname, 'server') };
  const jars = path.join(fetchedLibrary(peer), '*');
  const folder = mkdtempSync(path.join(tmpdir(), 'apache-kafka-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const [port, controllerPort] = await freePorts(2);
    const file = path.join(folder, 'server.properties');
    const address = `127.0.0.1:${port}`;
    writeFileSync(file, properties({ ...own(folder, address, controllerPort!), ...settings }));
    const format = ['format', '--cluster-id', CLUSTER_ID, '--config', file];
    run('java', ['-cp', jars, 'kafka.tools.StorageTool', ...format], 'Apache Kafka could not format its folder');
    const spawnedAt = performance.now();
    const child = spawn('java', [...JVM, '-cp', jars, 'kafka.Kafka', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    for (const out of [child.stdout, child.stderr]) out.on('data', (piece: Buffer) => (printed = `${printed}${piece}`.slice(-8_000)));
    const ended = new Promise<void>((resolve) => child.on('error', () => resolve()).on('exit', () => resolve()));
    let isEnded = false;
    void ended.then(() => (isEnded = true));
    async function stop(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
      remove();
    }
    while (!(await accepts(port!))) {
      if (isEnded || performance.now() - spawnedAt > START_MS_MAX) {
        await stop();
        throw new Error(`Apache Kafka did not start: ${printed}`);
      }
      await sleep(LOOK_MS);
    }
    return { address, pid: child.pid!, spawnedAt, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

const own = (folder: string, address: string, controllerPort: number): Record<string, string> => ({
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  listeners: `PLAINTEXT://${address},CONTROLLER://127.0.0.1:${controllerPort}`,
  'log.dirs': path.join(folder, 'logs'),
  // One node has no other to hold a copy.
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
});

const properties = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

/** Ports that nobody has just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
