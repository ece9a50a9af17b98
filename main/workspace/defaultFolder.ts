/** Where a user's workspace is, unless they name another. */
import { homedir } from 'node:os';
import path from 'node:path';

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
