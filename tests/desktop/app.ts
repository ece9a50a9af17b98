/** Starts the built app in real Electron, with a workspace and user data of its own. Fails, and says why, where there is no binary. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright/test';
import { obtainElectron } from '../../main/desktop/launch/electronBinary.ts';
import { hasDisplay } from '../../main/desktop/launch/display.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface App {
  electron: ElectronApplication;
  page: Page;
  workspace: string;
  close(): Promise<void>;
}

export async function launchApp(): Promise<App> {
  if (!existsSync(path.join(root, 'dist/main/index.js'))) throw new Error('The app is not built: run “npm run build” first.');
  if (!hasDisplay()) throw new Error('These tests need a display (DISPLAY or WAYLAND_DISPLAY; xvfb-run makes one).');
  const binary = await obtainElectron(root, new AbortController().signal);
  if ('missing' in binary) throw new Error(`These tests need Electron’s binary: ${binary.missing}`);

  const folder = mkdtempSync(path.join(tmpdir(), 'lab-desktop-'));
  const workspace = path.join(folder, 'a lab');
  const electron = await _electron.launch({
    executablePath: binary.file,
    args: [root, `--user-data-dir=${path.join(folder, 'user data')}`, '--workspace', workspace],
    // Where Electron keeps user data on Linux: a lab that is open on this machine is left alone.
    env: { ...(process.env as Record<string, string>), XDG_CONFIG_HOME: path.join(folder, 'config') },
    chromiumSandbox: true,
  });
  return {
    electron,
    page: await electron.firstWindow(),
    workspace,
    close: async () => {
      await electron.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
