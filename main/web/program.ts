/** A web host as a program of its own: what it says, and how it ends. Shared by `npm run serve` and by `npm start` without a window. */
import type { EngineState } from '../processes/engineSupervisor.ts';
import { createNodeSpawner } from '../processes/nodeSpawner.ts';
import { LabError, toLabError } from '../api/errors.ts';
import { tellOfRunningLab } from '../workspace/runningLab.ts';
import { startWebHost, type WebHost } from './host.ts';
import { layoutFrom } from './layout.ts';
import type { ServeOptions } from './options.ts';

/**
 * Serves until SIGINT or SIGTERM, then closes cleanly and exits with 0. Where the lab can not start or go on: one line on stderr, exit 1.
 * @param ready called once all accept
 */
export async function runWebHost(options: ServeOptions, builtFolder: string, ready: (host: WebHost) => void): Promise<void> {
  const closing = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => closing.abort());
  const hasGivenUp = Promise.withResolvers<string>();
  let isUp = false;
  const onEngineState = ({ state, message }: EngineState) => {
    if (state === 'down') say(`${message} It is started again.`);
    if (state === 'failed' && isUp) hasGivenUp.resolve(message ?? '');
  };
  try {
    const host = await start(options, builtFolder, closing.signal, onEngineState);
    isUp = true;
    const takeBack = tellOfRunningLab(host.workspace.path, { url: host.url, pid: host.pid });
    ready(host);
    const failure = await Promise.race([hasGivenUp.promise, aborted(closing.signal)]);
    takeBack();
    await host.close();
    if (failure) throw new LabError('internal', failure);
  } catch (error) {
    if (!closing.signal.aborted) {
      say(toLabError(error).message);
      process.exit(1);
    }
  }
  process.exit(0);
}

function start(
  options: ServeOptions,
  builtFolder: string,
  signal: AbortSignal,
  onEngineState: (state: EngineState) => void,
): Promise<WebHost> {
  const { pageFolder, resourcesFolder, version, command } = layoutFrom(builtFolder);
  return startWebHost({
    port: options.port,
    pageFolder,
    boot: {
      workspace: options.workspace,
      durability: options.durability,
      brokers: options.brokers,
      kafkaPort: options.kafkaPort,
      resources: resourcesFolder,
      version,
      command,
      program: 'serve',
      builtFolder,
    },
    spawner: createNodeSpawner(builtFolder),
    onEngineState,
    signal,
  });
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
