/** What a folder on the disk is to the lab, before it is opened. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { LabError } from '../api/errors.ts';

export const CATALOG_FILE = 'catalog.sqlite';

/** What a workspace that lost its catalog, or never got one, may hold. Hidden files are nobody's: systems leave theirs everywhere. */
const ours = /^(\..*|catalog\.sqlite.*|lab\.lock.*|running\.json|event-times|processors|broker-\d+\..*)$/;

export function isWorkspace(folder: string): boolean {
  return existsSync(path.join(folder, CATALOG_FILE));
}

/** Throws `workspace-unwritable`. */
function assertFolder(folder: string): void {
  if (statSync(folder).isDirectory()) return;
  throw new LabError('workspace-unwritable', `${folder} is a file; a workspace is a folder. Choose another place.`);
}

/** Throws `bad-input` where there is none, and nothing is to be made by the way. */
export function assertWorkspace(folder: string): void {
  if (existsSync(folder)) assertFolder(folder);
  if (isWorkspace(folder)) return;
  throw new LabError(
    'bad-input',
    `There is no workspace in ${folder}. Look at its name; or make one there by making its first stream: loglab streams create.`,
  );
}

/**
 * Makes the folder of a workspace and those above it, where it is not there. Throws `workspace-unwritable`, also for a folder with files of
 * somebody else's: the lab's would lie among them.
 */
export function prepareFolder(folder: string): void {
  makeFolder(folder);
  if (isWorkspace(folder)) return;
  const foreign = entries(folder).find((name) => !ours.test(name));
  if (foreign === undefined) return;
  throw new LabError(
    'workspace-unwritable',
    `${folder} is no workspace of the lab, and there are other files in it (${foreign}, for one). Choose an empty folder, or a new one.`,
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Not by mkdir's own recursion: in a place like /proc that never ends (Node 24). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return assertFolder(folder);
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another program may just have made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(folder, error);
  }
}

export function unwritable(place: string, cause: unknown): LabError {
  return new LabError('workspace-unwritable', `The lab can not write to ${place}. Make the folder writable, or choose another one.`, {
    cause,
  });
}
