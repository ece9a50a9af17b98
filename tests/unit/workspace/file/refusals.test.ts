/** Files that are damaged, cut short, newer, or somebody else's: a clear error, and nothing of them is imported. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { isOver, jobWhen, openLab, readWhole, record, seeded, temporaryFolder, type TestLab } from '../../openLab.ts';
import { tarHeader } from '../../../../main/workspace/file/tar.ts';
import { changed, fileOf, type FilePart, json, parsed, partsOf, resummed } from './fileParts.ts';
import { begin, exported, imported } from './labFiles.ts';

const temporary = temporaryFolder();
let lab: TestLab;
let client: LabClient;
let file: Buffer;
let parts: FilePart[];
beforeAll(async () => {
  const source = await openLab(path.join(temporary.folder, 'source'));
  await source.client.streams.create({ name: 'orders', shards: 2 });
  await source.client.streams.create({ name: 'empty', shards: 1 });
  for (let batch = 0; batch < 6; batch++) {
    const records = Array.from({ length: 10 }, (_, n) => record(`${batch}-${n}-${'x'.repeat(50)}`, { shard: batch % 2 }));
    await source.client.produce.append({ stream: 'orders', records });
  }
  ({ file } = await exported(source.client));
  await source.close();
  parts = partsOf(file);
  lab = await openLab(path.join(temporary.folder, 'target'));
  ({ client } = lab);
  await client.streams.create({ name: 'mine', shards: 1 });
});
afterAll(async () => {
  await lab.close();
  temporary.remove();
});

const BATCHES = 'streams/0001/0/00000000000000000000.batches';

/** What it is refused with; nothing of it stays. */
async function refused(content: Uint8Array): Promise<{ code: string; message: string }> {
  const failure = await imported(client, content).then(
    () => null,
    (error: unknown) => error as { code: string; message: string },
  );
  if (!failure) throw new Error('It was imported.');
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['mine']);
  return failure;
}
const refusal = async (content: Uint8Array): Promise<string> => {
  const { code, message } = await refused(content);
  return `${code}: ${message}`;
};

it('is a tar that others read, with these parts', () => {
  const at = path.join(temporary.folder, 'a.loglab');
  writeFileSync(at, file);
  const names = execFileSync('tar', ['tf', at], { encoding: 'utf8' }).trimEnd().split('\n');
  expect(names).toEqual([
    'manifest.json',
    ...['streams/0000/0/shard.json', 'streams/0000/0/sums.json'],
    ...['streams/0001/0/shard.json', BATCHES, 'streams/0001/0/sums.json'],
    ...['streams/0001/1/shard.json', 'streams/0001/1/00000000000000000000.batches', 'streams/0001/1/sums.json'],
    ...['left-out.json', 'end.json'],
  ]);
  for (const { name, content } of parts) expect(execFileSync('tar', ['xOf', at, name])).toEqual(content);
  expect(file.subarray(512, 523).toString()).toBe('{"format":2');
  expect(file.toString('latin1')).not.toContain(temporary.folder);
});

it('files that are no workspace’s', async () => {
  const strange = 'not-a-log: This is no file of a workspace. Choose one that “Export workspace” has made; its name ends in .loglab.';
  for (const content of ['', '{"n":1}\n', 'x'.repeat(5_000), '\0'.repeat(5_000)]) {
    expect(await refusal(Buffer.from(content))).toContain(strange);
    await expect(client.workspace.preview({ head: Buffer.from(content) })).rejects.toMatchObject({ code: 'not-a-log' });
  }
  expect(await refusal(fileOf([{ name: '../../etc/passwd', content: json({ format: 1 }) }]))).toContain(strange);
  expect(await refusal(fileOf([{ name: 'manifest.json', content: json({ name: 'a package' }) }]))).toContain(strange);
});

it('of a newer version', async () => {
  const newer = fileOf([{ name: 'manifest.json', content: json({ format: 3, streams: 'as they will be' }) }]);
  const sentence =
    'This file was made by a newer version of the lab (format 3; this version knows 2). Install the newer version to open it.';
  expect(await refusal(newer)).toContain(`format-too-new: ${sentence}`);
  await expect(client.workspace.preview({ head: newer })).rejects.toMatchObject({ code: 'format-too-new', message: sentence });
});

it('cut short anywhere', async () => {
  const random = seeded(7);
  const ends = [
    file.length - 512,
    file.length - 1024,
    ...Array.from({ length: 20 }, () => 512 + Math.floor(random() * (file.length - 1536))),
  ];
  for (const end of ends) expect(await refusal(file.subarray(0, end)), `at ${end}`).toMatch(/^file-unreadable: The file is cut short/);
});

it('with any byte changed', async () => {
  const random = seeded(11);
  let fill = 0;
  for (let n = 0; n < 60; n++) {
    const flipped = Buffer.from(file);
    const at = Math.floor(random() * (file.length - 1024));
    flipped[at] = flipped[at]! ^ (1 << Math.floor(random() * 8));
    const names = (await client.streams.list({})).map(({ name }) => name);
    expect(names).toEqual(['mine']);
    try {
      await imported(client, flipped);
    } catch (error) {
      expect(['file-unreadable', 'not-a-log', 'format-too-new', 'bad-stream-name']).toContain((error as { code: string }).code);
      continue;
    }
    // Only what fills the blocks of a tar says nothing.
    fill++;
    expect(partsOf(flipped)).toEqual(parts);
    for (const name of ['orders', 'empty']) await client.streams.delete({ name });
  }
  expect(fill).toBeLessThan(40);
});

it('that say of a batch what does not fit', async () => {
  const withBatch = (change: (batches: Buffer) => void): Buffer => {
    const content = Buffer.from(parts.find(({ name }) => name === BATCHES)!.content);
    change(content);
    return fileOf(resummed(parts.map((part) => (part.name === BATCHES ? { name: BATCHES, content } : part))));
  };
  expect(await refusal(withBatch((content) => (content[16 + 100] = content[16 + 100]! ^ 1)))).toMatch(
    /^file-unreadable: The file is damaged: shard 0 of the stream “orders”, offsets 0 to 9: the checksum of this record batch does not match/,
  );
  expect(await refusal(withBatch((content) => content.writeBigInt64BE(2n ** 62n, 16)))).toContain('these offsets do not follow');
  expect(await refusal(withBatch((content) => content.writeBigInt64BE(BigInt(Date.now() + 2 * 86_400_000) * 1000n, 0)))).toContain(
    'more than a day from now by the clock of this machine',
  );
  expect(await refusal(withBatch((content) => content.writeBigInt64BE(0n, 0)))).toContain('it was appended before the one before it');
  expect(await refusal(withBatch((content) => content.writeBigInt64BE(-1n, 8)))).toContain('the counts of records do not agree');
  expect(await refusal(withBatch((content) => content.writeInt32BE(7, 16 + 12)))).toContain('its leader epoch does not fit');
  expect(await refusal(withBatch((content) => content.writeInt32BE(2 ** 31 - 1, 16 + 8)))).toMatch(/holds a record batch that says it has/);
  expect(await refusal(withBatch((content) => content.writeInt32BE(-100, 16 + 8)))).toMatch(/holds a record batch that says it has/);
  expect(await refusal(withBatch((content) => content.writeInt32BE(20, 16 + 8)))).toMatch(/too short/);
});

it('that say of streams and shards what does not fit', async () => {
  const shard = 'streams/0001/0/shard.json';
  expect(await refusal(changed(parts, shard, (head) => ({ ...head, endOffset: '5' })))).toContain('these offsets do not follow');
  expect(await refusal(changed(parts, shard, (head) => ({ ...head, startOffset: '9'.repeat(19) })))).toContain('shard.json does not hold');
  expect(await refusal(changed(parts, shard, (head) => ({ ...head, startOffset: '31' })))).toContain('the offsets of shard 0');
  expect(await refusal(changed(parts, shard, (head) => ({ ...head, parents: [7] })))).toContain('the parents of shard 0');
  const sums = 'streams/0001/0/sums.json';
  expect(await refusal(changed(parts, sums, (all) => ({ ...all, records: 29 })))).toContain('its checksum does not match');
  const streams = parsed(parts[0]!).streams as Record<string, unknown>[];
  const manifest = (change: object): Buffer =>
    changed(parts, 'manifest.json', (all) => ({ ...all, streams: [streams[0], { ...streams[1], ...change }] }));
  expect(await refusal(manifest({ shards: 100_000 }))).toContain('manifest.json does not hold what it should (streams.1.shards');
  expect(await refusal(manifest({ shards: 3 }))).toContain('one of its parts is missing, or stands where it should not');
  expect(await refusal(manifest({ name: '../orders' }))).toMatch(/^bad-stream-name/);
  expect(await refusal(manifest({ name: 'empty' }))).toMatch(/^stream-exists/);
  expect(await refusal(manifest({ name: 'mine' }))).toMatch(/^stream-exists: There is already a stream “mine”/);
});

it('whose parts say that they are huge, link elsewhere, are missing, or come in another order', async () => {
  const first = fileOf(parts.slice(0, 1)).subarray(0, -1024);
  const huge = (name: string): Buffer => Buffer.concat([first, tarHeader(name, 2 ** 33 - 1, 0), Buffer.alloc(4096)]);
  expect(await refusal(Buffer.concat([tarHeader('manifest.json', 2 ** 33 - 1, 0), Buffer.alloc(4096)]))).toContain('more than the 2096128');
  expect(await refusal(huge('streams/0000/0/shard.json'))).toContain('more than the 2096128 that it can have');
  const begun = fileOf(parts.slice(0, 4)).subarray(0, -1024);
  const part = Buffer.concat([begun, tarHeader(BATCHES, 2 ** 33 - 1, 0), Buffer.alloc(4096)]);
  expect(await refusal(part)).toContain('more than the 16777216 that it can have');
  const link = tarHeader('streams/0000/0/shard.json', 0, 0);
  link.write('2', 156, 'latin1');
  link.write(
    `${(link.reduce((sum, byte) => sum + byte, 0) - link.subarray(148, 156).reduce((sum, byte) => sum + byte, 0) + 8 * 32).toString(8).padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  expect(await refusal(Buffer.concat([first, link]))).toContain('it holds a part that no workspace’s file has');
  for (let missing = 1; missing < parts.length - 1; missing++)
    expect(await refusal(fileOf(resummed(parts.filter((_, index) => index !== missing))))).toMatch(/^file-unreadable: The file is damaged/);
  const [a, b] = [parts[4]!, parts[7]!];
  expect(await refusal(fileOf(resummed(parts.map((each) => (each === a ? b : each === b ? a : each)))))).toMatch(
    /stands where it should not/,
  );
  expect(await refusal(Buffer.concat([file, Buffer.from('more')]))).toMatch(/^file-unreadable/);
});

it('and what was refused can be imported once it is whole', async () => {
  expect((await imported(client, file)).events).toBe(60);
  expect((await readWhole(client, 'orders')).records).toHaveLength(60);
  const jobId = await begin(client);
  await expect(client.workspace.write({ jobId, piece: file.subarray(0, 4096) })).rejects.toMatchObject({ code: 'stream-exists' });
  expect(await jobWhen(client, jobId, isOver)).toMatchObject({
    state: 'failed',
    message: 'There is already a stream “empty”. Choose another name. Nothing of the file was imported.',
  });
  for (const name of ['orders', 'empty']) await client.streams.delete({ name });
});
