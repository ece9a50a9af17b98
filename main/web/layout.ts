/** Where the parts of the installed or built program are, and what a path means that a user typed. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { quotedWord } from '../api/shell.ts';

export interface Layout {
  /** Where engine.js and broker.js are: dist/main. */
  builtFolder: string;
  /** The built page: dist/renderer. */
  pageFolder: string;
  resourcesFolder: string;
  version: string;
  /** What begins each `loglab` command in a shell of this machine, in whatever folder it is typed. */
  command: string;
}

interface PackageFile {
  version: string;
  scripts?: Record<string, string>;
}

/** @param builtFolder dist/main. `resourcesFolder`: given where the app is installed, since resources lie outside of its archive there. */
export function layoutFrom(builtFolder: string, resourcesFolder?: string): Layout {
  const root = path.resolve(builtFolder, '../..');
  const { version, scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as PackageFile;
  return {
    builtFolder,
    pageFolder: path.join(root, 'dist/renderer'),
    resourcesFolder: resourcesFolder ?? path.join(root, 'resources'),
    version,
    // An installed app has no scripts, and has the command on the path.
    command: scripts?.['loglab'] === undefined ? 'loglab' : `npm --prefix ${quotedWord(root, process.platform)} run -s loglab --`,
  };
}

/** A path that the user typed, made absolute. npm runs scripts in the package's folder and says in INIT_CWD where the user is. */
export function userPath(typed: string): string {
  const { INIT_CWD: userFolder, npm_package_json: packageFile } = process.env;
  const runByNpm = userFolder && packageFile && path.dirname(packageFile) === process.cwd();
  return path.resolve(runByNpm ? userFolder : process.cwd(), typed);
}
