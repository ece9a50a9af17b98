/** Electron's main process: owns the window and the life of the engine. What it takes for that is in desktop/. */
import { app, type BrowserWindow, session } from 'electron';
import path from 'node:path';
import { toLabError } from './api/errors.ts';
import { askedWorkspace } from './desktop/arguments.ts';
import { channels } from './desktop/bridge.ts';
import { askAfterFailure, askForWorkspace } from './desktop/dialogs.ts';
import { EngineHost } from './desktop/engineHost.ts';
import { denyPermissions, guardPages } from './desktop/guards.ts';
import { followLauncher, tellLauncher } from './desktop/launcher.ts';
import { installMenu } from './desktop/menu.ts';
import { servePageRequests, reveal } from './desktop/pageRequests.ts';
import { registerPageScheme, servePage } from './desktop/pageScheme.ts';
import { readPreferences, writePreferences } from './desktop/preferences.ts';
import { closeBeforeQuit } from './desktop/quit.ts';
import { createWindow, preloadFile } from './desktop/window.ts';
import type { EngineState } from './processes/engineSupervisor.ts';
import { layoutFrom } from './web/layout.ts';
import { defaultWorkspace } from './workspace/defaultFolder.ts';
import { loadPage } from './web/page.ts';

const layout = layoutFrom(import.meta.dirname, app.isPackaged ? path.join(process.resourcesPath, 'resources') : undefined);
const engine = new EngineHost(layout, engineChanged);
let window: BrowserWindow | null = null;

function engineChanged(state: EngineState): void {
  if (window && !window.isDestroyed()) window.webContents.send(channels.engineState, state);
  if (state.state === 'failed') void afterFailure(state.message ?? '');
}

async function afterFailure(message: string): Promise<void> {
  const answer = await askAfterFailure(window, engine.workspace, message);
  if (answer === 'again') return await open(engine.workspace);
  if (answer === 'other' && (await chooseWorkspace())) return;
  app.quit();
}

/** Another workspace is another lab: the page begins anew. */
async function open(workspace: string): Promise<void> {
  await engine.open(workspace);
  window?.webContents.reload();
}

async function chooseWorkspace(): Promise<boolean> {
  const workspace = await askForWorkspace(window);
  if (workspace === null) return false;
  writePreferences({ workspace });
  await open(workspace);
  return true;
}

function comeToFront(workspace: string | null): void {
  if (window?.isMinimized()) window.restore();
  window?.focus();
  if (workspace !== null && workspace !== engine.workspace) void open(workspace);
}

function run(): void {
  servePage(loadPage(layout.pageFolder));
  denyPermissions(session.defaultSession);
  guardPages();
  servePageRequests(() => window, engine);
  installMenu({ openWorkspace: () => void chooseWorkspace(), revealWorkspace: () => void reveal(engine.workspace).catch(() => {}) });
  void engine.open(askedWorkspace(process.argv) ?? readPreferences().workspace ?? defaultWorkspace());
  window = createWindow(preloadFile(import.meta.dirname), () => void tellLauncher('window-shown'));
  window.once('closed', () => (window = null));
}

/** Without its page there is no app: the build is not whole. */
function endWith(error: unknown): void {
  process.stderr.write(`${toLabError(error).message}\n`);
  app.exit(1);
}

registerPageScheme();
if (app.requestSingleInstanceLock({ workspace: askedWorkspace(process.argv) })) {
  followLauncher();
  closeBeforeQuit(() => engine.close());
  app.on('second-instance', (_event, _argv, _folder, asked) => comeToFront((asked as { workspace: string | null }).workspace));
  app.on('window-all-closed', () => app.quit());
  app.whenReady().then(run).catch(endWith);
} else {
  void tellLauncher('handed-over').then(() => app.quit());
}
