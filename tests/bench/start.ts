/** From the command to the ready line, and what all processes hold in memory when nothing happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './bench.ts';
import { median, root, withFolder } from './lab.ts';

const STARTS = 5;
/** How long the lab is left alone before its memory is read, milliseconds. */
const IDLE_MS = 5_000;

export interface Served {
  url: string;
  pid: number;
  child: ChildProcess;
  readyMs: number;
  stop(): Promise<void>;
}

export async function serve(workspace: string): Promise<Served> {
  const began = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist/main/serve.js'), '--workspace', workspace], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, pid } = JSON.parse(line.replace(/^ready /, '')) as { url: string; pid: number };
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    };
    return { url, pid, child, readyMs: performance.now() - began, stop };
  }
  throw new Error('The lab ended before it was ready.');
}

export async function start(): Promise<Figure[]> {
  return withFolder(async (folder) => {
    const times: number[] = [];
    let bytes = 0;
    for (let index = 0; index < STARTS; index++) {
      const served = await serve(path.join(folder, 'workspace'));
      times.push(served.readyMs);
      if (index === STARTS - 1) {
        await sleep(IDLE_MS);
        bytes = sum(family(served.pid).map(residentBytes));
      }
      await served.stop();
    }
    const [ready, memory] = [median(times), bytes / 1e6];
    return [
      { what: 'serve: from the command to ready', value: ready, unit: 'ms', wanted: 'under 1000 ms', isMet: ready < 1000 },
      { what: 'memory of all processes, idle', value: memory, unit: 'MB', wanted: 'under 250 MB', isMet: memory < 250 },
    ];
  });
}

/** The process and all below it, from /proc. */
function family(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      return stat ? [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }] : [];
    });
  const below = (of: number): number[] => [of, ...parents.filter((each) => each.parent === of).flatMap((each) => below(each.pid))];
  return below(pid);
}

/** Proportional set size: pages that processes share are counted once. */
function residentBytes(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
