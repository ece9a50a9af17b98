/** Brokers and engines that are killed in the middle of what they do. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LabError } from '../../../main/api/errors.ts';
import { openCatalog } from '../../../main/workspace/catalog.ts';
import { builtFolder, openLab, readAll, readWhole, record, resources, temporaryFolder, text, type TestLab } from '../openLab.ts';

interface Opened {
  lab: TestLab;
  folder: string;
}

async function open(): Promise<Opened> {
  const { folder, remove } = temporaryFolder();
  const lab = await openLab(folder);
  onTestFinished(async () => {
    await lab.close();
    remove();
  });
  return { lab, folder };
}

/** Whether it still runs. An orphan that nobody has reaped yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** Streams by the broker's file, and by the catalog. */
function onDisk(folder: string): { broker: string[]; catalog: string[] } {
  const db = new Database(path.join(folder, 'broker-1.sqlite'), { readonly: true });
  const broker = db
    .prepare<[], string>("SELECT stream || '/' || number FROM shard WHERE state <> 'deleted' ORDER BY stream, number")
    .pluck()
    .all();
  db.close();
  const catalog = new Database(path.join(folder, 'catalog.sqlite'), { readonly: true });
  const streams = catalog
    .prepare<[], { name: string; shards: number; state: string }>('SELECT name, shards, state FROM stream ORDER BY name')
    .all();
  catalog.close();
  expect(streams.every(({ state }) => state === 'open')).toBe(true);
  return { broker, catalog: streams.flatMap(({ name, shards }) => Array.from({ length: shards }, (_, number) => `${name}/${number}`)) };
}

describe('a broker that is killed', () => {
  it('is said to be down, comes back, and has lost nothing that it acknowledged', async () => {
    const { lab } = await open();
    const { client } = lab;
    await client.streams.create({ name: 'kept', shards: 2 });
    const acknowledged = new Set<string>();
    const failures: LabError[] = [];
    let isStopped = false;
    const producers = Array.from({ length: 3 }, async (_, producer) => {
      for (let n = 0; !isStopped; n++) {
        const value = `${producer}/${n}`;
        await client.produce.append({ stream: 'kept', records: [record(value)] }).then(
          () => acknowledged.add(value),
          async (error: LabError) => {
            failures.push(error);
            await new Promise((resolve) => setTimeout(resolve, 10));
          },
        );
      }
    });
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(60));
    const before = await lab.broker();
    await lab.killBroker();

    const down = await lab.broker();
    expect(down).toMatchObject({
      state: 'down',
      pid: null,
      message: 'Broker 1 ended (signal SIGKILL). It is started again. What it had acknowledged is kept.',
    });
    await expect(client.events.window({ stream: 'kept', from: 0, limit: 1 })).rejects.toMatchObject({
      code: 'broker-down',
      retriable: true,
      message: 'Broker 1 is not up just now. It is being started again; try once more in a moment.',
    });
    await expect(client.streams.create({ name: 'later', shards: 1 })).rejects.toMatchObject({ code: 'broker-down' });
    await expect(client.streams.delete({ name: 'kept' })).rejects.toMatchObject({ code: 'broker-down' });
    expect((await client.streams.list({})).map(({ name, shards }) => [name, shards[0]!.available])).toEqual([['kept', false]]);

    await lab.brokerUp();
    expect(await lab.broker()).toMatchObject({ restarts: 1, message: null });
    expect((await lab.broker()).pid).not.toBe(before.pid);
    const soFar = acknowledged.size;
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(soFar + 20));
    isStopped = true;
    await Promise.all(producers);

    const present = (await readWhole(client, 'kept')).records.map(({ value }) => text(value)!);
    expect([...acknowledged].filter((value) => !present.includes(value))).toEqual([]);
    expect(new Set(present).size).toBe(present.length);
    expect(failures.length).toBeGreaterThan(0);
    // To a page `disconnected` is its own connection to the lab; that one stood.
    for (const failure of failures) expect(failure).toMatchObject({ code: 'broker-down', retriable: true });
    await client.streams.create({ name: 'later', shards: 1 });
  });

  it('ends what reads from it with broker-down', async () => {
    const { lab } = await open();
    await lab.client.streams.create({ name: 'read', shards: 1 });
    const reading = readAll(lab.client.events.read({ stream: 'read', from: { at: 'beginning' }, until: { at: 'live' } }));
    const outcome = reading.catch((error: LabError) => error.code);
    await lab.killBroker();
    expect(await outcome).toBe('broker-down');
  });

  it('that never answers a delete carries it out when it is up again', async () => {
    const { lab, folder } = await open();
    const { client } = lab;
    await client.streams.create({ name: 'going', shards: 2 });
    const { pid } = await lab.broker();
    process.kill(pid!, 'SIGSTOP');
    const deleting = client.streams.delete({ name: 'going' });
    await lab.killBroker();
    await deleting;
    expect(await client.streams.list({})).toEqual([]);
    await lab.brokerUp();
    expect(onDisk(folder)).toEqual({ broker: [], catalog: [] });
    await client.streams.create({ name: 'going', shards: 1 });
  });

  it('in the middle of making and deleting streams leaves neither stray shards nor streams without them', async () => {
    const { lab, folder } = await open();
    const { client } = lab;
    // Each restart waits longer than the one before.
    for (let round = 0; round < 5; round++) {
      const name = `round-${round}`;
      await client.streams.create({ name: `${name}-old`, shards: 3 });
      const { pid } = await lab.broker();
      const work = [client.streams.create({ name: `${name}-new`, shards: 200 }), client.streams.delete({ name: `${name}-old` })].map(
        (each) =>
          each.then(
            () => 'done',
            (error: LabError) => error.code,
          ),
      );
      setTimeout(() => process.kill(pid!, 'SIGKILL'), round);
      const [made, deleted] = await Promise.all(work);
      await vi.waitFor(async () => expect((await lab.broker()).pid).not.toBe(pid));
      await lab.brokerUp();

      const names = (await client.streams.list({})).map((stream) => stream.name).filter((each) => each.startsWith(name));
      expect(['done', 'broker-down']).toContain(made);
      expect(names.includes(`${name}-new`)).toBe(made === 'done');
      expect(names.includes(`${name}-old`)).toBe(deleted !== 'done');
      const { broker, catalog } = onDisk(folder);
      expect(broker).toEqual(catalog);
      // Whatever became of it, the name works: as it is, or made anew.
      for (const each of [`${name}-new`, `${name}-old`]) {
        if (!names.includes(each)) await client.streams.create({ name: each, shards: 1 });
        await client.produce.append({ stream: each, records: [record('works')] });
        await client.streams.delete({ name: each });
      }
    }
  });
});

describe('a lab that is closed', () => {
  it('leaves no process behind and frees the workspace at once', async () => {
    const { folder, remove } = temporaryFolder();
    const lab = await openLab(folder);
    await lab.client.streams.create({ name: 'kept', shards: 1 });
    await lab.client.produce.append({ stream: 'kept', records: [record('one')] });
    const { pid } = await lab.broker();
    await lab.close();
    expect(isAlive(pid!)).toBe(false);

    const again = await openLab(folder);
    expect((await readWhole(again.client, 'kept')).records.map(({ value }) => text(value))).toEqual(['one']);
    await again.close();
    remove();
  });

  it('while its broker is being started again, too', async () => {
    const { folder, remove } = temporaryFolder();
    const lab = await openLab(folder);
    await lab.killBroker();
    await lab.close();
    const again = await openLab(folder);
    expect((await again.broker()).state).toBe('up');
    await again.close();
    remove();
  });
});

describe('what an engine that died left half done', () => {
  it('is undone when the workspace is opened again', async () => {
    const { folder, remove } = temporaryFolder();
    const lab = await openLab(folder);
    for (const name of ['making', 'open', 'deleting']) await lab.client.streams.create({ name, shards: 2 });
    await lab.close();
    const catalog = openCatalog(path.join(folder, 'catalog.sqlite'));
    catalog.exec("UPDATE stream SET state = name; INSERT INTO stream VALUES ('x', 'never-begun', 4, 1, 'making', '{}')");
    catalog.close();

    const again = await openLab(folder);
    expect((await again.client.streams.list({})).map(({ name }) => name)).toEqual(['open']);
    await again.client.streams.create({ name: 'never-begun', shards: 1 });
    await again.close();
    expect(onDisk(folder)).toEqual({ broker: ['never-begun/0', 'open/0', 'open/1'], catalog: ['never-begun/0', 'open/0', 'open/1'] });
    remove();
  });
});

describe('an engine that is killed', () => {
  it('takes its broker along; the next one gets the workspace, with all that was acknowledged', async () => {
    const { folder, remove } = temporaryFolder();
    onTestFinished(remove);
    const child: ChildProcess = fork(path.join(import.meta.dirname, 'engineWriter.ts'), [folder, builtFolder, resources], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    const acknowledged: string[] = [];
    let brokerPid = 0;
    child.on('message', (message: { pid?: number; value?: string }) => {
      if (message.pid) brokerPid = message.pid;
      if (message.value) acknowledged.push(message.value);
    });
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200));
    child.kill('SIGKILL');
    await once(child, 'exit');

    // It waits five seconds for the one before to let go of workspace and log, and fails after that.
    const lab = await openLab(folder);
    await vi.waitFor(() => expect(isAlive(brokerPid)).toBe(false));
    const present = new Set((await readWhole(lab.client, 'written')).records.map(({ value }) => text(value)));
    expect(acknowledged.filter((value) => !present.has(value))).toEqual([]);
    await lab.close();
  });
});
