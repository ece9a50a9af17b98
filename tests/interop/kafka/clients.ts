/**
 * Clients of Kafka, each from its own makers: what they print when they produce to a lab, or read from it. Each is fetched by its own package
 * manager and kept in node_modules/.cache/interop.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type Program, requirePrograms } from '../peers.ts';
import { kept, run } from '../javaPeer.ts';
import { kafkaJs, platformatic } from './clientsOfNode.ts';
import { goFolder } from './goToolchain.ts';
import { runTool } from './library.ts';

/** Each client writes and reads with all of them. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

export interface Client {
  name: string;
  produce(address: string, topic: string, codec: string, values: readonly string[]): Promise<void>;
  /** The first so many values of all partitions, without a group. */
  read(address: string, topic: string, count: number, partitions: number): Promise<string[]>;
}

const RUN_MS = 90_000;

const kcatProgram: Program = { command: 'kcat', versionArgs: ['-V'], versionMin: 1, package: 'kcat', name: 'kcat' };
const python: Program = {
  command: 'python3',
  versionArgs: ['--version'],
  versionMin: 3,
  package: 'python3-venv',
  name: 'Python 3 with venv',
};

/** What a program prints to stdout. Throws what it printed to stderr where it fails. */
export async function output(command: string, args: readonly string[], input = '', cwd?: string): Promise<string> {
  const child = spawn(command, args, { timeout: RUN_MS, ...(cwd === undefined ? {} : { cwd }) });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // One that dies early leaves its input unread; its exit code and its stderr say why.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status === 0) return Buffer.concat(out).toString();
  throw new Error(`${path.basename(command)} ${args[0]} failed (${status}): ${Buffer.concat(err).toString().slice(0, 4_000)}`);
}

/** Throws where kcat is not to be had. */
export const requireKcat = (): void => requirePrograms([kcatProgram]);

export async function kcat(...args: readonly string[]): Promise<string> {
  requireKcat();
  return output('kcat', args);
}

export function confluent(...args: readonly string[]): Promise<string> {
  return output(pythonWithClient(), [path.join(import.meta.dirname, 'python/client.py'), ...args]);
}

export function franzGo(...args: readonly string[]): Promise<string> {
  return output(franzGoProgram(), args);
}

/** A Python that has confluent-kafka. */
export function pythonWithClient(): string {
  requirePrograms([python]);
  const folder = kept('confluent-kafka-2.12.2', [path.join(import.meta.dirname, 'python/requirements.txt')], (made) => {
    run('python3', ['-m', 'venv', made], 'No environment could be made for Python');
    run(
      path.join(made, 'bin/python'),
      ['-m', 'pip', 'install', '-q', '-r', path.join(import.meta.dirname, 'python/requirements.txt')],
      'pip could not fetch confluent-kafka',
    );
  });
  return path.join(folder, 'bin/python');
}

function franzGoProgram(): string {
  const source = path.join(import.meta.dirname, 'go');
  const files = ['go.mod', 'go.sum', 'main.go'].map((name) => path.join(source, name));
  const folder = kept('franz-go', files, (made) =>
    run(
      path.join(goFolder(), 'go'),
      ['build', '-C', source, '-o', path.join(made, 'client'), '.'],
      'The program that uses franz-go could not be built',
    ),
  );
  return path.join(folder, 'client');
}

const lines = (values: readonly string[]): string => `${values.join('\n')}\n`;
const values = (printed: string): string[] => printed.split('\n').filter((line) => line !== '');

const librdkafka: Client = {
  name: 'librdkafka (kcat)',
  async produce(address, topic, codec, sent) {
    requireKcat();
    await output('kcat', ['-b', address, '-P', '-t', topic, '-z', codec, '-X', 'linger.ms=50'], lines(sent));
  },
  async read(address, topic) {
    return values(await kcat('-b', address, '-C', '-q', '-e', '-t', topic, '-o', 'beginning'));
  },
};

const confluentPython: Client = {
  name: 'confluent-kafka (Python)',
  async produce(address, topic, codec, sent) {
    await output(pythonWithClient(), [path.join(import.meta.dirname, 'python/client.py'), 'produce', address, topic, codec], lines(sent));
  },
  async read(address, topic, count) {
    return values(await confluent('read', address, topic, String(count)));
  },
};

const java: Client = {
  name: 'the console tools (Java)',
  async produce(address, topic, codec, sent) {
    await runTool('ConsoleProducer', ['--bootstrap-server', address, '--topic', topic, '--compression-codec', codec], lines(sent));
  },
  async read(address, topic) {
    const server = ['--bootstrap-server', address, '--topic', topic];
    const read = [];
    // "topic:partition:end", a line each: the consumer ends when it has so many.
    for (const end of values(await runTool('GetOffsetShell', server))) {
      const [, partition, count] = end.split(':') as [string, string, string];
      const place = ['--partition', partition, '--offset', 'earliest', '--max-messages', count, '--timeout-ms', String(RUN_MS)];
      read.push(...values(await runTool('consumer.ConsoleConsumer', [...server, ...place])));
    }
    return read;
  },
};

const franz: Client = {
  name: 'franz-go',
  async produce(address, topic, codec, sent) {
    await output(franzGoProgram(), ['produce', address, topic, codec], lines(sent));
  },
  async read(address, topic, count) {
    return values(await franzGo('read', address, topic, String(count)));
  },
};

export const clients: readonly Client[] = [librdkafka, confluentPython, java, franz, kafkaJs, platformatic];
