/** A broker's file that was lost, replaced, or put back. */
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImportRules } from '../../../main/api/imports.ts';
import { openLab, readWhole, record, temporaryFolder, text, type TestLab } from '../openLab.ts';

const PROBLEM =
  'The shards of “orders” are not in broker-1.sqlite: the file was lost or replaced. Close the lab and put the file back, or delete the stream.';
const missing = { code: 'shards-missing', message: PROBLEM, retriable: false };
const rules: ImportRules = { format: 'lines', keyField: null, timeField: null };

function folder(): string {
  const made = temporaryFolder();
  onTestFinished(made.remove);
  return made.folder;
}

/** A workspace with one stream of three shards and an event in it, closed. */
async function workspaceWith(stream: string): Promise<string> {
  const made = folder();
  const lab = await openLab(made);
  await lab.client.streams.create({ name: stream, shards: 3 });
  await lab.client.produce.append({ stream, records: [record('kept', { key: Buffer.from('k') })] });
  await lab.close();
  return made;
}

async function open(workspace: string): Promise<TestLab> {
  const lab = await openLab(workspace);
  onTestFinished(() => lab.close());
  return lab;
}

const brokerFile = (workspace: string): string => path.join(workspace, 'broker-1.sqlite');
const values = async ({ client }: TestLab, stream: string): Promise<(string | null)[]> =>
  (await readWhole(client, stream)).records.map(({ value }) => text(value));

async function expectLost({ client }: TestLab): Promise<void> {
  expect((await client.streams.list({})).find(({ name }) => name === 'orders')).toMatchObject({ shards: [], events: 0, problem: PROBLEM });
  const records = [record('x', { key: Buffer.from('k') })];
  await expect(client.produce.append({ stream: 'orders', records })).rejects.toMatchObject(missing);
  await expect(client.produce.send({ stream: 'orders', record: records[0]!, count: 1, numbered: false })).rejects.toMatchObject(missing);
  for (const shards of [null, 3])
    await expect(client.imports.start({ stream: 'orders', shards, rules, file: { name: 'f', bytes: 1 } })).rejects.toMatchObject(missing);
  await expect(readWhole(client, 'orders')).rejects.toMatchObject(missing);
  await expect(client.events.window({ stream: 'orders', from: 0, limit: 1 })).rejects.toMatchObject(missing);
  await expect(client.streams.create({ name: 'orders', shards: 1 })).rejects.toMatchObject({ code: 'stream-exists' });
}

describe('a broker’s file', () => {
  it('that was lost: its streams are listed and say so, everything else lives on', async () => {
    const workspace = await workspaceWith('orders');
    rmSync(brokerFile(workspace));
    const lab = await open(workspace);
    await expectLost(lab);
    await lab.client.streams.create({ name: 'views', shards: 2 });
    await lab.client.produce.append({ stream: 'views', records: [record('new')] });
    expect(await values(lab, 'views')).toEqual(['new']);

    await lab.client.streams.delete({ name: 'orders' });
    await lab.client.streams.create({ name: 'orders', shards: 1 });
    expect(await values(lab, 'orders')).toEqual([]);
    expect(await values(lab, 'views')).toEqual(['new']);
  });

  it('that is put back brings its streams back', async () => {
    const workspace = await workspaceWith('orders');
    renameSync(brokerFile(workspace), `${brokerFile(workspace)}.away`);
    const without = await openLab(workspace);
    await expectLost(without);
    await without.close();
    renameSync(`${brokerFile(workspace)}.away`, brokerFile(workspace));
    const lab = await open(workspace);
    expect(await lab.client.streams.list({})).toMatchObject([{ name: 'orders', problem: null }]);
    expect(await values(lab, 'orders')).toEqual(['kept']);
  });

  it('of another lab is left as it is, and takes nothing that is meant for the streams of this one', async () => {
    const [workspace, other] = [await workspaceWith('orders'), await workspaceWith('theirs')];
    renameSync(brokerFile(other), brokerFile(workspace));
    const lab = await openLab(workspace);
    await expectLost(lab);
    await lab.client.streams.delete({ name: 'orders' });
    await lab.close();
    await (await openLab(workspace)).close();
    const db = new Database(brokerFile(workspace), { readonly: true });
    expect(db.prepare("SELECT stream, sum(records_total) AS records FROM shard WHERE state = 'open' GROUP BY stream").all()).toEqual([
      { stream: 'theirs', records: 1 },
    ]);
    db.close();
  });

  it('that goes while the lab runs: a broker that comes up over a new one takes no event of the old streams', async () => {
    const lab = await open(await workspaceWith('orders'));
    const gone = lab.killBroker();
    await gone;
    for (const end of ['', '-wal', '-shm']) rmSync(`${lab.brokerFile}${end}`, { force: true });
    await lab.brokerUp();
    // The new file gives its first shard the number that the first one of “orders” had.
    await lab.client.streams.create({ name: 'views', shards: 3 });
    await expectLost(lab);
    expect(await values(lab, 'views')).toEqual([]);
  });
});
