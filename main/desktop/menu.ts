/** The application's menu. What the lab itself does is in the page, the same in both hosts; here is what only a desktop has. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  openWorkspace: () => void;
  revealWorkspace: () => void;
}

export function installMenu(actions: MenuActions): void {
  const isMac = process.platform === 'darwin';
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [
      { label: '&Open Workspace…', accelerator: 'CommandOrControl+O', click: actions.openWorkspace },
      { label: '&Reveal Workspace', click: actions.revealWorkspace },
      { type: 'separator' },
      isMac ? { role: 'close' } : { role: 'quit' },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      { role: 'reload' },
      { type: 'separator' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      { role: 'toggleDevTools' },
    ],
  };
  // On macOS the application's own menu tells about it.
  const help: MenuItemConstructorOptions = {
    role: 'help',
    submenu: isMac ? [] : [{ label: `&About ${app.name}`, click: () => app.showAboutPanel() }],
  };
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    file,
    { role: 'editMenu' },
    view,
    { role: 'windowMenu' },
    help,
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
