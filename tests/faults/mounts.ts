/** File systems of a test's own, small or read-only. Mounting takes root; where it is not permitted the tests fail and say so. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An ext4 in a file that makes itself read-only when it meets an error, as most systems have theirs. */
const LOOP_OPTIONS = 'loop,errors=remount-ro';

export interface Mounted {
  folder: string;
  /** The device it lies on, where it lies on one. */
  device: string | null;
  /** With these options from now on, as `mount -o remount` takes them. */
  remount(options: string): void;
  unmount(): void;
  /** Checks an ext4 as a system does when it starts, and mounts it again. */
  repair(): void;
}

function run(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const who = process.getuid?.() === 0 ? 'root, in a container without the right to mount?' : 'not root';
    throw new Error(`These tests mount file systems of their own, and that failed (${who}): ${stderr?.trim() || message}`, {
      cause: error,
    });
  }
}

function mounted(around: string, device: () => string | null): Mounted {
  const folder = path.join(around, 'mount');
  let isMounted = true;
  return {
    folder,
    get device() {
      return device();
    },
    repair() {
      const image = path.join(around, 'image');
      run('umount', folder);
      // 1: errors were found, and corrected.
      run('sh', '-c', 'e2fsck -p "$0" || [ $? -eq 1 ]', image);
      run('mount', '-o', LOOP_OPTIONS, image, folder);
    },
    remount: (options) => void run('mount', '-o', `remount,${options}`, folder),
    unmount() {
      if (isMounted) run('umount', folder);
      isMounted = false;
      rmSync(around, { recursive: true, force: true });
    },
  };
}

function around(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-mount-'));
  mkdirSync(path.join(folder, 'mount'));
  return folder;
}

/** In memory. */
export function mountSmall(bytes: number): Mounted {
  const folder = around();
  run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'none', path.join(folder, 'mount'));
  return mounted(folder, () => null);
}

/** An ext4 that makes itself read-only when it meets an error, as most systems have theirs. */
export function mountThatGivesUp(bytes: number): Mounted {
  const folder = around();
  const image = path.join(folder, 'image');
  writeFileSync(image, '');
  truncateSync(image, bytes);
  run('mkfs.ext4', '-q', image);
  const mount = path.join(folder, 'mount');
  run('mount', '-o', LOOP_OPTIONS, image, mount);
  return mounted(folder, () => run('findmnt', '-n', '-o', 'SOURCE', mount).trim());
}

/** Has the file system meet an error: from now on nothing can be written to it. */
export function makeFail({ device }: Mounted): void {
  writeFileSync(`/sys/fs/ext4/${path.basename(device!)}/trigger_fs_error`, '1');
}
