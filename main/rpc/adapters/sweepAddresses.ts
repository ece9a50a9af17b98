/** Folders of local sockets whose processes were killed before they could take them away. Node only. */
import { once } from 'node:events';
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { shortTemporaryFolder } from './localAddress.ts';

/** Folders that one sweep looks at; the others are left to later ones. */
export const SWEPT_FOLDERS_MAX = 256;
/** A younger folder is left alone, milliseconds: its process may be about to listen. */
export const SWEPT_AGE_MS_MIN = 60_000;

/** As mkdtemp names them (localAddress.ts). */
const ofOurs = /^loglab-[A-Za-z0-9]{6}$/;

/**
 * Removes those in which nobody listens. Asked of the socket itself, since a process number says nothing across containers that share a
 * temporary folder. Never throws: what can not be removed stays.
 */
export async function sweepAddresses(parent = shortTemporaryFolder(), now = Date.now()): Promise<void> {
  if (process.platform === 'win32') return;
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => ofOurs.test(each)).slice(0, SWEPT_FOLDERS_MAX)) {
    await sweep(join(parent, name), now).catch(() => {});
  }
}

async function sweep(folder: string, now: number): Promise<void> {
  const { mtimeMs, uid } = await stat(folder);
  if (uid !== process.getuid?.() || now - mtimeMs < SWEPT_AGE_MS_MIN) return;
  const socket = join(folder, 's');
  const failure = await connectFailure(socket);
  if (failure === 'ECONNREFUSED') await unlink(socket);
  // Only an empty folder goes: whatever else is in it is not ours.
  if (failure === 'ECONNREFUSED' || failure === 'ENOENT') await rmdir(folder);
}

/** Null where somebody listens. */
async function connectFailure(address: string): Promise<string | null> {
  const socket = createConnection(address);
  try {
    await once(socket, 'connect');
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  } finally {
    socket.destroy();
  }
}
