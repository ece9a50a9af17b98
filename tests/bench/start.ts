/** From the command to the ready line, and what all processes hold in memory when nothing happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from './bench.ts';
import { median, root, withFolder } from './lab.ts';
import { family, memoryOf } from './memory.ts';

const STARTS = 5;
/** How long the lab is left alone before its memory is read, milliseconds. */
const IDLE_MS = 5_000;

export interface Served {
  url: string;
  pid: number;
  /** host:port of each broker, for Kafka's clients. */
  kafka: string[];
  child: ChildProcess;
  readyMs: number;
  stop(): Promise<void>;
}

/** `more`: arguments beside the workspace. */
export async function serve(workspace: string, ...more: string[]): Promise<Served> {
  const began = performance.now();
  const child = spawn(process.execPath, [path.join(root, 'dist/main/serve.js'), '--workspace', workspace, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, pid, kafka } = JSON.parse(line.replace(/^ready /, '')) as Pick<Served, 'url' | 'pid' | 'kafka'>;
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    };
    return { url, pid, kafka, child, readyMs: performance.now() - began, stop };
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
        bytes = memoryOf(family(served.pid));
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
