/** A lab of its own for each test: `npm run serve` as users run it, over a workspace that goes away. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test as base } from 'playwright/test';
import { type LabClient, labContract } from '../../main/api/index.ts';
import { connectWebSocket } from '../../main/rpc/adapters/webSocket.ts';
import { createPeer } from '../../main/rpc/peer.ts';

export const root = path.join(import.meta.dirname, '../..');

export interface Lab {
  /** The page, token included. */
  url: string;
  pid: number;
  /** host:port of each broker, for Kafka's clients. */
  kafka: string[];
  workspace: string;
  /** Runs the loglab command against this lab. Throws where it fails; returns stdout. */
  loglab(args: string[], input?: string): string;
  /** Starts the loglab command against this lab, its stdin and stdout open. */
  startLoglab(args: string[]): ChildProcess;
  stop(): Promise<void>;
  /** As a power cut would; resolves when the process is gone, and its port free. */
  kill(): Promise<void>;
}

/** @param port 0 for any free one */
export async function startLab(workspace: string, port = 0): Promise<Lab> {
  const child = serve(['--workspace', workspace, '--port', String(port), '--kafka-port', '0']);
  child.stderr!.pipe(process.stderr);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  for await (const line of createInterface({ input: child.stdout! })) {
    const { url, pid, kafka } = JSON.parse(line.replace(/^ready /, '')) as Pick<Lab, 'url' | 'pid' | 'kafka'>;
    const command = (args: string[]): string[] => [path.join(root, 'dist/main/loglab.js'), ...args, '--url', url];
    return {
      url,
      pid,
      kafka,
      workspace,
      loglab: (args, input) =>
        execFileSync(process.execPath, command(args), { encoding: 'utf8', input: input ?? '', stdio: ['pipe', 'pipe', 'pipe'] }),
      startLoglab: (args) => spawn(process.execPath, command(args), { stdio: ['pipe', 'pipe', 'inherit'] }),
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    };
  }
  throw new Error('The lab ended before it was ready.');
}

export function serve(args: string[]): ChildProcess {
  return spawn(process.execPath, [path.join(root, 'dist/main/serve.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A program beside the page, over the same WebSocket; ends with the test. */
export async function connectTo(url: string): Promise<{ client: LabClient; close: () => void }> {
  const peer = createPeer(await connectWebSocket(url.replace('http:', 'ws:').replace('/?', '/rpc?')));
  return { client: peer.client(labContract), close: () => peer.close() };
}

export const test = base.extend<{ folder: string; lab: Lab; client: LabClient }>({
  // Playwright wants the first argument destructured.
  folder: async ({}, use) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lab-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  lab: async ({ folder }, use) => {
    const lab = await startLab(path.join(folder, 'Nile shop'));
    await use(lab);
    await lab.stop();
  },
  // The page goes before the lab does, so that the picture of a failure is not that of a lost connection.
  page: async ({ lab: _lab, page }, use) => use(page),
  client: async ({ lab }, use) => {
    const { client, close } = await connectTo(lab.url);
    await use(client);
    close();
  },
});

export { expect } from 'playwright/test';
