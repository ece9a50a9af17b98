/** A lab of its own for each test: `npm run serve` as users run it, over a workspace that goes away. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test as base } from 'playwright/test';

export const root = path.join(import.meta.dirname, '../..');

export interface Lab {
  /** The page, token included. */
  url: string;
  pid: number;
  workspace: string;
  /** Runs the loglab command against this lab. Throws where it fails; returns stdout. */
  loglab(args: string[], input?: string): string;
  stop(): Promise<void>;
}

export async function startLab(workspace: string): Promise<Lab> {
  const child: ChildProcess = spawn(process.execPath, [path.join(root, 'dist/main/serve.js'), '--workspace', workspace], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const { url, pid } = JSON.parse(line.replace(/^ready /, '')) as { url: string; pid: number };
    return {
      url,
      pid,
      workspace,
      loglab: (args, input) =>
        execFileSync(process.execPath, [path.join(root, 'dist/main/loglab.js'), ...args, '--url', url], { encoding: 'utf8', input: input ?? '' }),
      async stop() {
        if (child.exitCode !== null) return;
        child.kill('SIGTERM');
        await new Promise((resolve) => child.once('exit', resolve));
      },
    };
  }
  throw new Error('The lab ended before it was ready.');
}

export const test = base.extend<{ lab: Lab }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright wants the first argument destructured.
  lab: async ({}, use) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lab-e2e-'));
    const lab = await startLab(path.join(folder, 'Nile shop'));
    await use(lab);
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  },
});

export { expect } from 'playwright/test';
