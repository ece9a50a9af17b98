/** A lab as `npm run serve` runs it, and kill -9 of its processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, vi } from 'vitest';
import { builtFolder } from '../unit/openLab.ts';
import { killHard, processesOf, running } from './processTree.ts';
import type { Random } from './random.ts';

/** How long a child may live on once who started it was killed, milliseconds. */
const ORPHANED_MS_MAX = 60_000;

/** `both` are the engine and all brokers; of several brokers `broker` is any one. */
export type Target = 'broker' | 'engine' | 'both' | 'processor' | 'serving';

export interface Serving {
  child: ChildProcess;
  url: string;
  /** Where each broker listens for Kafka's clients, "host:port". */
  kafka: string[];
}

export async function serve(workspace: string, brokers: number): Promise<Serving> {
  const args = ['--workspace', workspace, '--port', '0', '--kafka-port', '0', '--brokers', String(brokers), '--durability', 'safe'];
  const child = spawn(process.execPath, [path.join(builtFolder, 'serve.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, kafka } = JSON.parse(line.replace(/^ready /, '')) as Omit<Serving, 'child'>;
    return { child, url, kafka };
  }
  throw new Error('The lab ended before it was ready.');
}

/** Kills what is named, as far as it runs just now. Answers how many processes that were. */
export async function kill(target: Target, { child }: Serving, random: Random): Promise<number> {
  const { engine, brokers, processors } = processesOf(child.pid!);
  if (target === 'broker') return killHard(brokers.length > 0 ? random.pick(brokers) : undefined) ? 1 : 0;
  if (target === 'processor') return killHard(processors.length > 0 ? random.pick(processors) : undefined) ? 1 : 0;
  if (target === 'engine') return killHard(engine) ? 1 : 0;
  if (target === 'both') {
    const order = random.chance(0.5) ? [engine, ...brokers] : [...brokers, engine];
    return order.filter(killHard).length;
  }
  const ended = once(child, 'exit');
  const below = [engine ?? [], brokers, processors].flat();
  killHard(child.pid);
  await ended;
  await vi.waitFor(() => expect(running(below), 'children that have outlived the serving process').toEqual([]), {
    timeout: ORPHANED_MS_MAX,
    interval: 50,
  });
  return 1;
}
