/**
 * Peers in Java: a library that comes through Maven, and the few classes of ours that ask it. Both are kept in node_modules/.cache/interop
 * under a name that changes with what they were made from.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Program, requirePrograms } from './peers.ts';

export interface JavaPeer {
  /** For people: "Kafka’s library". */
  title: string;
  /** Short, for its folders in the cache. */
  name: string;
  /** Has pom.xml, and where the library is asked through classes of ours java/ with them; Peer is the one that is run. */
  folder: string;
}

const cache = path.join(import.meta.dirname, '../../node_modules/.cache/interop');

const FETCH_MS = 10 * 60_000;

const jdk: Program = {
  command: 'javac',
  versionArgs: ['-version'],
  versionMin: 17,
  package: 'openjdk-17-jdk-headless',
  name: 'a JDK, version 17 or later',
};
const maven: Program = { command: 'mvn', versionArgs: ['-B', '-v'], versionMin: 3, package: 'maven', name: 'Maven 3 or later' };

/**
 * What one run of its Peer answers, line by line. Throws what it printed where it fails, and why there is no library where Java or Maven is
 * missing, where it can not be fetched or where our classes do not compile against it.
 */
export type Ask = (args: readonly string[], input: Buffer | string) => Promise<string[]>;

/** What one of the library's own programs prints, named by its class. Throws what it printed where it fails. */
export type RunProgram = (className: string, args: readonly string[], input?: string) => Promise<string>;

export function javaPeer(peer: JavaPeer): { ask: Ask; runProgram: RunProgram } {
  let made: string | undefined;
  const classPath = (): string => (made ??= madeClassPath(peer));
  return {
    ask: async (args, input) => (await java(peer, [classPath(), 'Peer', ...args], input, args[0]!)).split('\n').slice(0, -1),
    runProgram: (className, args, input = '') => java(peer, [classPath(), className, ...args], input, className),
  };
}

/** The folder of a peer's jars: fetched now, or in an earlier run. Throws why there are none. */
export function fetchedLibrary({ title, name, folder }: JavaPeer): string {
  requirePrograms([jdk]);
  const pom = path.join(folder, 'pom.xml');
  return kept(`${name}-library`, [pom], (into) => {
    requirePrograms([maven]);
    run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${into}`], `Maven could not fetch ${title}`);
  });
}

function madeClassPath(peer: JavaPeer): string {
  const { title, name, folder } = peer;
  const jars = path.join(fetchedLibrary(peer), '*');
  const sources = readdirSync(path.join(folder, 'java')).map((file) => path.join(folder, 'java', file));
  const classes = kept(`${name}-classes`, [path.join(folder, 'pom.xml'), ...sources], (into) => {
    run(
      'javac',
      ['--release', '17', '-encoding', 'UTF-8', '-cp', jars, '-d', into, ...sources],
      `The classes that ask ${title} do not compile`,
    );
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

async function java({ title }: JavaPeer, args: readonly string[], input: Buffer | string, what: string): Promise<string> {
  // Texts are UTF-8 whatever the machine's own encoding is; Java 17 goes by that.
  const encoding = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', '-Dsun.jnu.encoding=UTF-8'];
  const child = spawn('java', ['-Xmx1g', '-XX:+UseSerialGC', ...encoding, '-cp', ...args]);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A peer that dies early leaves its input unread; its exit code and what it printed say why.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const printed = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('utf8');
  if (status !== 0) throw new Error(`${title} failed at “${what}” (${status}): ${printed([...out, ...err]).slice(0, 4000)}`);
  return printed(out);
}
