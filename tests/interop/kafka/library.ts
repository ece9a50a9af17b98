/**
 * Kafka's own Java library, and the few classes of ours that ask it (java/). The library comes through Maven, the classes through
 * javac; both are kept in node_modules/.cache/interop under a name that changes with what they were made from.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Program, requirePrograms } from '../peers.ts';

export type Command = 'hash' | 'read' | 'read-files' | 'build' | 'messages';

const cache = path.join(import.meta.dirname, '../../../node_modules/.cache/interop');
const pom = path.join(import.meta.dirname, 'pom.xml');
const sourceFolder = path.join(import.meta.dirname, 'java');
const sources = readdirSync(sourceFolder).map((name) => path.join(sourceFolder, name));

const FETCH_MS = 10 * 60_000;

const jdk: Program = {
  command: 'javac',
  versionArgs: ['-version'],
  versionMin: 17,
  package: 'openjdk-17-jdk-headless',
  name: 'a JDK, version 17 or later',
};
const maven: Program = { command: 'mvn', versionArgs: ['-B', '-v'], versionMin: 3, package: 'maven', name: 'Maven 3 or later' };

let classPath: string | undefined;

/**
 * What one run of java/Peer.java answers, line by line; lines.ts says what they mean. Throws what it printed where it fails, and why
 * there is no library where Java or Maven is missing, where it can not be fetched or where our classes do not compile against it.
 */
export async function askKafka(command: Command, args: readonly string[], input: Buffer | string): Promise<string[]> {
  classPath ??= madeClassPath();
  return java(classPath, [command, ...args], input);
}

/** What one of Kafka's console tools prints to stdout, named by its class ("TopicCommand"). Throws what it printed where it fails. */
export async function runTool(name: string, args: readonly string[], input = ''): Promise<string> {
  classPath ??= madeClassPath();
  return runJava([...memory, '-cp', classPath, `org.apache.kafka.tools.${name}`, ...args], input, name);
}

function madeClassPath(): string {
  requirePrograms([jdk]);
  const library = kept('kafka-library', [pom], (folder) => {
    requirePrograms([maven]);
    run(
      'mvn',
      ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`],
      'Maven could not fetch Kafka’s library',
    );
  });
  const jars = path.join(library, '*');
  const classes = kept('kafka-classes', [pom, ...sources], (folder) => {
    run('javac', ['--release', '17', '-cp', jars, '-d', folder, ...sources], 'The classes that ask Kafka’s library do not compile');
  });
  return [classes, jars].join(path.delimiter);
}

/** The folder that `make` has filled, now or in an earlier run; it appears whole or not at all, whoever runs beside us. */
export function kept(name: string, from: readonly string[], make: (folder: string) => void): string {
  const hash = createHash('sha256');
  for (const file of from) hash.update(path.basename(file)).update(readFileSync(file));
  const folder = path.join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(path.join(cache, 'unfinished-'));
  try {
    make(unfinished);
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

export function run(command: string, args: readonly string[], failure: string): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: FETCH_MS });
  if (status === 0) return;
  const reason = error?.message ?? `${stdout}${stderr}`.trim().split('\n').slice(0, 10).join('\n');
  throw new Error(`${failure}: ${reason}`);
}

const memory = ['-Xmx1g', '-XX:+UseSerialGC'];

async function java(classPath: string, args: readonly string[], input: Buffer | string): Promise<string[]> {
  return (await runJava([...memory, '-cp', classPath, 'Peer', ...args], input, args[0]!)).split('\n').slice(0, -1);
}

async function runJava(args: readonly string[], input: Buffer | string, name: string): Promise<string> {
  const child = spawn('java', args);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A peer that dies early leaves its input unread; its exit code and its stderr say why.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0)
    throw new Error(
      `Kafka’s library failed at “${name}” (${status}): ${Buffer.concat([...out, ...err])
        .toString()
        .slice(0, 4000)}`,
    );
  return Buffer.concat(out).toString('latin1');
}
