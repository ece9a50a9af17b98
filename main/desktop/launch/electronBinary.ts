/**
 * Finds Electron's binary, or downloads it once with Electron's own install script (node_modules/electron/install.js), which takes a
 * mirror and a cache from the environment like every use of Electron does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A download that brings nothing new for this time is given up, milliseconds. */
export const DOWNLOAD_STALL_MS_MAX = 20_000;
/** How often is looked whether something came, milliseconds. */
const PROGRESS_POLL_MS = 500;
/** How much of what the install script prints is kept to find its error in, characters. */
const OUTPUT_CHARACTERS_MAX = 16_384;

/** `missing`: the end of a sentence, why there is none. */
export type ElectronBinary = { file: string } | { missing: string };

/** @param root the folder that has node_modules */
export async function obtainElectron(root: string, signal: AbortSignal): Promise<ElectronBinary> {
  const overridden = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (overridden) {
    const file = path.join(overridden, executableName());
    return existsSync(file) ? { file } : { missing: `ELECTRON_OVERRIDE_DIST_PATH names a folder without Electron (there is no ${file}).` };
  }
  const packageFolder = electronPackage(root);
  if (!packageFolder) return { missing: 'the package “electron” is not installed.' };
  const dist = path.join(packageFolder, 'dist');
  const file = path.join(dist, executableName());
  if (existsSync(file)) return { file };
  const failure = await download(packageFolder, dist, signal);
  if (failure) return { missing: `Electron could not be downloaded: ${failure}` };
  return existsSync(file) ? { file } : { missing: 'Electron was downloaded, but its binary is not in the download.' };
}

/** As in Electron's install.js. */
function executableName(): string {
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

function electronPackage(root: string): string | null {
  try {
    return path.dirname(createRequire(path.join(root, 'package.json')).resolve('electron/package.json'));
  } catch {
    return null;
  }
}

/** Resolves with why it failed, or null. Progress is what arrives on disk: the archive in a temporary folder, then what is unpacked. */
async function download(packageFolder: string, dist: string, signal: AbortSignal): Promise<string | null> {
  process.stderr.write('Downloading Electron…\n');
  const temporary = mkdtempSync(path.join(tmpdir(), 'loglab-electron-'));
  const env = { ...process.env, TMPDIR: temporary, TMP: temporary, TEMP: temporary, ELECTRON_GET_NO_PROGRESS: '1' };
  const child = spawn(process.execPath, [path.join(packageFolder, 'install.js')], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(0, OUTPUT_CHARACTERS_MAX)));
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const stall = watchForStall(() => bytesBelow(temporary) + bytesBelow(dist), kill);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (stall.hasStalled()) return `nothing came for ${DOWNLOAD_STALL_MS_MAX / 1000} seconds.`;
    return code === 0 ? null : errorIn(output);
  } catch (error) {
    return (error as Error).message;
  } finally {
    stall.stop();
    signal.removeEventListener('abort', kill);
    rmSync(temporary, { recursive: true, force: true });
  }
}

function watchForStall(measure: () => number, stalled: () => void) {
  let bytes = measure();
  let sinceMs = performance.now();
  let hasStalled = false;
  const timer = setInterval(() => {
    const now = measure();
    if (now !== bytes) {
      bytes = now;
      sinceMs = performance.now();
    } else if (performance.now() - sinceMs >= DOWNLOAD_STALL_MS_MAX) {
      hasStalled = true;
      stalled();
    }
  }, PROGRESS_POLL_MS);
  return { hasStalled: () => hasStalled, stop: () => clearInterval(timer) };
}

function bytesBelow(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0);
  } catch {
    // It is not there yet, or its content moved while it was read.
    return 0;
  }
}

/** The sentence of the error in what the install script printed. */
function errorIn(output: string): string {
  const message = /^(?:\w*Error|Error \[\w+\]): (.+)$/m.exec(output)?.[1] ?? output.trim().split('\n').at(-1);
  return message ? `${message.replace(/\.$/, '')}.` : 'its install script failed without saying why.';
}
