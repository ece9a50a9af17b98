/** Whether a file can be read, in words for who named it. */
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { LabError } from '../api/errors.ts';

/** Bytes of a file that can be read; says why not where it can not. */
export async function readableSize(file: string): Promise<number> {
  try {
    const found = await stat(file);
    // Before the import begins: it would make its stream.
    await access(file, constants.R_OK);
    if (found.isFile()) return found.size;
    if (found.isDirectory()) throw Object.assign(new Error('It is a folder.'), { code: 'EISDIR' });
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw new LabError('file-unreadable', `${file} is not a file.`);
}

/** The text of a processor's file. Errors: `file-unreadable`. */
export async function readSource(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

export function unreadable(file: string, cause: unknown): LabError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const sentences: Record<string, string> = {
    ENOENT: `There is no file ${file}. Look at its name and its folder.`,
    EACCES: `${file} can not be read: this user may not. Give this user the right to read it.`,
    EPERM: `${file} can not be read: this user may not. Give this user the right to read it.`,
    EISDIR: `${file} is a folder. Name a file in it.`,
    ENOTDIR: `There is no file ${file}: a part of its path is a file, not a folder.`,
  };
  return new LabError('file-unreadable', sentences[code ?? ''] ?? `${file} can not be read: ${message}.`, { cause });
}
