/** A file that is there whole or not at all: written beside its name, and given it at the end. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises';
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

/** @param replaces a file of this name may be there, and is replaced */
export async function createNewFile(file: string, replaces: boolean): Promise<NewFile> {
  await checkPlace(file, replaces);
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
    ENAMETOOLONG: `${file} can not be written: its name is too long.`,
  };
  const sentence = sentences[code ?? ''] ?? `${file} can not be written: ${message}.`;
  return new LabError(code === 'ENOSPC' ? 'disk-full' : 'bad-input', sentence, { cause });
}
