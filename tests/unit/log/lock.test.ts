import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireLock } from '../../../main/log/index.ts';
import { temporaryFolder } from './store/folder.ts';

const me = { program: 'Unified Log Lab', pid: process.pid, since: '2026-11-01T00:00:00.000Z' };

async function otherHolder(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lockHolder.ts'), path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('the lock', () => {
  it('keeps others out, naming the holder, and is free after release', async () => {
    const path = join(temporaryFolder(), 'lock');
    const lock = await acquireLock(path, me, { waitMs: 0 });
    await expect(acquireLock(path, { ...me, pid: 1 }, { waitMs: 120 })).rejects.toMatchObject({
      code: 'workspace-in-use',
      retriable: true,
      message: `The folder ${dirname(path)} is in use by Unified Log Lab (process ${process.pid}, since 2026-11-01T00:00:00.000Z). Close that one first, or choose another folder.`,
    });
    lock.release();
    (await acquireLock(path, { ...me, pid: 1 }, { waitMs: 0 })).release();
  });

  it('is waited for', async () => {
    const path = join(temporaryFolder(), 'lock');
    const lock = await acquireLock(path, me, { waitMs: 0 });
    setTimeout(() => lock.release(), 150);
    (await acquireLock(path, { ...me, pid: 1 }, { waitMs: 5_000 })).release();
  });

  it('of another process holds, and is free by itself when that is killed', async () => {
    const path = join(temporaryFolder(), 'lock');
    const child = await otherHolder(path);
    await expect(acquireLock(path, me, { waitMs: 0 })).rejects.toMatchObject({
      code: 'workspace-in-use',
      message: `The folder ${dirname(path)} is in use by Other Lab (process ${child.pid}, since 2026-01-02T03:04:05.000Z). Close that one first, or choose another folder.`,
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await acquireLock(path, me, { waitMs: 0 })).release();
  });

  it('goes to exactly one of many who come at once', async () => {
    const path = join(temporaryFolder(), 'lock');
    let held = 0;
    await Promise.all(
      Array.from({ length: 8 }, async (_, pid) => {
        const lock = await acquireLock(path, { ...me, pid }, { waitMs: 10_000 });
        expect(++held).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        held--;
        lock.release();
      }),
    );
  });

  it('is no file of somebody else', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, 'text '.repeat(500));
    await expect(acquireLock(path, me, { waitMs: 0 })).rejects.toMatchObject({ code: 'not-a-log' });
    await expect(acquireLock(join(path, 'below'), me, { waitMs: 0 })).rejects.toMatchObject({ code: 'workspace-unwritable' });
  });
});
