/** The window: where it is, what its page may do, and that it shows only once there is something to see. */
import path from 'node:path';
import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron';
import { askToLeave } from './dialogs.ts';
import { PAGE_URL } from './pageScheme.ts';
import { readPreferences, writePreferences } from './preferences.ts';

const SIZE_DEFAULT = { width: 1280, height: 840 };
/** Smaller, the page's columns overlap, pixels. */
const SIZE_MIN = { minWidth: 720, minHeight: 480 };

/** The page's --paper, light and dark (renderer/src/ui/tokens.css): the window has it before the page is painted. */
const backgroundColor = () => (nativeTheme.shouldUseDarkColors ? '#15171b' : '#fbfaf7');

/** @param preload absolute path of preload.cjs; `shown` is called when the window is first seen */
export function createWindow(preload: string, shown: () => void): BrowserWindow {
  const { bounds, isMaximized } = readPreferences();
  const window = new BrowserWindow({
    ...SIZE_DEFAULT,
    ...(bounds && isOnScreen(bounds) ? bounds : {}),
    ...SIZE_MIN,
    show: false,
    title: 'Unified Log Lab',
    backgroundColor: backgroundColor(),
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      // Its dictionaries would be downloaded from elsewhere.
      spellcheck: false,
      // The page shows live streams in a window that is behind others too.
      backgroundThrottling: false,
    },
  });
  if (isMaximized) window.maximize();
  window.once('ready-to-show', () => {
    window.show();
    shown();
  });
  window.on('close', () => writePreferences({ bounds: window.getNormalBounds(), isMaximized: window.isMaximized() }));
  // A page that asks to stay is not kept silently: without an answer here the window could not be closed.
  window.webContents.on('will-prevent-unload', (event) => {
    if (askToLeave(window)) event.preventDefault();
  });
  followTheme(window);
  // What went wrong with it is in the window then.
  window.loadURL(PAGE_URL).catch(() => !window.isDestroyed() && window.show());
  return window;
}

export function preloadFile(builtFolder: string): string {
  return path.join(builtFolder, '../preload/preload.cjs');
}

/** Enough of the title bar to be dragged back is on one of the screens. */
function isOnScreen(bounds: Rectangle): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const width = Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x);
    return width >= 100 && bounds.y >= workArea.y && bounds.y <= workArea.y + workArea.height - 50;
  });
}

function followTheme(window: BrowserWindow): void {
  const follow = () => window.setBackgroundColor(backgroundColor());
  nativeTheme.on('updated', follow);
  window.once('closed', () => nativeTheme.off('updated', follow));
}
