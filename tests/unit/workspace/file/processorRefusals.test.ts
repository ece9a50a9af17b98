/** What a file says of processors and can not be: a clear error, and nothing of the file is there. And files of before there were any. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { BATCH_BYTES_MAX } from '../../../../main/api/streams.ts';
import { CASES_BYTES_MAX, SOURCE_BYTES_MAX } from '../../../../main/workspace/file/processorFormat.ts';
import { tarHeader } from '../../../../main/workspace/file/tar.ts';
import { readWhole, text } from '../../openLab.ts';
import { changed, fileOf, type FilePart, json, parsed, partsOf, resummed } from './fileParts.ts';
import { begin, exported, imported } from './labFiles.ts';
import { closeLabs, COUNT, deploy, type FolderLab, newLab, reopened, summary, trust, WITHIN, words } from './processorLab.ts';

let source: FolderLab;
let lab: FolderLab;
let client: LabClient;
let file: Buffer;
let parts: FilePart[];
beforeAll(async () => {
  source = await newLab();
  await source.client.streams.create({ name: 'tidy', shards: 2 });
  await source.client.produce.append({ stream: 'tidy', records: words(1, 50) });
  await deploy(source, 'count', COUNT);
  await deploy(source, 'count', `// two\n${COUNT}`);
  await source.client.processors.keepCases({ name: 'count', cases: [{ name: 'one', input: '1', expected: '', runOnMs: 0 }] });
  await source.client.processors.save({ name: 'draft', source: '// a draft' });
  await vi.waitFor(async () => expect(await summary(source, 'count')).toMatchObject({ in: 50 }), WITHIN);
  ({ file } = await exported(source.client));
  parts = partsOf(file);
  lab = await newLab();
  ({ client } = lab);
  await client.streams.create({ name: 'mine', shards: 1 });
});
afterAll(closeLabs);

const folder = (): string[] => readdirSync(path.join(lab.folder, 'processors')).sort();
/** What is left in the catalog of imports. */
function arriving(): number {
  const db = new Database(path.join(lab.folder, 'catalog.sqlite'), { readonly: true });
  const left = ['arriving_version', 'arriving_file', 'untrusted_source', 'processor', 'processor_version'].map((table) =>
    db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get(),
  );
  db.close();
  return left.reduce<number>((sum, count) => sum + count!, 0);
}

async function refusal(content: Uint8Array): Promise<string> {
  const failure = await imported(client, content).then(
    () => null,
    (error: unknown) => error as { code: string; message: string },
  );
  if (!failure) throw new Error('It was imported.');
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['mine']);
  expect(await client.processors.list({})).toEqual([]);
  expect(folder()).toEqual(['loglab.d.ts', 'tsconfig.json']);
  expect(arriving()).toBe(0);
  return `${failure.code}: ${failure.message}`;
}
const manifestWith = (change: (processors: Record<string, unknown>[]) => unknown): Buffer =>
  changed(parts, 'manifest.json', (all) => ({ ...all, processors: change(all.processors as Record<string, unknown>[]) }));
const first = (change: object) => manifestWith(([one, ...rest]) => [{ ...one, ...change }, ...rest]);
const withPart = (name: string, content: Buffer): Buffer =>
  fileOf(resummed(parts.map((part) => (part.name === name ? { name, content } : part))));

it('has these parts, the sources to be read by anyone', () => {
  expect(parts.map(({ name }) => name)).toEqual([
    'manifest.json',
    ...['processors/0000/processor.json', 'processors/0000/versions/0000.json', 'processors/0000/versions/0000.ts'],
    ...['processors/0000/versions/0001.json', 'processors/0000/versions/0001.ts', 'processors/0000/file.ts', 'processors/0000/cases.json'],
    ...['processors/0001/processor.json', 'processors/0001/file.ts'],
    ...parts.map(({ name }) => name).filter((name) => name.startsWith('states/0000/')),
    ...parts.map(({ name }) => name).filter((name) => name.startsWith('streams/')),
    ...['left-out.json', 'end.json'],
  ]);
  expect(parts.filter(({ name }) => name.startsWith('states/')).length).toBeGreaterThan(4);
  expect(parts.find(({ name }) => name === 'processors/0000/versions/0000.ts')!.content.toString()).toBe(COUNT);
  const facts = parsed(parts.find(({ name }) => name === 'processors/0000/processor.json')!);
  const { positions } = facts.deployed as { positions: Record<string, string[]> };
  expect(positions.tidy!.reduce((sum, offset) => sum + Number(offset), 0)).toBe(50);
  expect(JSON.stringify(facts)).not.toContain('trust');
});

it('names that lead elsewhere, and others that can not be', async () => {
  const odd =
    /^file-unreadable: The file is damaged: its part manifest\.json does not hold what it should \(processors\.0\.name: no name of a/;
  for (const name of ['../evil', '/etc/cron.d/x', '..', '.hidden', 'a/b', 'a\\b', '', 'loglab.d', 'con', 'Aux.x', 'größe', 'x\0'])
    expect(await refusal(first({ name })), name).toMatch(odd);
  expect(await refusal(first({ name: 'x'.repeat(101) }))).toContain('processors.0.name');
  expect(await refusal(first({ name: 'draft' }))).toMatch(/^processor-exists: Two processors would be called “draft”/);
  expect(await refusal(first({ name: 'DRAFT' }))).toMatch(/^processor-exists: Two processors/);
  expect(await refusal(first({ versions: 101 }))).toContain('processors.0.versions');
  expect(await refusal(first({ versions: 3 }))).toContain('one of its parts is missing, or stands where it should not');
  expect(await refusal(first({ versions: 1 }))).toContain('the version of “count” that ran is not in it');
  expect(await refusal(first({ versions: 0 }))).toContain('its parts do not agree on what “count” is');
  expect(await refusal(first({ state: null }))).toContain('stands where it should not');
  expect(await refusal(first({ state: { shards: 1, events: 0, bytes: 0 } }))).toContain('stands where it should not');
  expect(await refusal(manifestWith(() => 'none'))).toContain('(processors:');
  expect(await refusal(manifestWith((all) => Array.from({ length: 101 }, () => all[0])))).toContain('(processors:');
});

it('what is said of a processor and its versions', async () => {
  const facts = 'processors/0000/processor.json';
  const deployed = (change: object): Buffer =>
    changed(parts, facts, (all) => ({ ...all, deployed: { ...(all.deployed as object), ...change } }));
  expect(await refusal(deployed({ wanted: 'always' }))).toContain('processor.json does not hold what it should (deployed.wanted');
  expect(await refusal(deployed({ guarantee: 'maybe' }))).toContain('deployed.guarantee');
  expect(await refusal(deployed({ seed: -1 }))).toContain('deployed.seed');
  expect(await refusal(deployed({ version: 9 }))).toContain('the version of “count” that ran is not in it');
  expect(await refusal(deployed({ positions: { tidy: ['-1'] } }))).toContain('deployed.positions.tidy.0');
  expect(await refusal(deployed({ positions: { tidy: ['9'.repeat(19)] } }))).toContain('deployed.positions.tidy.0');
  expect(await refusal(deployed({ starts: 'none' }))).toContain('deployed.starts');
  expect(await refusal(deployed({ streams: { tidy: 7 } }))).toContain('deployed.streams.tidy');
  expect(await refusal(changed(parts, facts, (all) => ({ ...all, deployed: null })))).toContain('its parts do not agree');
  expect(await refusal(changed(parts, facts, (all) => ({ ...all, file: false })))).toContain('stands where it should not');
  const version = 'processors/0000/versions/0001.json';
  expect(await refusal(changed(parts, version, (all) => ({ ...all, version: 1 })))).toContain('do not follow upon each other');
  expect(await refusal(changed(parts, version, (all) => ({ ...all, inputs: [] })))).toContain('(inputs');
  expect(await refusal(changed(parts, version, (all) => ({ ...all, windowMs: 1e300 })))).toContain('(windowMs');
  expect(await refusal(withPart('processors/0000/versions/0001.ts', Buffer.from([0x61, 0xff])))).toContain('is no text');
  expect(await refusal(withPart('processors/0000/file.ts', Buffer.from('x'.repeat(1024 * 1024 + 1))))).toContain(
    'longer than a processor can be',
  );
  expect(await refusal(withPart('processors/0000/cases.json', json([{ name: 'a' }])))).toContain('cases.json does not hold');
  expect(await refusal(withPart('processors/0000/cases.json', Buffer.from('[')))).toContain('cases.json can not be read');
});

it('parts that say they are huge, are missing, or were changed', async () => {
  const upTo = (name: string): Buffer => {
    const at = parts.findIndex((part) => part.name === name);
    return Buffer.concat([fileOf(parts.slice(0, at)).subarray(0, -1024), tarHeader(name, 2 ** 33 - 1, 0), Buffer.alloc(4096)]);
  };
  expect(await refusal(upTo('processors/0000/file.ts'))).toContain(`more than the ${SOURCE_BYTES_MAX} that it can have`);
  expect(await refusal(upTo('processors/0000/cases.json'))).toContain(`more than the ${CASES_BYTES_MAX} that it can have`);
  const texts = parts.flatMap(({ name }, index) => (name.startsWith('processors/') || name.startsWith('states/') ? [index] : []));
  for (const missing of texts) {
    expect(await refusal(fileOf(resummed(parts.filter((_, index) => index !== missing))))).toMatch(/^file-unreadable: The file is damaged/);
  }
  const source = 'processors/0000/versions/0001.ts';
  const forged = parts.map((part) => (part.name === source ? { ...part, content: Buffer.from(COUNT) } : part));
  expect(await refusal(fileOf(forged))).toContain('its parts are not what was written: their checksum does not match');
});

it('cut off by its sender or by the end of the lab it leaves nothing', async () => {
  const half = file.subarray(0, file.length - 2_000);
  const jobId = await begin(client);
  await client.workspace.write({ jobId, piece: half.slice() });
  expect(arriving()).toBeGreaterThan(0);
  expect(await client.processors.list({})).toEqual([]);
  lab = await reopened(lab);
  ({ client } = lab);
  expect(arriving()).toBe(0);
  expect(await client.processors.list({})).toEqual([]);
  expect(folder()).toEqual(['loglab.d.ts', 'tsconfig.json']);
});

it('a name that is taken while the file comes: nothing of it is there', async () => {
  const jobId = await begin(client);
  await client.workspace.write({ jobId, piece: file.slice() });
  await client.processors.save({ name: 'Draft', source: '// meanwhile' });
  await expect(client.workspace.finish({ jobId })).rejects.toMatchObject({
    code: 'processor-exists',
    message: 'There is already a processor “Draft”. Choose another name.',
  });
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['mine']);
  expect((await client.processors.list({})).map(({ name }) => name)).toEqual(['Draft']);
  await client.processors.remove({ name: 'Draft' });
  expect(arriving()).toBe(0);
});

it('a state that is damaged stays out, and its processor comes as one that was never deployed', async () => {
  const damaged = await newLab();
  await imported(damaged.client, file);
  await damaged.close();
  const db = new Database(path.join(damaged.folder, 'broker-1.sqlite'));
  const row = db
    .prepare<[], { id: number; bytes: Buffer }>(
      `SELECT batch.rowid AS id, batch.bytes FROM batch JOIN shard ON shard.id = shard_id WHERE stream = '__processor.count' ORDER BY base_offset DESC LIMIT 1 OFFSET 2`,
    )
    .get()!;
  row.bytes[70] = row.bytes[70]! ^ 1;
  db.prepare('UPDATE batch SET bytes = ? WHERE rowid = ?').run(row.bytes, row.id);
  db.close();
  const { client: hurt } = await reopened(damaged);
  const { file: without, report } = await exported(hurt);
  expect(report).toMatchObject({ processors: 2, leftOutCount: 1 });
  expect(report.leftOut[0]).toMatchObject({
    stream: '__processor.count',
    reason: expect.stringMatching(
      /^Its state, shard \d, is not whole\. This record batch is damaged: .* The processor is in the file without its state/,
    ) as string,
  });
  const other = await newLab();
  expect(await imported(other.client, without)).toEqual(report);
  expect(await summary(other, 'count')).toMatchObject({ state: 'untrusted', current: null, versions: 0 });
  expect((await other.client.processors.source({ name: 'count', version: null })).text).toBe(`// two\n${COUNT}`);
  expect((await other.client.streams.list({})).map(({ name }) => name)).not.toContain('__processor.count');
  await trust(other, 'count');
  expect(await deploy(other, 'count', null, { start: { at: 'latest' } })).toMatchObject({ current: { version: 1 } });
});

it('and what was refused can be imported once it is whole', async () => {
  expect(await imported(client, file)).toMatchObject({ processors: 2, streams: 3 });
  expect(folder()).toEqual(['count.cases.json', 'count.ts', 'draft.ts', 'loglab.d.ts', 'removed', 'tsconfig.json']);
});

it('a file of format 1, which had no processors, is imported', async () => {
  const old = readFileSync(path.join(import.meta.dirname, 'files/format1.loglab'));
  const other = await newLab();
  const preview = await other.client.workspace.preview({ head: old });
  expect(preview).toMatchObject({ processors: [], streams: [{ name: 'empty' }, { name: 'orders', events: 12 }] });
  expect(await imported(other.client, old)).toMatchObject({ streams: 2, processors: 0, events: 12, leftOut: [] });
  expect((await readWhole(other.client, 'orders')).records.map(({ value }) => text(value))).toEqual(
    [0, 1, 2].flatMap((n) => Array.from({ length: 4 }, (_, at) => `${n}/${at}`)),
  );
  // Settings that it does not name are the default.
  expect((await other.client.streams.list({})).map(({ settings }) => settings.batchBytesMax)).toEqual([BATCH_BYTES_MAX, BATCH_BYTES_MAX]);
});
