/** What came with a file is not loaded before somebody has looked at it and trusts it: each version by itself; what its user writes is his own. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { createNodeSpawner } from '../../../../main/processes/nodeSpawner.ts';
import type { Spawner } from '../../../../main/processes/spawner.ts';
import { builtFolder, readWhole } from '../../openLab.ts';
import { changed, partsOf } from './fileParts.ts';
import { exported, imported } from './labFiles.ts';
import { closeLabs, deploy, type FolderLab, newLab, reopened, summary, TIDY, trust, WITHIN, words } from './processorLab.ts';

/** Says so as it is loaded. */
const LOUD = `ctxless();\nfunction ctxless() { globalThis.seen = 1; }\n${TIDY}`;
const FIRST = `// first\n${TIDY}`;

let file: Buffer;
let target: FolderLab;
let client: LabClient;
/** Processes of processors that were started in the target. */
let started = 0;
const counting = (): Spawner => {
  const spawner = createNodeSpawner(builtFolder);
  return {
    ...spawner,
    spawn(kind, ...rest) {
      if (kind === 'processor') started++;
      return spawner.spawn(kind, ...rest);
    },
  };
};

beforeEach(async () => {
  const source = await newLab();
  await source.client.streams.create({ name: 'words', shards: 2 });
  await source.client.produce.append({ stream: 'words', records: words(1, 50) });
  await deploy(source, 'tidy', FIRST);
  await deploy(source, 'tidy', LOUD);
  await vi.waitFor(async () => expect(await summary(source, 'tidy')).toMatchObject({ in: 50 }), WITHIN);
  await source.client.processors.save({ name: 'draft', source: `// a draft\n${TIDY}` });
  ({ file } = await exported(source.client));
  await source.close();
  started = 0;
  target = await newLab({ spawner: counting() });
  ({ client } = target);
  await imported(client, file);
});
afterEach(closeLabs);

const untrusted = { code: 'untrusted', message: expect.stringContaining('came with a workspace from elsewhere') as string };
const source = async (version: number | null, name = 'tidy'): Promise<string> => (await client.processors.source({ name, version })).text;

it('nothing of it is loaded, whatever is asked; once trusted it goes on', async () => {
  await client.produce.append({ stream: 'words', records: words(51, 50) });
  const { processors } = client;
  await expect(processors.resume({ name: 'tidy' })).rejects.toMatchObject(untrusted);
  await expect(processors.check({ name: 'tidy', source: LOUD })).rejects.toMatchObject(untrusted);
  await expect(deploy(target, 'tidy', null)).rejects.toMatchObject(untrusted);
  await expect(deploy(target, 'tidy', LOUD)).rejects.toMatchObject(untrusted);
  await expect(deploy(target, 'tidy', FIRST)).rejects.toMatchObject(untrusted);
  await expect(deploy(target, 'draft', null)).rejects.toMatchObject(untrusted);
  await expect(processors.check({ name: 'draft', source: await source(null, 'draft') })).rejects.toMatchObject(untrusted);
  await expect(processors.state({ name: 'tidy', store: 's', shard: null, from: '', contains: '', most: 1 })).rejects.toMatchObject(
    untrusted,
  );
  const testing = processors.test({ name: 'tidy', source: LOUD, records: [], runOnMs: 0, seed: 1 });
  await expect(testing[Symbol.asyncIterator]().next()).rejects.toMatchObject(untrusted);
  await processors.pause({ name: 'tidy' });
  await processors.kill({ name: 'tidy' });
  await pause(500);
  target = await reopened(target, { spawner: counting() });
  ({ client } = target);
  await pause(500);
  expect(started).toBe(0);
  expect((await readWhole(client, 'tidy')).records).toHaveLength(48);
  expect(await summary(target, 'tidy')).toMatchObject({ state: 'untrusted', versions: 2, isFileTrusted: false });
  expect(await summary(target, 'draft')).toMatchObject({ state: 'untrusted', current: null });

  await expect(client.processors.trust({ name: 'tidy', source: `${LOUD}// changed since` })).rejects.toMatchObject({ code: 'bad-input' });
  // Paused here meanwhile, it stays so; and runs when it is told to.
  expect(await trust(target, 'tidy')).toMatchObject({ state: 'paused', isFileTrusted: true });
  await client.processors.resume({ name: 'tidy' });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ in: 100 }), WITHIN);
  expect((await readWhole(client, 'tidy')).records).toHaveLength(96);
  expect((await trust(target, 'draft')).state).toBe('draft');
  target = await reopened(target);
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ state: 'running', in: 100 }), WITHIN);
});

it('each version is trusted by itself; what its user writes is his own', async () => {
  expect(await trust(target, 'tidy')).toMatchObject({ state: 'starting' });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ state: 'running' }), WITHIN);
  // The first version is taken back: it was never looked at here.
  await client.processors.save({ name: 'tidy', source: await source(1) });
  expect(await summary(target, 'tidy')).toMatchObject({ state: 'running', hasChanges: true, isFileTrusted: false });
  await expect(deploy(target, 'tidy', null)).rejects.toMatchObject(untrusted);
  await client.processors.trust({ name: 'tidy', source: await source(1) });
  expect(await deploy(target, 'tidy', null)).toMatchObject({ current: { version: 3 }, isFileTrusted: true });
  // And a change of his own.
  expect(await deploy(target, 'tidy', `// mine\n${FIRST}`)).toMatchObject({ current: { version: 4 } });
  await client.produce.append({ stream: 'words', records: words(51, 10) });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ in: 60 }), WITHIN);
});

it('one that is not trusted is replaced by a text of its user’s, which goes on with its state', async () => {
  writeFileSync(path.join(target.folder, 'processors/tidy.ts'), `// mine\n${FIRST}`);
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ state: 'untrusted', isFileTrusted: true }), WITHIN);
  expect(await deploy(target, 'tidy', null)).toMatchObject({ current: { version: 3 } });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ state: 'running', in: 50 }), WITHIN);
  expect((await readWhole(client, 'tidy')).records).toHaveLength(48);
  // Removed, nothing of it is left to be trusted or not.
  await client.processors.remove({ name: 'tidy' });
  expect(await deploy(target, 'tidy', LOUD)).toMatchObject({ current: { version: 1 } });
});

it('what the file says of a version is not believed: its code is asked', async () => {
  const forged = changed(partsOf(file), 'processors/0001/versions/0001.json', (said) => ({
    ...said,
    outputs: ['__positions'],
    stores: ['x'],
  }));
  const other = await newLab();
  await imported(other.client, forged);
  expect(await summary(other, 'tidy')).toMatchObject({ current: { outputs: ['__positions'] } });
  expect(await trust(other, 'tidy')).toMatchObject({ current: { outputs: ['tidy'], stores: [] } });
  await other.client.produce.append({ stream: 'words', records: words(51, 10) });
  await vi.waitFor(async () => expect(await summary(other, 'tidy')).toMatchObject({ in: 60, out: { tidy: 58 } }), WITHIN);
});

it('one that can not be loaded is not trusted, and says why', async () => {
  const lab = await newLab();
  await lab.client.processors.save({ name: 'broken', source: 'const x = ;' });
  const other = await newLab();
  await imported(other.client, (await exported(lab.client)).file);
  await expect(trust(other, 'broken')).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringMatching(/^broken\.ts:1:11/) as string,
  });
  expect(await summary(other, 'broken')).toMatchObject({ state: 'untrusted' });
});

it('its files are written when the lab is opened again, where they could not be; one of its user’s stays', async () => {
  const other = await newLab();
  const folder = path.join(other.folder, 'processors');
  mkdirSync(path.join(folder, 'tidy.ts.new'));
  await imported(other.client, file);
  expect(existsSync(path.join(folder, 'draft.ts'))).toBe(true);
  expect(await summary(other, 'tidy')).toMatchObject({ file: null, state: 'untrusted' });
  rmdirSync(path.join(folder, 'tidy.ts.new'));
  const again = await reopened(other);
  expect(await summary(again, 'tidy')).toMatchObject({ file: path.join(folder, 'tidy.ts'), hasChanges: false, isFileTrusted: false });
});
