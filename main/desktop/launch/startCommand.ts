/**
 * `npm start`: opens the desktop app. Where that is not possible (no display, no Electron after one try to download it, Electron ends
 * before its window shows) one line says why, and the same lab is served to the browser. `--no-sandbox` is never passed to Electron.
 */
import path from 'node:path';
import { defaultWorkspace } from '../../workspace/defaultFolder.ts';
import { parseStart, type StartOptions, UsageError } from '../../web/options.ts';
import { runWebHost } from '../../web/program.ts';
import { openInBrowser } from './browser.ts';
import { hasDisplay } from './display.ts';
import { obtainElectron } from './electronBinary.ts';
import { openWindow } from './electronWindow.ts';

const usage = `Usage: npm start -- [--workspace DIR] [--port N]

  --workspace DIR  the folder that holds the lab; made where it does not exist (default: “My lab” in your application data)
  --port N         where the lab opens in a browser: the page's port on 127.0.0.1 (default: 4646, or the next free one)
`;

export async function startCommand(args: string[], builtFolder: string): Promise<void> {
  const options = parsed(args);
  const closing = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => closing.abort());

  const reason = await openDesktop(options, path.resolve(builtFolder, '../..'), closing.signal);
  if (closing.signal.aborted) process.exit(0);
  process.stdout.write(`The lab’s own window can not open: ${reason}\n`);
  const workspace = options.workspace ?? defaultWorkspace();
  await runWebHost({ ...options, workspace, brokers: null, durability: null, kafkaPort: null }, builtFolder, ({ url }) => {
    process.stdout.write(`Open ${url} in a browser. Ctrl-C closes the lab.\n`);
    if (hasDisplay()) openInBrowser(url);
  });
}

/** Resolves with the reason where there is no window. Where there was one, the process ends with it. */
async function openDesktop({ workspace }: StartOptions, root: string, signal: AbortSignal): Promise<string> {
  if (!hasDisplay()) return 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).';
  const electron = await obtainElectron(root, signal);
  if ('missing' in electron) return electron.missing;
  const window = await openWindow(electron.file, workspace ? [root, '--workspace', workspace] : [root], signal);
  if ('reason' in window) return window.reason;
  if (window.isElsewhere) process.stdout.write('The lab is open already: its window came to the front.\n');
  process.exit(await window.exitCode);
}

function parsed(args: string[]): StartOptions {
  try {
    return parseStart(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
