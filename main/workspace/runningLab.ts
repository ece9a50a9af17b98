/**
 * Where the lab that has a workspace open is to be reached: `running.json` in its folder, there as long as a lab serves it. Whoever finds the
 * workspace in use may talk to that lab. It says the token, so it is readable by its owner alone.
 *
 * A lab that is killed leaves it behind: it is a hint, and counts only where the workspace's lock is held and the lab there answers for
 * this folder.
 */
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const FILE = 'running.json';
const OWNER_ONLY = 0o600;

/** Nobody who can write into the folder leads a command to another machine. */
const loopback = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.parse(text);
    return url?.protocol === 'http:' && url.hostname === '127.0.0.1';
  }),
);
const runningLab = v.object({ url: loopback, pid: v.number() });

export type RunningLab = v.InferOutput<typeof runningLab>;

/** Null where none is told of, or what is told makes no sense. */
export function readRunningLab(folder: string): RunningLab | null {
  try {
    return v.parse(runningLab, JSON.parse(readFileSync(path.join(folder, FILE), 'utf8')));
  } catch {
    return null;
  }
}

/** Tells of a lab; the answer takes that back, unless another lab is told of by then. Where it can not be written nobody is told. */
export function tellOfRunningLab(folder: string, lab: RunningLab): () => void {
  const file = path.join(folder, FILE);
  const draft = `${file}.${lab.pid}`;
  try {
    // Made with its mode, beside the old one: the token is at no moment to be read by others, nor half of it by anyone.
    rmSync(draft, { force: true });
    writeFileSync(draft, `${JSON.stringify(lab)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    renameSync(draft, file);
  } catch {
    return () => {};
  }
  return () => {
    if (readRunningLab(folder)?.url === lab.url) rmSync(file, { force: true });
  };
}

/** Whether two paths lead to one folder. */
export function isSameFolder(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
