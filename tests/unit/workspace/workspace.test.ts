import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Draft } from '../../../main/api/produce.ts';
import { CATALOG_FORMAT, openCatalog, withLabErrors } from '../../../main/workspace/catalog.ts';
import { createKeptEvents } from '../../../main/workspace/keptEvents.ts';
import { openWorkspace } from '../../../main/workspace/index.ts';
import { STREAM_SETTINGS_DEFAULT } from '../../../main/api/streams.ts';
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

/** Takes a catalog back to format 7. */
const AS_FORMAT_7 = `
  DROP TABLE untrusted_source;
  DROP TABLE arriving_version;
  DROP TABLE arriving_file;
  ALTER TABLE processor DROP COLUMN streams;
  ALTER TABLE processor ADD COLUMN trusted INTEGER NOT NULL DEFAULT 1;`;

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
    edit(catalog, `PRAGMA journal_mode = DELETE; PRAGMA user_version = ${CATALOG_FORMAT + 1}`);
    const before = readFileSync(catalog);
    expect(await failure(root)).toMatchObject({
      code: 'format-too-new',
      message: `This workspace was written by a newer version of the lab (catalog format ${CATALOG_FORMAT + 1}; this version knows ${CATALOG_FORMAT}). Install the newer version to open it. Nothing was changed.`,
    });
    expect(readFileSync(catalog).equals(before)).toBe(true);
    edit(catalog, `PRAGMA user_version = ${CATALOG_FORMAT}`);
    const lab = await openLab(root);
    expect((await lab.client.streams.list({})).map(({ name }) => name)).toEqual(['orders']);
    await lab.close();
  });

  it('of format 1 is migrated: what it knew stays, and it takes jobs', async () => {
    const root = folder();
    // As the lab before format 2 made it; not to be changed with the code.
    edit(
      path.join(root, 'catalog.sqlite'),
      `PRAGMA journal_mode = WAL;
       CREATE TABLE stream (
         id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, shards INTEGER NOT NULL, created_at INTEGER NOT NULL,
         state TEXT NOT NULL CHECK (state IN ('making', 'open', 'deleting'))
       ) STRICT;
       CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
       CREATE TABLE kept_event (
         id TEXT PRIMARY KEY, stream TEXT NOT NULL, label TEXT NOT NULL, draft TEXT NOT NULL, kept_at INTEGER NOT NULL
       ) STRICT;
       CREATE TABLE lesson (id TEXT PRIMARY KEY, step INTEGER NOT NULL, done TEXT NOT NULL, active INTEGER NOT NULL) STRICT;
       INSERT INTO stream VALUES ('s1', 'orders', 2, 1700000000000, 'open');
       INSERT INTO setting VALUES ('valueBytesMax', '2048');
       INSERT INTO lesson VALUES ('one-log', 2, '[0,1]', 1);
       PRAGMA application_id = ${0x554c4c63};
       PRAGMA user_version = 1`,
    );
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid }, 0);
    expect(workspace.streams.all()).toEqual([
      { id: 's1', name: 'orders', shards: 2, createdAt: 1_700_000_000_000, state: 'open', settings: STREAM_SETTINGS_DEFAULT },
    ]);
    expect(workspace.settings.get()).toEqual({ valueBytesMax: 2_048, durability: 'safe', topicsMadeOnUse: true, topicShards: 1 });
    expect(workspace.lessons.all()).toEqual([{ id: 'one-log', step: 2, done: [0, 1], active: true }]);
    expect(workspace.jobs.all()).toEqual([]);
    workspace.close();
  });

  it('of format 6 is migrated: it has no replays yet', async () => {
    const root = folder();
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
    edit(
      path.join(root, 'catalog.sqlite'),
      `DROP TABLE replay;
       DROP TABLE redrive;
       ${AS_FORMAT_7}
       PRAGMA user_version = 6`,
    );
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid }, 0);
    expect(workspace.replays.all()).toEqual([]);
    const kept = {
      id: 'r1',
      plan: { from: 2n ** 60n, keys: [new Uint8Array([0, 255])] },
      state: 'paused',
      message: null,
      speed: 2.5,
    } as const;
    workspace.replays.put({ ...kept, progress: { missed: [] }, startedAt: 1, endedAt: null });
    expect(workspace.replays.all()).toEqual([{ ...kept, progress: { missed: [] }, startedAt: 1, endedAt: null }]);
    workspace.close();
  });

  it('of format 4 is migrated: rejected lines stay with their jobs', async () => {
    const root = folder();
    const catalog = path.join(root, 'catalog.sqlite');
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
    // Its jobs as the lab before format 5 kept them; not to be changed with the code.
    edit(
      catalog,
      `DROP TABLE processor;
       DROP TABLE processor_version;
       DROP TABLE replay;
       DROP TABLE redrive;
       DROP TABLE untrusted_source;
       DROP TABLE arriving_version;
       DROP TABLE arriving_file;
       DROP TABLE rejected_line;
       DROP TABLE job;
       CREATE TABLE job (
         id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, stream TEXT NOT NULL, unit TEXT NOT NULL, done INTEGER NOT NULL,
         total INTEGER, events INTEGER NOT NULL, rejected INTEGER NOT NULL, stream_made INTEGER NOT NULL, started_at INTEGER NOT NULL,
         ended_at INTEGER, outcome TEXT, rejected_lines TEXT NOT NULL DEFAULT '[]'
       ) STRICT;
       INSERT INTO job VALUES ('j1', 'import', 'Import a into b', 'b', 'bytes', 9, 9, 1, 2, 0, 1, 2, '{"state":"done","message":"Done."}',
         '[{"line":3,"reason":"not JSON","text":"a\\"b"},{"line":5,"reason":"not JSON","text":""}]');
       INSERT INTO job VALUES ('j2', 'import', 'Import c into b', 'b', 'bytes', 0, 9, 0, 0, 0, 2, NULL, NULL, '[]');
       PRAGMA user_version = 4`,
    );
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid }, 0);
    const { jobs } = workspace;
    expect(jobs.all()).toMatchObject([
      { id: 'j1', rejected: 2, outcome: { state: 'done', message: 'Done.' }, resume: null },
      { id: 'j2', outcome: null, resume: null },
    ]);
    expect(jobs.rejectedLines('j1', 0, 10)).toEqual([
      { line: 3, reason: 'not JSON', text: 'a"b' },
      { line: 5, reason: 'not JSON', text: '' },
    ]);
    expect(jobs.rejectedKept('j2')).toBe(0);
    workspace.close();
  });

  it('of format 7 is migrated: processors that were deployed here stay, and are their user’s own', async () => {
    const root = folder();
    const catalog = path.join(root, 'catalog.sqlite');
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
    // Processors as the lab before format 8 kept them; not to be changed with the code.
    edit(
      catalog,
      `DROP TABLE untrusted_source;
       DROP TABLE arriving_version;
       DROP TABLE arriving_file;
       DROP TABLE processor;
       CREATE TABLE processor (
         name TEXT PRIMARY KEY, wanted TEXT NOT NULL CHECK (wanted IN ('running', 'paused')), guarantee TEXT NOT NULL, starts TEXT NOT NULL,
         seed INTEGER NOT NULL, producer_id TEXT NOT NULL, trusted INTEGER NOT NULL, version INTEGER NOT NULL
       ) STRICT;
       INSERT INTO processor VALUES ('count', 'paused', 'exactly-once', '{"words":["3"]}', 7, '1152921504606846976', 1, 2);
       INSERT INTO processor_version VALUES ('count', 2, 'the text',
         '{"inputs":["words"],"outputs":[],"stores":[],"windowMs":null,"punctuateMs":null}', 1700000000000);
       PRAGMA user_version = 7`,
    );
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid }, 0);
    expect(workspace.processors.all()).toEqual([
      {
        ...{ name: 'count', wanted: 'paused', guarantee: 'exactly-once', starts: { words: ['3'] }, seed: 7, version: 2 },
        ...{ producerId: '1152921504606846976', streams: {} },
      },
    ]);
    expect(workspace.processors.source('count', 2)).toBe('the text');
    expect(workspace.trust.isTrusted('count', 'the text')).toBe(true);
    workspace.close();
  });

  it('whose log is of a newer version is refused, and can be opened by it', async () => {
    const root = await used();
    edit(path.join(root, 'broker-1.sqlite'), "UPDATE meta SET value = 99 WHERE name = 'format'");
    expect(await failure(root)).toMatchObject({ code: 'format-too-new', message: expect.stringContaining('is of format 99') as string });
    edit(path.join(root, 'broker-1.sqlite'), "UPDATE meta SET value = 4 WHERE name = 'format'");
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
    for (const root of ['/proc/self/lab', '/sys/kernel/lab'])
      expect(await failure(root)).toMatchObject({
        code: 'workspace-unwritable',
        message: expect.stringMatching(/write|written/) as string,
      });
  });

  it('among files of somebody else’s is refused, and nothing is written there', async () => {
    const root = folder();
    writeFileSync(path.join(root, '.hidden'), '');
    writeFileSync(path.join(root, 'thesis.txt'), 'mine');
    expect(await failure(root)).toMatchObject({
      code: 'workspace-unwritable',
      message: expect.stringMatching(/is no workspace of the lab, and there are other files in it \(thesis\.txt, for one\)\./) as string,
    });
    expect(readdirSync(root).toSorted()).toEqual(['.hidden', 'thesis.txt']);
    rmSync(path.join(root, 'thesis.txt'));
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
  });

  it('lets go of everything where its broker can not start', async () => {
    const root = folder();
    writeFileSync(path.join(root, 'broker-1.sqlite'), 'no database at all, but long enough to be looked at as one '.repeat(20));
    expect(await failure(root)).toMatchObject({ code: 'not-a-log' });
    (await openWorkspace(root, { program: 'a test', pid: process.pid }, 0)).close();
  });

  it('whose catalog can not be written says why', async () => {
    const draft = { text: 'x'.repeat(100_000) } as unknown as Draft;
    const catalog = openCatalog(path.join(folder(), 'catalog.sqlite'));
    const kept = withLabErrors(catalog, createKeptEvents(catalog));
    catalog.pragma(`max_page_count = ${catalog.pragma('page_count', { simple: true }) as number}`);
    expect(() => kept.keep('orders', 'full', draft, 0)).toThrow(
      expect.objectContaining({
        code: 'disk-full',
        retriable: true,
        message: expect.stringContaining('catalog.sqlite') as string,
      }) as Error,
    );
    catalog.pragma('query_only = ON');
    expect(() => kept.keep('orders', 'read-only', draft, 0)).toThrow(expect.objectContaining({ code: 'workspace-unwritable' }) as Error);
    expect(kept.of('orders')).toEqual([]);
    catalog.close();

    // So it is for all that a workspace keeps.
    const root = folder();
    const workspace = await openWorkspace(root, { program: 'a test', pid: process.pid }, 0);
    const other = new Database(path.join(root, 'catalog.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const inUse = expect.objectContaining({ code: 'workspace-in-use' }) as Error;
    expect(() => workspace.keptEvents.keep('orders', 'busy', draft, 0)).toThrow(inUse);
    expect(() => workspace.settings.change({ valueBytesMax: 2_048 })).toThrow(inUse);
    expect(() => workspace.streams.remove('x')).toThrow(inUse);
    other.close();
    workspace.close();
  });
});
