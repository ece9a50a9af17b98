/** What the app asks with the system's own dialogs. */
import { type BrowserWindow, dialog } from 'electron';

/** The folder that was chosen, or null. */
export async function askForWorkspace(window: BrowserWindow | null): Promise<string | null> {
  const options = {
    title: 'Open a workspace',
    message: 'Choose the folder of a lab, or an empty one for a new lab.',
    buttonLabel: 'Open',
    properties: ['openDirectory' as const, 'createDirectory' as const, 'promptToCreate' as const],
  };
  const { filePaths } = await (window ? dialog.showOpenDialog(window, options) : dialog.showOpenDialog(options));
  return filePaths[0] ?? null;
}

export type AfterFailure = 'again' | 'other' | 'quit';

/** The engine does not run, and will not by itself. */
export async function askAfterFailure(window: BrowserWindow | null, workspace: string, message: string): Promise<AfterFailure> {
  const options = {
    type: 'error' as const,
    message: 'This workspace is not open',
    detail: `${message}\n\n${workspace}`,
    buttons: ['Try Again', 'Open Another Workspace…', 'Quit'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  };
  const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
  return (['again', 'other', 'quit'] as const)[response] ?? 'quit';
}

/** The page is busy with something that would be lost with it (an import that sends its file). True where the user leaves all the same. */
export function askToLeave(window: BrowserWindow): boolean {
  const response = dialog.showMessageBoxSync(window, {
    type: 'question',
    message: 'An import is still sending its file',
    detail: 'What has been imported is kept; the rest of the file is not imported if you leave now.',
    buttons: ['Stay', 'Leave'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  });
  return response === 1;
}
