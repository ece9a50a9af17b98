/** Labs with processors, whose workspaces go out and in: what they are given, and what must have come of it. */
import path from 'node:path';
import { expect, vi } from 'vitest';
import type { LabClient } from '../../../../main/api/index.ts';
import type { ProcessorSummary } from '../../../../main/api/processors.ts';
import { openLab, readWhole, record, temporaryFolder, text, type LabOptions, type TestLab } from '../../openLab.ts';

export const WITHIN = { interval: 30 };

/** Words that are not good to the bad events, the others on. */
export const TIDY = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['tidy'],
  onEvent(event, ctx) {
    if (event.text!.startsWith('bad')) return ctx.bad('It is said to be bad.');
    ctx.emit('tidy', { key: event.key, value: event.value });
  },
});
`;
/** How often each was there. */
export const COUNT = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['tidy'],
  outputs: ['counts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    const seen = ctx.store<number>('seen');
    const count = (seen.get(event.key!) ?? 0) + 1;
    seen.set(event.key!, count);
    ctx.emit('counts', { key: event.key, value: count });
  },
});
`;

export interface FolderLab extends TestLab {
  folder: string;
}

/** Labs that are closed, and whose folders go away, with {@link closeLabs}. */
const labs: { lab: TestLab; remove: () => void }[] = [];

export async function newLab(options: LabOptions = {}): Promise<FolderLab> {
  const { folder, remove } = temporaryFolder();
  const lab = await openLab(path.join(folder, 'lab'), options);
  labs.push({ lab, remove });
  return { ...lab, folder: path.join(folder, 'lab') };
}

export async function reopened(lab: FolderLab, options: LabOptions = {}): Promise<FolderLab> {
  await lab.close();
  const again = await openLab(lab.folder, options);
  labs.find((each) => each.lab.engine === lab.engine)!.lab = again;
  return { ...again, folder: lab.folder };
}

export async function closeLabs(): Promise<void> {
  for (const { lab, remove } of labs.splice(0)) {
    await lab.close();
    remove();
  }
}

export function deploy(
  { client }: { client: LabClient },
  name: string,
  source: string | null,
  rest: Partial<Parameters<LabClient['processors']['deploy']>[0]> = {},
): Promise<ProcessorSummary> {
  return client.processors.deploy({ name, source, guarantee: null, start: null, anew: false, ...rest });
}

export async function summary({ client }: { client: LabClient }, name: string): Promise<ProcessorSummary> {
  return (await client.processors.list({})).find((each) => each.name === name)!;
}

/** Looks at what would run, and trusts it. */
export async function trust({ client }: { client: LabClient }, name: string): Promise<ProcessorSummary> {
  const { current } = await summary({ client }, name);
  const { text: source } = await client.processors.source({ name, version: current?.version ?? null });
  return client.processors.trust({ name, source });
}

export const words = (from: number, count: number): ReturnType<typeof record>[] =>
  Array.from({ length: count }, (_, index) => {
    const n = from + index;
    return record(n % 23 === 0 ? `bad ${n}` : `${n}`, { key: Buffer.from(`w${n % 7}`) });
  });

const valuesOf = async (client: LabClient, stream: string): Promise<{ key: string; value: string }[]> =>
  (await readWhole(client, stream)).records.map(({ key, value }) => ({ key: text(key)!, value: text(value)! }));

/** All that is in `words` has been processed by both, each once: nothing is missing, and nothing is there twice. */
export async function expectAllOnce(
  { client }: { client: LabClient },
  names: { words: string; tidy: string; counts: string; bad: string } = { words: 'words', tidy: 'tidy', counts: 'counts', bad: 'bad' },
  processors: { tidy: string; count: string } = { tidy: 'tidy', count: 'count' },
): Promise<void> {
  const all = await valuesOf(client, names.words);
  const good = all.filter(({ value }) => !value.startsWith('bad'));
  const bad = all.filter(({ value }) => value.startsWith('bad'));
  const outputs = { [names.tidy]: good.length };
  await vi.waitFor(async () => {
    expect(await summary({ client }, processors.tidy)).toMatchObject({ in: all.length, bad: bad.length, out: outputs });
    expect(await summary({ client }, processors.count)).toMatchObject({ in: good.length, bad: 0, out: { [names.counts]: good.length } });
  }, WITHIN);
  const sorted = (values: { value: string }[]): string[] => values.map(({ value }) => value).sort();
  expect(sorted(await valuesOf(client, names.tidy))).toEqual(sorted(good.map(({ value }) => ({ value: JSON.stringify(Number(value)) }))));
  expect(sorted(await valuesOf(client, names.bad))).toEqual(sorted(bad));
  // As of one clean run: of each key the counts from 1 on, in their order, and the last of them in the store.
  const byKey = Map.groupBy(await valuesOf(client, names.counts), ({ key }) => key);
  const expected = Map.groupBy(good, ({ key }) => key);
  expect([...byKey.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [key, events] of expected)
    expect(byKey.get(key)!.map(({ value }) => value)).toEqual(events.map((_, index) => String(index + 1)));
  const asked = { name: processors.count, store: 'seen', shard: null, from: '', contains: '', most: 200 };
  const { entries } = await client.processors.state(asked);
  expect(Object.fromEntries(entries.map(({ key, json }) => [key, Number(json)]))).toEqual(
    Object.fromEntries([...expected].map(([key, events]) => [key, events.length])),
  );
}
