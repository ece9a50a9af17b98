/** The loglab command as a shell runs it: over a workspace, or against a lab that runs. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { expect } from 'vitest';
import { builtFolder } from '../openLab.ts';

export interface Outcome {
  code: number | null;
  out: string[];
  err: string[];
}

export interface Running extends ChildProcess {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  outcome: Promise<Outcome>;
}

export function start(args: string[]): Running {
  const child = spawn(process.execPath, [path.join(builtFolder, 'loglab.js'), ...args], { stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  // A command that fails before it has read everything closes its stdin.
  child.stdin.on('error', () => {});
  const lines = (text: string): string[] => text.split('\n').slice(0, -1);
  const outcome = once(child, 'close').then(([code]): Outcome => ({ code: code as number | null, out: lines(out), err: lines(err) }));
  return Object.assign(child, { outcome });
}

export function run(args: string[], input: string | Uint8Array = ''): Promise<Outcome> {
  const child = start(args);
  child.stdin.end(input);
  return child.outcome;
}

/** What a command printed that went well; objects stand for their JSON. */
export const done = (out: unknown[]): Outcome => ({
  code: 0,
  out: out.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
  err: [],
});

/** A failure: exactly one line on stderr. */
export const failed = (line: string | RegExp): unknown => ({
  code: 1,
  out: [],
  err: [typeof line === 'string' ? line : expect.stringMatching(line)],
});

/** The engine of a lab that {@link serve} runs: the one process that it started. */
export const enginePid = (servePid: number): number =>
  Number(execFileSync('ps', ['-o', 'pid=', '--ppid', String(servePid)], { encoding: 'utf8' }).trim());

/** `npm run serve` over a workspace. */
export async function serve(workspace: string): Promise<{ url: string; pid: number; stop: () => Promise<void> }> {
  const child = spawn(
    process.execPath,
    [path.join(builtFolder, 'serve.js'), '--workspace', workspace, '--port', '0', '--kafka-port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, pid } = JSON.parse(line.replace(/^ready /, '')) as { url: string; pid: number };
    return {
      url,
      pid,
      async stop() {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error('The lab ended before it was ready.');
}
