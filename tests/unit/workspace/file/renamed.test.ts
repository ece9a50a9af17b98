/**
 * Where the names of its streams were taken, a processor of an imported workspace reads and writes others than its code says. Rehearsals and bad
 * events go by the names that streams have here; what its code is told, and what it emits to, stays as it is written.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { readWhole, record, text } from '../../openLab.ts';
import { emitted, rehearsed, whole } from '../../processors/rehearsal/rehearsing.ts';
import { exported, imported } from './labFiles.ts';
import { closeLabs, COUNT, deploy, expectAllOnce, type FolderLab, newLab, TIDY, trust, WITHIN, words } from './processorLab.ts';

afterEach(closeLabs);

const NAMES = { words: 'words-2', tidy: 'tidy-2', counts: 'counts-2', bad: 'bad-2' };
/** Two of the words are bad. */
const WORDS = 40;

async function there(): Promise<Buffer> {
  const source = await newLab();
  await source.client.streams.create({ name: 'words', shards: 2 });
  await source.client.streams.create({ name: 'tidy', shards: 2 });
  await deploy(source, 'tidy', TIDY);
  await deploy(source, 'count', COUNT);
  await source.client.produce.append({ stream: 'words', records: words(1, WORDS) });
  await expectAllOnce(source);
  return (await exported(source.client)).file;
}

/** A lab in which all of these names are taken, by other things. */
async function here(file: Buffer): Promise<FolderLab> {
  const target = await newLab();
  for (const name of Object.keys(NAMES)) await target.client.streams.create({ name, shards: 1 });
  await deploy(target, 'tidy', TIDY.replaceAll("'tidy'", "'other'"));
  await imported(target.client, file, { names: NAMES, processorNames: { tidy: 'mine' } });
  for (const name of ['mine', 'count']) await trust(target, name);
  await expectAllOnce(target, NAMES, { tidy: 'mine', count: 'count' });
  return target;
}

it('a rehearsal reads and emits what the deployed ones do, from one column to the next, and twice the same', async () => {
  const { client } = await here(await there());
  const columns = [
    { name: 'mine', source: null, version: 1, after: null },
    { name: 'count', source: null, version: 1, after: 1 },
  ];
  const made = await rehearsed(client, { ranges: whole('words-2'), columns });
  expect(made.columns.map(({ inputs, outputs, bad, state, problem }) => ({ inputs, outputs, bad, state, problem }))).toEqual([
    { inputs: ['words-2'], outputs: ['tidy-2'], bad: 'bad-2', state: 'done', problem: null },
    { inputs: ['tidy-2'], outputs: ['counts-2'], bad: 'bad-2', state: 'done', problem: null },
  ]);
  const written = async (streams: readonly string[]): Promise<string[]> => {
    const all = await Promise.all(
      streams.map(async (stream) => (await readWhole(client, stream)).records.map((each) => ({ stream, each }))),
    );
    return all.flatMap((records) => records.map(({ stream, each }) => `${stream} ${text(each.key)} ${text(each.value)}`)).sort();
  };
  const rehearsedTo = async (column: number): Promise<string[]> =>
    (await emitted(client, made.id, column)).map(({ output, key, text: value }) => `${output} ${key?.text} ${value?.text}`).sort();
  expect(await rehearsedTo(1)).toEqual(await written(['tidy-2', 'bad-2']));
  expect(await rehearsedTo(2)).toEqual(await written(['counts-2']));
  const [bad] = (await emitted(client, made.id, 1)).filter(({ output }) => output === 'bad-2');
  expect(bad!.headers.find(([name]) => name === 'loglab.from')![1]).toMatch(/^words-2\//);
  await vi.waitFor(async () => {
    const [told] = await client.rehearsals.list({});
    expect(told!.columns.map(({ check }) => [check?.state, check?.what])).toEqual([
      ['same', null],
      ['same', null],
    ]);
  }, WITHIN);
  // Of the other stream of that name it reads nothing.
  await expect(client.rehearsals.create({ ranges: whole('words'), order: { by: 'append' }, columns: [columns[0]!] })).rejects.toMatchObject(
    {
      code: 'bad-input',
      message: 'mine reads words-2; this rehearsal has words.',
    },
  );
});

it('bad events that came along go back to their stream and their processor', async () => {
  const { client } = await here(await there());
  const look = async () => (await client.badEvents.look({ stream: 'bad-2' })).groups[0]!;
  const group = { processor: 'tidy', reason: 'It is said to be bad.', from: 'words' };
  expect(await look()).toMatchObject({ ...group, here: { processor: 'mine', from: 'words-2' }, events: 1, states: { open: 1 } });
  const [event] = await client.badEvents.list({ stream: 'bad-2', group });
  const mend = (value: string) =>
    client.badEvents.mend({ stream: 'bad-2', shard: event!.shard, offset: event!.offset, key: event!.key, value: Buffer.from(value) });
  expect(await mend('7')).toMatchObject({ stream: 'words-2' });
  await vi.waitFor(async () => expect((await look()).states).toMatchObject({ open: 0, succeeded: 1 }), WITHIN);
  // What is bad here says so by the names here, and is another group.
  await client.produce.append({ stream: 'words-2', records: [record('bad here', { key: Buffer.from('w') })] });
  const own = { processor: 'mine', from: 'words-2' };
  await vi.waitFor(async () => {
    const { groups } = await client.badEvents.look({ stream: 'bad-2' });
    expect(groups.find(({ processor }) => processor === 'mine')).toMatchObject({ ...own, here: own, states: { open: 1 } });
  }, WITHIN);
  await client.badEvents.redrive({ stream: 'bad-2', group: { ...own, reason: group.reason }, through: null });
  await vi.waitFor(async () => {
    const { groups } = await client.badEvents.look({ stream: 'bad-2' });
    expect(groups.find(({ processor }) => processor === 'mine')!.states).toMatchObject({ 'failed-again': 1, open: 1 });
  }, WITHIN);
  expect((await readWhole(client, 'words')).records).toEqual([]);
});
