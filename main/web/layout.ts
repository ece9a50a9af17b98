/** Where the parts of the installed or built program are, and where a user's things go. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export interface Layout {
  /** Where engine.js and broker.js are: dist/main. */
  builtFolder: string;
  /** The built page: dist/renderer. */
  pageFolder: string;
  resourcesFolder: string;
  version: string;
}

/** @param builtFolder dist/main. `resourcesFolder`: given where the app is installed, since resources lie outside of its archive there. */
export function layoutFrom(builtFolder: string, resourcesFolder?: string): Layout {
  const root = path.resolve(builtFolder, '../..');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    builtFolder,
    pageFolder: path.join(root, 'dist/renderer'),
    resourcesFolder: resourcesFolder ?? path.join(root, 'resources'),
    version,
  };
}

/**
 * The workspace that opens where none is named, the same in both hosts: "My lab" in the folder for an application's data. Not in Documents,
 * which macOS and Windows like to synchronise with a cloud, and a synchronised database file breaks.
 *
 * macOS `~/Library/Application Support/Unified Log Lab/Workspaces/My lab`, Windows `%LOCALAPPDATA%\Unified Log Lab\Workspaces\My lab`,
 * elsewhere `$XDG_DATA_HOME/unified-log-lab/workspaces/My lab`, that being `~/.local/share` where it is not set.
 */
export function defaultWorkspace(): string {
  const home = homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library/Application Support/Unified Log Lab/Workspaces/My lab');
  if (process.platform === 'win32')
    return path.join(process.env.LOCALAPPDATA ?? path.join(home, 'AppData/Local'), 'Unified Log Lab/Workspaces/My lab');
  const data = process.env.XDG_DATA_HOME;
  return path.join(data && path.isAbsolute(data) ? data : path.join(home, '.local/share'), 'unified-log-lab/workspaces/My lab');
}

/** A path that the user typed, made absolute. npm runs scripts in the package's folder and says in INIT_CWD where the user is. */
export function userPath(typed: string): string {
  const { INIT_CWD: userFolder, npm_package_json: packageFile } = process.env;
  const runByNpm = userFolder && packageFile && path.dirname(packageFile) === process.cwd();
  return path.resolve(runByNpm ? userFolder : process.cwd(), typed);
}
