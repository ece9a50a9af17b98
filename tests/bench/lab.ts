/** What the benches share: a workspace that goes away, an engine over it, medians. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Durability } from '../../main/log/index.ts';
import { createEngine, type Engine } from '../../main/engine.ts';
import { createNodeSpawner } from '../../main/processes/nodeSpawner.ts';

export const root = path.join(import.meta.dirname, '../..');

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function openEngine(workspace: string, durability: Durability = 'safe'): Promise<Engine> {
  return createEngine({
    workspace,
    program: 'a bench',
    pid: process.pid,
    durability,
    brokers: null,
    resources: path.join(root, 'resources'),
    version: 'bench',
    command: 'loglab',
    spawner: createNodeSpawner(path.join(root, 'dist/main')),
    runsProcessors: true,
    kafka: null,
    now: Date.now,
    random: Math.random,
  });
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const { signal } = new AbortController();
/** The context of a call whose caller stays and waits. */
export const never = { signal, caller: signal };

/** A processor that emits each event as it came. */
export const PASS_THROUGH = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['in'],
  outputs: ['out'],
  onEvent(event, ctx) {
    ctx.emit('out', { value: event.value });
  },
});
`;
