import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SWEPT_AGE_MS_MIN, SWEPT_FOLDERS_MAX, sweepAddresses } from '../../../main/rpc/adapters/sweepAddresses.ts';
import { temporaryFolder } from '../openLab.ts';

const LISTEN = `require('node:net').createServer().listen(process.argv[2], () => process.send('up'))`;

function parentFolder(): string {
  const { folder, remove } = temporaryFolder();
  onTestFinished(remove);
  return folder;
}

function folderOf(parent: string, name: string, ageMs = 2 * SWEPT_AGE_MS_MIN): string {
  const folder = path.join(parent, name);
  mkdirSync(folder, { mode: 0o700 });
  age(folder, ageMs);
  return folder;
}
const age = (folder: string, ms: number): void => utimesSync(folder, new Date(), new Date(Date.now() - ms));

/** A socket as a process leaves it that is killed. */
async function orphan(folder: string): Promise<void> {
  const program = path.join(folder, '..', 'listen.cjs');
  writeFileSync(program, LISTEN);
  const child = fork(program, [path.join(folder, 's')]);
  await once(child, 'message');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

it.skipIf(process.platform === 'win32')('takes away what killed processes left, and nothing else', async () => {
  const parent = parentFolder();
  const [dead, empty, young, live, other, foreign] = [
    'loglab-aaaaaa',
    'loglab-bbbbbb',
    'loglab-cccccc',
    'loglab-dddddd',
    'loglab-electron-eeeeee',
    'loglab-ffffff',
  ].map((name) => folderOf(parent, name)) as [string, string, string, string, string, string];
  await orphan(dead);
  await orphan(young);
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(path.join(live, 's'));
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  writeFileSync(path.join(foreign, 'notes'), 'text');
  for (const folder of [dead, live, foreign]) age(folder, 2 * SWEPT_AGE_MS_MIN);
  await sweepAddresses(parent);
  expect([dead, empty, young, live, other, foreign].map((folder) => existsSync(folder))).toEqual([false, false, true, true, true, true]);
  expect(existsSync(path.join(live, 's'))).toBe(true);
});

it.skipIf(process.platform === 'win32')('looks at so many folders in one sweep', async () => {
  const parent = parentFolder();
  const folders = Array.from({ length: SWEPT_FOLDERS_MAX + 10 }, (_, n) => folderOf(parent, `loglab-${String(n).padStart(6, '0')}`));
  const left = (): number => folders.filter((folder) => existsSync(folder)).length;
  await sweepAddresses(parent);
  expect(left()).toBe(10);
  await sweepAddresses(parent);
  expect(left()).toBe(0);
  await sweepAddresses(path.join(parent, 'nowhere'));
});
