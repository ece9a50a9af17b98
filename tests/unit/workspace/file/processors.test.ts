/**
 * Processors go out of a lab that runs and on in another one. At the cut all of them stand between two commits, with nothing on its way between
 * brokers, so what the file has of outputs, states and positions belongs together: whenever it was made, in the other lab every event of it comes to
 * have been processed exactly once.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import { GUARANTEES } from '../../../../main/api/processors.ts';
import { readWhole, record, seeded, text } from '../../openLab.ts';
import { exported, imported } from './labFiles.ts';
import { closeLabs, COUNT, deploy, expectAllOnce, type FolderLab, newLab, summary, TIDY, trust, WITHIN, words } from './processorLab.ts';

afterEach(closeLabs);

async function running(options: Parameters<typeof newLab>[0], guarantee: (typeof GUARANTEES)[number] = 'exactly-once'): Promise<FolderLab> {
  const lab = await newLab(options);
  await lab.client.streams.create({ name: 'words', shards: 4 });
  await lab.client.streams.create({ name: 'tidy', shards: 3 });
  await deploy(lab, 'tidy', TIDY, { guarantee });
  await deploy(lab, 'count', COUNT, { guarantee });
  return lab;
}

/** Appends words until it is told to end. */
function producing(client: LabClient, seed: number): { end: () => Promise<number> } {
  const random = seeded(seed);
  let isOver = false;
  let from = 0;
  const done = (async () => {
    while (!isOver) {
      const count = 1 + Math.floor(random() * 60);
      await client.produce.append({ stream: 'words', records: words(from, count) });
      from += count;
      if (random() < 0.3) await pause(random() * 10);
    }
    return from;
  })();
  return {
    end() {
      isOver = true;
      return done;
    },
  };
}

describe('exported while events come, imported and trusted', () => {
  it.each([
    { from: 1, to: 1, seed: 1 },
    { from: 3, to: 2, seed: 2 },
  ])('from $from brokers to $to: all of it is processed once', async ({ from, to, seed }) => {
    const source = await running({ brokers: from });
    const producer = producing(source.client, seed);
    const random = seeded(seed * 100);
    const files: Buffer[] = [];
    for (let n = 0; n < 3; n++) {
      await pause(200 + random() * 500);
      const { file, report } = await exported(source.client);
      expect(report).toMatchObject({ processors: 2, leftOut: [] });
      files.push(file);
    }
    await producer.end();
    await expectAllOnce(source);
    for (const file of files) {
      const target = await newLab({ brokers: to });
      expect(await imported(target.client, file)).toMatchObject({ streams: 4, processors: 2 });
      const before = (await readWhole(target.client, 'words')).records.length;
      expect(before).toBeGreaterThan(0);
      for (const name of ['tidy', 'count']) await trust(target, name);
      await expectAllOnce(target);
      // And it goes on with what comes here, after a restart, too.
      await target.client.produce.append({ stream: 'words', records: words(1_000_000, 300) });
      await expectAllOnce(target);
      await target.client.processors.kill({ name: 'tidy' });
      await target.client.produce.append({ stream: 'words', records: words(2_000_000, 300) });
      await expectAllOnce(target);
    }
  });

  it.each(GUARANTEES)('%s: nothing has ended there, so nothing is there twice, or missing', async (guarantee) => {
    const source = await running({ brokers: 2 }, guarantee);
    const producer = producing(source.client, 9);
    await pause(700);
    const { file } = await exported(source.client);
    await producer.end();
    const target = await newLab({ brokers: 2 });
    await imported(target.client, file);
    for (const name of ['tidy', 'count']) expect((await trust(target, name)).guarantee).toBe(guarantee);
    const values = async (stream: string): Promise<(string | null)[]> =>
      (await readWhole(target.client, stream)).records.map(({ value }) => text(value));
    const good = (await values('words')).filter((value) => !value!.startsWith('bad'));
    await vi.waitFor(async () => expect((await values('counts')).length).toBe(good.length), WITHIN);
    expect((await values('tidy')).map(String).sort()).toEqual(good.map(String).sort());
  });
});

it('what was committed for another broker and not sent yet when its process ended is there once', async () => {
  const source = await newLab({ brokers: 2 });
  // Its shard lies on broker 1, and that of the output on broker 2.
  await source.client.streams.create({ name: 'words', shards: 1 });
  await source.client.streams.create({ name: 'tidy', shards: 1 });
  const places = (await source.client.streams.list({})).flatMap(({ shards }) => shards.map(({ brokerId }) => brokerId));
  expect(new Set(places)).toEqual(new Set([1, 2]));
  const home = (await source.client.streams.list({})).find(({ name }) => name === 'words')!.shards[0]!.brokerId;
  await deploy(source, 'tidy', TIDY);
  await vi.waitFor(async () => expect((await summary(source, 'tidy')).state).toBe('running'), WITHIN);
  let pid = 0;
  for await (const { brokers } of source.client.lab.watch({})) {
    pid = brokers.find(({ id }) => id !== home)!.pid!;
    break;
  }
  process.kill(pid, 'SIGSTOP');
  for (let n = 0; n < 10; n++) {
    await source.client.produce.append({ stream: 'words', records: words(1 + n * 10, 10) });
    await pause(50);
  }
  await vi.waitFor(async () => expect((await summary(source, 'tidy')).in).toBe(100), WITHIN);
  await source.client.processors.pause({ name: 'tidy' });
  process.kill(pid, 'SIGCONT');
  const there = async (): Promise<number> => (await readWhole(source.client, 'tidy')).records.length;
  await pause(200);
  const sent = await there();
  const good = words(1, 100).filter(({ value }) => !text(value)!.startsWith('bad')).length;
  expect(sent).toBeLessThan(good);
  const { file } = await exported(source.client);
  expect(await there()).toBe(good);
  const target = await newLab({ brokers: 1 });
  await imported(target.client, file);
  expect((await trust(target, 'tidy')).state).toBe('paused');
  await target.client.produce.append({ stream: 'words', records: words(101, 20) });
  await target.client.processors.resume({ name: 'tidy' });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ in: 120 }), WITHIN);
  const values = (await readWhole(target.client, 'tidy')).records.map(({ value }) => Number(text(value)));
  expect(values).toEqual(words(1, 120).flatMap(({ value }) => (text(value)!.startsWith('bad') ? [] : Number(text(value)))));
});

it('a state that is summed up while the export runs is kept as it was at the cut until it is in the file', async () => {
  // So much is kept for each event that some hundred make the state stream long enough to be summed up.
  const fat = COUNT.replace(
    'seen.set(event.key!, count);',
    "seen.set(event.key!, count);\n    ctx.store('fat').set(event.text!, 'x'.repeat(20_000));",
  )
    .replace("stores: ['seen']", "stores: ['seen', 'fat']")
    .replaceAll("'tidy'", "'words'");
  const source = await newLab();
  await source.client.streams.create({ name: 'words', shards: 1 });
  await deploy(source, 'count', fat);
  let from = 1;
  const process = async (count: number): Promise<void> => {
    await source.client.produce.append({ stream: 'words', records: words(from, count) });
    from += count;
    await vi.waitFor(async () => expect((await summary(source, 'count')).in).toBe(from - 1), WITHIN);
  };
  const start = async (): Promise<bigint> =>
    (await source.client.streams.list({})).find(({ name }) => name === '__processor.count')!.shards[0]!.startOffset;
  await process(300);
  const { file, report } = await exported(source.client, async (pieces) => {
    if (pieces > 1) return;
    for (let n = 0; n < 8; n++) await process(150);
    expect(await start()).toBe(0n);
  });
  expect(report).toMatchObject({ leftOut: [], processors: 1 });
  // And then it is trimmed.
  await expect.poll(start).toBeGreaterThan(0n);
  const target = await newLab();
  await imported(target.client, file);
  const all = (await readWhole(target.client, 'words')).records.length;
  expect(all).toBe(300);
  await trust(target, 'count');
  await target.client.produce.append({ stream: 'words', records: words(1, 70) });
  await vi.waitFor(async () => expect((await summary(target, 'count')).in).toBe(370), WITHIN);
  const asked = { name: 'count', store: 'seen', shard: null, from: '', contains: '', most: 200 };
  const { entries } = await target.client.processors.state(asked);
  expect(entries.reduce((sum, { json }) => sum + Number(json), 0)).toBe(370);
});

it('into the lab it came from: it gets another name, and reads and writes its streams by theirs', async () => {
  const lab = await running({});
  await lab.client.produce.append({ stream: 'words', records: words(0, 100) });
  await expectAllOnce(lab);
  const { file } = await exported(lab.client);
  const preview = await lab.client.workspace.preview({ head: file });
  expect(preview.processors).toEqual([
    {
      ...{ name: 'count', versions: 1, inputs: ['tidy'], outputs: ['counts'], freeName: 'count-2' },
      problem: 'There is already a processor “count”. Choose another name.',
    },
    {
      ...{ name: 'tidy', versions: 1, inputs: ['words'], outputs: ['tidy'], freeName: 'tidy-2' },
      problem: 'There is already a processor “tidy”. Choose another name.',
    },
  ]);
  const names = { ...Object.fromEntries(preview.streams.map(({ name, freeName }) => [name, freeName])), words: 'morning' };
  const processorNames = { count: 'count-2', tidy: 'TIDY' };
  await expect(imported(lab.client, file, { names, processorNames })).rejects.toMatchObject({
    code: 'processor-exists',
    message: 'There is already a processor “tidy”. Choose another name.',
  });
  await expect(imported(lab.client, file, { names })).rejects.toMatchObject({ code: 'processor-exists' });
  await expect(imported(lab.client, file, { names, processorNames: { other: 'x' } })).rejects.toMatchObject({ code: 'bad-input' });
  await expect(imported(lab.client, file, { names, processorNames: { count: 'x', tidy: 'X' } })).rejects.toMatchObject({
    code: 'processor-exists',
    message: 'Two processors would be called “x”. Choose another name for one of them.',
  });
  await expect(imported(lab.client, file, { names, processorNames: { count: '../x', tidy: 'x' } })).rejects.toMatchObject({
    code: 'bad-input',
  });
  expect((await lab.client.processors.list({})).map(({ name }) => name)).toEqual(['count', 'tidy']);

  await imported(lab.client, file, { names, processorNames: { count: 'count-2', tidy: 'tidy-2' } });
  for (const name of ['tidy-2', 'count-2']) await trust(lab, name);
  expect(await summary(lab, 'tidy-2')).toMatchObject({ streams: { words: 'morning', tidy: 'tidy-2', bad: 'bad-2' } });
  await lab.client.produce.append({ stream: 'morning', records: words(100, 50) });
  const here = { words: 'morning', tidy: 'tidy-2', counts: 'counts-2', bad: 'bad-2' };
  await expectAllOnce(lab, here, { tidy: 'tidy-2', count: 'count-2' });
  await expectAllOnce(lab);
  const { tasks } = await summary(lab, 'tidy-2');
  expect(tasks.flatMap(({ inputs }) => inputs.map(({ stream, lag }) => [stream, lag]))).toEqual(
    Array.from({ length: 4 }, () => ['morning', 0]),
  );
  // What it tells of events names them as they are called here.
  const { headers } = (await readWhole(lab.client, 'bad-2')).records.at(-1)!;
  expect(headers.map(([name, value]) => [name, text(value)]).at(-1)).toEqual(['loglab.from', expect.stringMatching(/^morning\/\d\/\d+$/)]);
  for await (const { emitted, failures } of lab.client.processors.follow({ name: 'tidy-2' })) {
    expect(emitted.at(-1)).toMatchObject({ output: 'tidy-2', of: { stream: 'morning' } });
    expect(failures.at(-1)).toMatchObject({ event: { stream: 'morning' } });
    break;
  }

  // From there into a third one, names and all.
  const again = await exported(lab.client);
  const third = await newLab();
  await imported(third.client, again.file, { names: { morning: 'words', words: 'other' } });
  expect(await summary(third, 'tidy-2')).toMatchObject({ state: 'untrusted', streams: { tidy: 'tidy-2', bad: 'bad-2' } });
  for (const name of ['tidy-2', 'count-2']) await trust(third, name);
  await third.client.produce.append({ stream: 'words', records: words(150, 50) });
  await expectAllOnce(third, { ...here, words: 'words' }, { tidy: 'tidy-2', count: 'count-2' });
});

it('all of a processor goes along: versions, cases, what its file says, one that was never deployed', async () => {
  const source = await newLab();
  await source.client.streams.create({ name: 'words', shards: 1 });
  await source.client.produce.append({ stream: 'words', records: words(1, 10) });
  const texts = ['first', 'second', 'third'].map((word) => `// ${word}\n${TIDY}`);
  await deploy(source, 'tidy', texts[0]!, { guarantee: 'at-least-once', start: { at: 'latest' } });
  await deploy(source, 'tidy', texts[1]!);
  await source.client.processors.pause({ name: 'tidy' });
  await source.client.processors.save({ name: 'tidy', source: texts[2]! });
  await source.client.processors.save({ name: 'draft', source: '// not even TypeScript: ;;;(' });
  const cases = [{ name: 'größe', input: '{"n":1}', expected: '', runOnMs: 5 }];
  await source.client.processors.keepCases({ name: 'tidy', cases });
  const before = await summary(source, 'tidy');
  const { file } = await exported(source.client);

  const target = await newLab();
  expect(await imported(target.client, file)).toMatchObject({ processors: 2, leftOut: [] });
  const after = await summary(target, 'tidy');
  expect(after).toMatchObject({ state: 'untrusted', wasPaused: true, hasChanges: true, isFileTrusted: false, guarantee: 'at-least-once' });
  expect(after.current).toEqual(before.current);
  expect(await target.client.processors.versions({ name: 'tidy' })).toEqual(await source.client.processors.versions({ name: 'tidy' }));
  for (const version of [1, 2, null])
    expect((await target.client.processors.source({ name: 'tidy', version })).text).toBe(texts[(version ?? 3) - 1]);
  expect(await target.client.processors.cases({ name: 'tidy' })).toEqual(cases);
  expect(readFileSync(path.join(target.folder, 'processors/tidy.ts'), 'utf8')).toBe(texts[2]);
  expect(await summary(target, 'draft')).toMatchObject({ state: 'untrusted', current: null, isFileTrusted: false });
  expect((await target.client.processors.source({ name: 'draft', version: null })).text).toContain('not even TypeScript');

  // It began at the end, and has read nothing since: of the ten words it knows none.
  expect(await trust(target, 'tidy')).toMatchObject({ state: 'paused' });
  await target.client.processors.resume({ name: 'tidy' });
  await target.client.produce.append({ stream: 'words', records: [record('11', { key: Buffer.from('w') })] });
  await vi.waitFor(async () => expect(await summary(target, 'tidy')).toMatchObject({ in: 1 }), WITHIN);
});
