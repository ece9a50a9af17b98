/** What the lessons say of the code of the samples holds: what is to be replaced is there, and what comes of it does as it is told. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { recordFromJson } from '../../../main/api/recordJson.ts';
import { shardForKey } from '../../../main/api/murmur2.ts';
import { resources } from '../openLab.ts';
import { runProcessor } from '../processors/running.ts';

const step = (file: string): string => readFileSync(path.join(resources, 'lessons', file), 'utf8');
const sample = (name: string): string => readFileSync(path.join(resources, 'processors', `${name}.ts`), 'utf8');
const codes = (markdown: string): string[] => [...markdown.matchAll(/^```ts\n(.*)\n```$/gm)].map(([, code]) => code!);
const morning = readFileSync(path.join(resources, 'samples/nile-shop/events.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line, offset) => {
    const { key, value, timestamp } = recordFromJson(line);
    return { stream: 'raw-events', shard: shardForKey(key!, 3), offset: String(offset), key, value, timestamp: timestamp!, headers: [] };
  });

/** How many events come out where. It has no memory, so the morning can be given to it in parts. */
async function count(source: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let from = 0; from < morning.length; from += 1_000) {
    const { emitted } = await runProcessor(source, morning.slice(from, from + 1_000));
    for (const { output } of emitted) counts[output] = (counts[output] ?? 0) + 1;
  }
  return counts;
}

test('Enrich: the sums, the line to mend, and what the mended program makes of the morning', async () => {
  const source = sample('validate-and-enrich');
  expect(await count(source)).toEqual({ 'enriched-events': 2306, bad: 12 });
  const text = step('enrich-and-the-bad-stream/06-mend-the-program.md');
  const [before, after] = codes(text) as [string, string];
  const line = Number(/in line (\d+)/.exec(text)![1]);
  expect(source.split('\n')[line - 1]).toContain(before);
  expect(source.split(before)).toHaveLength(2);
  expect(await count(source.replace(before, after))).toEqual({ 'enriched-events': 2314, bad: 4 });
});

test('The abandoned cart: the two places are there once, and with less patience the next window finds the cart', async () => {
  const source = sample('abandoned-cart-v1');
  const [patience, every, ten, second] = codes(step('abandoned-cart/05-less-patience.md')) as [string, string, string, string];
  for (const place of [patience, every]) expect(source.split(place)).toHaveLength(2);
  const added = { event: 'SHOPPER_ADDED_ITEM', shopper: { id: '1' }, items: [], timestamp: new Date(1_540_000_000_000).toISOString() };
  const record = { stream: 'raw-events', shard: 0, offset: '0', timestamp: 1_540_000_000_000n, headers: [] };
  const { emitted } = await runProcessor(
    source.replace(patience, ten).replace(every, second),
    [{ ...record, key: Buffer.from('1'), value: Buffer.from(JSON.stringify(added)) }],
    { runOnMs: 11_000 },
  );
  expect(emitted.map(({ output, timestamp }) => [output, timestamp])).toEqual([['derived-events', 1_540_000_010_000n]]);
});
