/**
 * A file that is there whole or not at all: written beside its name, as FILE.<8 hex digits>.part, and given it at the end. What a writer that
 * was killed left there is removed by the next one of the same file. No two of them write one part, so none is ever taken for the other's.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { LabError } from '../api/errors.ts';

export interface NewFile {
  write(content: string | Uint8Array): Promise<void>;
  /** Bytes written so far. */
  bytes(): number;
  /** Synced and under its name. */
  keep(): Promise<void>;
  /** As if nothing had been written. */
  discard(): Promise<void>;
}

/**
 * Of two writers of one file at a time the later one goes on, and the earlier one fails at its end.
 * @param replaces a file of this name may be there, and is replaced
 */
export async function createNewFile(file: string, replaces: boolean): Promise<NewFile> {
  await checkPlace(file, replaces);
  await removeParts(file);
  const temporary = `${file}.${randomBytes(4).toString('hex')}.part`;
  const handle = await open(temporary, 'wx').catch((cause: unknown) => Promise.reject(unwritable(file, cause)));
  let bytes = 0;
  return {
    bytes: () => bytes,
    async write(given) {
      const content = Buffer.from(given);
      await writeAll(handle, content).catch((cause: unknown) => Promise.reject(unwritable(file, cause)));
      bytes += content.length;
    },
    async keep() {
      try {
        await handle.sync();
        await handle.close();
        if (!(await stat(temporary).catch(() => null))) throw overtaken(file);
        await (replaces ? rename(temporary, file) : moveToFree(temporary, file));
      } catch (cause) {
        throw unwritable(file, cause);
      }
    },
    async discard() {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}

async function checkPlace(file: string, replaces: boolean): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (!found) return;
  if (found.isDirectory()) throw new LabError('bad-input', `${file} is a folder. Name a file in it.`);
  if (!found.isFile()) throw new LabError('bad-input', `${file} is not a file. Write to - and redirect it there.`);
  if (!replaces) throw exists(file);
}

const partForm = /^\.[0-9a-f]{8}\.part$/;

/** Where one can not be removed, it stays: its name says that it is a part. */
async function removeParts(file: string): Promise<void> {
  const [folder, base] = [path.dirname(file), path.basename(file)];
  const names = await readdir(folder).catch(() => []);
  const parts = names.filter((name) => name.startsWith(base) && partForm.test(name.slice(base.length)));
  await Promise.allSettled(parts.map((name) => rm(path.join(folder, name), { force: true })));
}

const overtaken = (file: string): LabError =>
  new LabError('bad-input', `${file} is being written by another export that began later; this one wrote nothing.`);

const exists = (file: string): LabError =>
  new LabError('bad-input', `${file} is there already and was left as it is. Choose another name, or replace it with --force.`);

/** Unlike rename, this does not replace a file that has come to be meanwhile. */
async function moveToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(to);
    // A file system without hard links.
    await checkPlace(to, false);
    return rename(from, to);
  }
  await rm(from);
}

async function writeAll(handle: FileHandle, content: Buffer): Promise<void> {
  for (let at = 0; at < content.length;) at += (await handle.write(content, at)).bytesWritten;
}

function unwritable(file: string, cause: unknown): LabError {
  if (cause instanceof LabError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const sentences: Record<string, string> = {
    ENOENT: `${file} can not be written: its folder does not exist. Make the folder first.`,
    ENOTDIR: `${file} can not be written: a part of its path is a file, not a folder.`,
    EACCES: `${file} can not be written: this user may not. Choose a folder that this user may write to.`,
    EPERM: `${file} can not be written: this user may not. Choose a folder that this user may write to.`,
    EROFS: `${file} can not be written: its disk is read-only. Choose another disk.`,
    ENOSPC: `${file} can not be written: its disk is full. Make room, or choose another disk.`,
    EDQUOT: `${file} can not be written: this user’s share of its disk is full. Make room, or choose another disk.`,
    EFBIG: `${file} can not be written: it would be larger than its disk, or this shell (ulimit -f), takes files. Export a range of the stream.`,
    EIO: `${file} can not be written: its disk reported an error. Choose another disk.`,
    ENAMETOOLONG: `${file} can not be written: its name is too long.`,
  };
  const sentence = sentences[code ?? ''] ?? `${file} can not be written: ${message}.`;
  return new LabError(code === 'ENOSPC' || code === 'EDQUOT' ? 'disk-full' : 'bad-input', sentence, { cause });
}
