/** Opens an address in the user's browser, where that is possible; the address was printed, so that nothing is said where it is not. */
import { spawn } from 'node:child_process';

export function openInBrowser(url: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command!, [...args, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  // Not `start`, which is cmd.exe's and would read the address as a command line.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};
