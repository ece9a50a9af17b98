/** What the page asks of the main process (bridge.ts), and that it is our page which asks. */
import { type BrowserWindow, ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, shell } from 'electron';
import { channels } from './bridge.ts';
import type { EngineHost } from './engineHost.ts';
import { isPage } from './pageScheme.ts';

export function servePageRequests(window: () => BrowserWindow | null, engine: EngineHost): void {
  const isOurs = ({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent) =>
    sender === window()?.webContents && senderFrame !== null && senderFrame === sender.mainFrame && isPage(senderFrame.url);
  const handle = (channel: string, serve: () => unknown) =>
    ipcMain.handle(channel, (event) => {
      if (!isOurs(event)) throw new Error('Only the lab’s own page may ask this.');
      return serve();
    });

  ipcMain.on(channels.requestPort, (event) => {
    if (isOurs(event)) engine.givePort(event.sender);
  });
  handle(channels.engineState, () => engine.state);
  handle(channels.revealWorkspace, () => reveal(engine.workspace));
}

export async function reveal(folder: string): Promise<void> {
  // Resolves with what went wrong, or with nothing.
  const problem = await shell.openPath(folder);
  if (problem) throw new Error(problem);
}
