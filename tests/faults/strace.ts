/**
 * What a process does to its files and sockets, in the order in which it does it, as strace tells. It must be strace: what reaches the disk
 * is decided by the system calls, and SQLite says nothing of them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { requirePrograms } from '../interop/peers.ts';
import type { Child, Spawner } from '../../main/processes/spawner.ts';

const CALLS = ['pwrite64', 'pwritev', 'write', 'writev', 'sendmsg', 'sendto', 'fsync', 'fdatasync', 'ftruncate', 'lseek', 'unlink'];
/** Most bytes of one call that are recorded: a page of the log, a whole acknowledgement. */
const DATA_BYTES_MAX = 128 * 1024;

export type Step =
  | { does: 'write'; file: string; at: number; bytes: Buffer }
  | { does: 'truncate'; file: string; size: number }
  /** Of what was written before `begun`, the place of a step: another thread may have written while it ran. */
  | { does: 'sync'; file: string; begun: number }
  /** Bytes that go to a socket or a pipe. */
  | { does: 'send'; bytes: Buffer };

export function requireStrace(): void {
  requirePrograms([{ command: 'strace', versionArgs: ['-V'], versionMin: 5, package: 'strace', name: 'strace, version 5 or later' }]);
}

/** Starts the built programs as the lab does, each under strace; `options`: more of its own. */
export function createTracingSpawner(builtFolder: string, traceFile: string, options: readonly string[] = []): Spawner {
  return {
    spawn(entry) {
      const strace = [
        '-f',
        '-y',
        '-xx',
        '-s',
        String(DATA_BYTES_MAX),
        '-e',
        `trace=${CALLS.join(',')}`,
        '-e',
        'signal=none',
        '-o',
        traceFile,
        ...options,
      ];
      const child = spawn('strace', [...strace, process.execPath, path.join(builtFolder, `${entry}.js`)], {
        stdio: ['ignore', 2, 2, 'ipc'],
        serialization: 'advanced',
        env: { ...process.env, LOGLAB_PROCESS: entry },
      });
      return asChild(child);
    },
  };
}

function asChild(child: ChildProcess): Child {
  child.on('error', () => {});
  return {
    get pid() {
      return child.pid;
    },
    post(message) {
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage: (receive) => void child.on('message', receive),
    onExit: (exited) => void child.once('exit', (code, signal) => exited(signal ? `signal ${signal}` : `exit code ${code}`)),
    // strace ends what it traces on SIGTERM; killed itself, it would let go of it.
    kill: () => void child.kill('SIGTERM'),
  };
}

function unescape(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

const allData = (args: string): Buffer => Buffer.concat([...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text]) => unescape(text!)));

/**
 * Reads a trace. A call counts when it has returned, and only where it has succeeded; a broker's file is written by one thread, and
 * its answers are sent by another, after it has heard of the commit.
 */
export function readTrace(traceFile: string): Step[] {
  if (!existsSync(traceFile)) throw new Error('strace has recorded nothing.');
  const steps: Step[] = [];
  /** First halves of calls that another thread has come in between of, by thread. */
  const begun = new Map<string, { text: string; at: number }>();
  /** Where a write without a place goes, by file. */
  const positions = new Map<string, number>();
  for (const line of readFileSync(traceFile, 'latin1').split('\n')) {
    const [, thread, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (!thread || !rest) continue;
    let text = rest;
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, { text: text.slice(0, -'<unfinished ...>'.length).trimEnd(), at: steps.length });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    const first = resumed ? begun.get(thread) : undefined;
    if (resumed) text = (first?.text ?? '') + resumed[1]!;
    const [, call, target, args, result] = /^(\w+)\((?:\d+<([^>]*(?:->[^>]*)?)>)?(.*)\)\s+=\s+(-?\d+)/.exec(text) ?? [];
    if (!call || target === undefined || Number(result) < 0) continue;
    const isFile = target.startsWith('\\x2f') || target.startsWith('/');
    const file = target.includes('\\x') ? unescape(target.replace(/\s.*$/, '')).toString() : target;
    if (call === 'fsync' || call === 'fdatasync') steps.push({ does: 'sync', file, begun: first?.at ?? steps.length });
    else if (call === 'ftruncate') steps.push({ does: 'truncate', file, size: Number(/,\s*(\d+)/.exec(args!)![1]) });
    else if (call === 'lseek') positions.set(file, Number(result));
    else if (call === 'pwrite64') {
      const at = Number(/,\s*(\d+)$/.exec(args!)![1]);
      steps.push({ does: 'write', file, at, bytes: allData(args!).subarray(0, Number(result)) });
    } else if (isFile && !/^\/(dev|proc)\b/.test(file)) {
      const at = positions.get(file) ?? 0;
      const bytes = allData(args!);
      steps.push({ does: 'write', file, at, bytes });
      positions.set(file, at + bytes.length);
    } else steps.push({ does: 'send', bytes: allData(args!) });
  }
  return steps;
}
