/** Where a local socket lives: in a private folder with a short path, or as a named pipe on Windows. Node only. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The shortest limit of the systems we run on is macOS's 104 bytes, its closing zero included. */
const SOCKET_PATH_BYTES_MAX = 100;

export interface LocalAddress {
  address: string;
  remove(): Promise<void>;
}

export async function createLocalAddress(): Promise<LocalAddress> {
  if (process.platform === 'win32') {
    return { address: `\\\\.\\pipe\\loglab-${randomBytes(16).toString('hex')}`, remove: async () => {} };
  }
  // mkdtemp makes it with mode 0700.
  const folder = await mkdtemp(join(shortTemporaryFolder(), 'loglab-'));
  return { address: join(folder, 's'), remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Where the folders of local sockets lie. */
export function shortTemporaryFolder(): string {
  const longest = join(tmpdir(), 'loglab-XXXXXX', 's');
  return Buffer.byteLength(longest) <= SOCKET_PATH_BYTES_MAX ? tmpdir() : '/tmp';
}
