import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWorkspace } from '../../../main/workspace/index.ts';
import { openLab, temporaryFolder } from '../openLab.ts';

function folder(): string {
  const made = temporaryFolder();
  onTestFinished(made.remove);
  return made.folder;
}

/** A workspace that was used before. */
async function used(): Promise<string> {
  const root = folder();
  const lab = await openLab(root);
  await lab.client.streams.create({ name: 'orders', shards: 2 });
  await lab.close();
  return root;
}

const failure = (root: string): Promise<unknown> =>
  openLab(root).then(
    async (lab) => {
      await lab.close();
      throw new Error('It opened.');
    },
    (error: unknown) => error,
  );

function edit(file: string, sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

describe('a workspace', () => {
  it('is made with the folders above it', async () => {
    const root = path.join(folder(), 'a', 'b', 'Mein Labor é');
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid });
    expect(workspace).toMatchObject({ path: root, name: 'Mein Labor é' });
    workspace.close();
    expect(existsSync(path.join(root, 'catalog.sqlite'))).toBe(true);
  });

  it('in use is refused, naming who has it', async () => {
    const root = folder();
    const holder = await openWorkspace(root, { program: 'the desktop app', pid: process.pid });
    await expect(openWorkspace(root, { program: 'loglab', pid: process.pid }, 100)).rejects.toMatchObject({
      code: 'workspace-in-use',
      retriable: true,
      message: expect.stringMatching(new RegExp(`is in use by the desktop app \\(process ${process.pid}, since \\d{4}-`)) as string,
    });
    holder.close();
    (await openWorkspace(root, { program: 'loglab', pid: process.pid }, 0)).close();
  });

  it('is waited for while the one before lets go of it', async () => {
    const root = folder();
    const holder = await openWorkspace(root, { program: 'the desktop app', pid: process.pid });
    setTimeout(() => holder.close(), 150);
    (await openWorkspace(root, { program: 'loglab', pid: process.pid })).close();
  });

  it('of a newer version is refused and not changed', async () => {
    const root = await used();
    const catalog = path.join(root, 'catalog.sqlite');
    edit(catalog, 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 2');
    const before = readFileSync(catalog);
    expect(await failure(root)).toMatchObject({
      code: 'format-too-new',
      message:
        'This workspace was written by a newer version of the lab (catalog format 2; this version knows 1). Install the newer version to open it. Nothing was changed.',
    });
    expect(readFileSync(catalog).equals(before)).toBe(true);
    edit(catalog, 'PRAGMA user_version = 1');
    const lab = await openLab(root);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(['orders']);
    await lab.close();
  });

  it('whose log is of a newer version is refused, and can be opened by it', async () => {
    const root = await used();
    edit(path.join(root, 'broker-1.sqlite'), "UPDATE meta SET value = 99 WHERE name = 'format'");
    expect(await failure(root)).toMatchObject({ code: 'format-too-new', message: expect.stringContaining('is of format 99') as string });
    edit(path.join(root, 'broker-1.sqlite'), "UPDATE meta SET value = 1 WHERE name = 'format'");
    await (await openLab(root)).close();
  });

  it('whose catalog is no database is refused', async () => {
    for (const content of ['not a database, but long enough to be looked at as one '.repeat(20), 'short']) {
      const root = folder();
      writeFileSync(path.join(root, 'catalog.sqlite'), content);
      expect(await failure(root)).toMatchObject({
        code: 'not-a-log',
        message: expect.stringContaining('is damaged or is not the catalog of a workspace. Choose another folder.') as string,
      });
      expect(readFileSync(path.join(root, 'catalog.sqlite'), 'utf8')).toBe(content);
    }
  });

  it('whose catalog is another program’s database is refused, and that one left as it is', async () => {
    const root = folder();
    const catalog = path.join(root, 'catalog.sqlite');
    edit(catalog, "CREATE TABLE books (title TEXT); INSERT INTO books VALUES ('Moby-Dick')");
    const before = readFileSync(catalog);
    expect(await failure(root)).toMatchObject({
      code: 'not-a-log',
      message: expect.stringContaining('is an SQLite file, but not the catalog of a workspace') as string,
    });
    expect(readFileSync(catalog).equals(before)).toBe(true);
  });

  it('whose catalog is open in another program is refused', async () => {
    const root = await used();
    const other = new Database(path.join(root, 'catalog.sqlite'));
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    await expect(openWorkspace(root, { program: 'a test', pid: process.pid })).rejects.toMatchObject({
      code: 'workspace-in-use',
      message: expect.stringContaining('is open in another program') as string,
    });
    other.close();
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
  });

  it('that is a file is refused', async () => {
    const file = path.join(folder(), 'notes.txt');
    writeFileSync(file, 'text');
    expect(await failure(file)).toMatchObject({
      code: 'workspace-unwritable',
      message: `${file} is a file; a workspace is a folder. Choose another place.`,
    });
    expect(await failure(path.join(file, 'below'))).toMatchObject({
      code: 'workspace-unwritable',
      message: expect.stringContaining(`${file} is a file`) as string,
    });
    const root = folder();
    mkdirSync(path.join(root, 'catalog.sqlite'));
    expect(await failure(root)).toMatchObject({ code: 'workspace-unwritable' });
  });

  it.runIf(process.platform === 'linux')('in a folder that can not be written is refused', async () => {
    // Root writes anywhere but to what is no real folder.
    for (const root of ['/proc/self/lab', '/proc/self', '/sys/kernel'])
      expect(await failure(root)).toMatchObject({
        code: 'workspace-unwritable',
        message: expect.stringMatching(/write|written/) as string,
      });
  });

  it('lets go of everything where its broker can not start', async () => {
    const root = folder();
    writeFileSync(path.join(root, 'broker-1.sqlite'), 'no database at all, but long enough to be looked at as one '.repeat(20));
    expect(await failure(root)).toMatchObject({ code: 'not-a-log' });
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
  });
});
