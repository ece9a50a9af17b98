/** loglab processors test, as a shell runs it: the samples over the sample, and what is wrong said. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../openLab.ts';
import { done, failed, run } from './command.ts';

const resources = path.join(import.meta.dirname, '../../../resources');
const sample = (name: string): string => path.join(resources, 'processors', `${name}.ts`);
const morning = path.join(resources, 'samples/nile-shop/events.ndjson');
const temporary = temporaryFolder();
beforeAll(() => mkdirSync(temporary.folder, { recursive: true }));
afterAll(() => temporary.remove());

interface Printed {
  stream: string;
  shard: number;
  offset: string;
  timestamp: string | null;
  key: string | null;
  value: string;
  headers: [string, string][];
}

const test = (file: string, input: string, ...options: string[]): Promise<{ code: number | null; out: string[]; err: string[] }> =>
  run(['processors', 'test', file, '--input', input, ...options]);
const lines = (out: string[]): Printed[] => out.map((line) => JSON.parse(line) as Printed);
const file = (name: string, content: string): string => {
  const where = path.join(temporary.folder, name);
  writeFileSync(where, content);
  return where;
};
const record = (value: unknown, rest: object = {}): string => JSON.stringify({ value, ...rest });

describe('the samples', () => {
  it('word count: a count for each word, as records', async () => {
    const input = file(
      'lines.ndjson',
      `${record('To be, or not')}\n\n${record('to be', { timestamp: '2018-10-15T09:00:00.000Z', shard: 1 })}\n`,
    );
    const { code, out, err } = await test(sample('word-count'), input, '--json');
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(lines(out).map(({ stream, shard, offset, timestamp, key, value }) => [stream, shard, offset, timestamp, key, value])).toEqual([
      ...['to', 'be', 'or', 'not'].map((word, at) => ['counts', 0, String(at), null, word, '1']),
      ...['to', 'be'].map((word, at) => ['counts', 1, String(at), '2018-10-15T09:00:00.000Z', word, '1']),
    ]);
  });

  it('validate and enrich: good and bad make all that went in, a shopper gets a place, and a bad event all that is wrong with it', async () => {
    const { out } = await test(sample('validate-and-enrich'), morning, '--json');
    const printed = lines(out);
    const shopperOf = ({ value }: Printed): object => (JSON.parse(value) as { shopper: object }).shopper;
    const good = printed.filter(({ stream }) => stream === 'enriched-events');
    expect({ good: good.length, all: printed.length }).toEqual({ good: 2306, all: 2318 });
    expect(shopperOf(good[0]!)).toEqual({ id: '789', name: 'Mo', ipAddress: '203.0.113.9', country: 'Sweden', city: 'Linköping' });
    const shopper = (ipAddress: string): string =>
      record(JSON.stringify({ event: 'LOOKED', shopper: { id: '1', ipAddress }, timestamp: '2018-10-15T09:00:02Z' }));
    const broken = record(JSON.stringify({ shopper: { id: 7, ipAddress: 'home' }, timestamp: 'now' }));
    const some = await test(
      sample('validate-and-enrich'),
      file('some.ndjson', [shopper('10.0.0.17'), shopper('8.8.8.8'), broken].join('\n')),
      '--json',
    );
    const [privately, unknown, bad] = lines(some.out);
    expect(shopperOf(privately!)).toEqual({ id: '1', ipAddress: '10.0.0.17', country: null, city: null });
    expect(shopperOf(unknown!)).toEqual({ id: '1', ipAddress: '8.8.8.8', country: null, city: null });
    expect(bad!.headers.filter(([name]) => name === 'loglab.reason').map(([, reason]) => reason)).toEqual([
      'event missing',
      'shopper.id missing',
      'timestamp is no date-time: now',
      'shopper.ipAddress is no address: home',
    ]);
  });

  it('the abandoned cart: what the two versions find differs, and both say which events were bad', async () => {
    const [one, two] = await Promise.all(['abandoned-cart-v1', 'abandoned-cart-v2'].map((name) => test(sample(name), morning, '--json')));
    const carts = (out: string[]): string[] =>
      lines(out)
        .filter(({ stream }) => stream === 'derived-events')
        .map(({ key, value }) => `${key} ${JSON.stringify((JSON.parse(value) as { items: unknown }).items)}`);
    expect(carts(one!.out).length).toBeGreaterThan(40);
    expect(carts(two!.out).length).toBeGreaterThan(40);
    expect(carts(one!.out).sort()).not.toEqual(carts(two!.out).sort());
    const bad = (out: string[]): Printed[] => lines(out).filter(({ stream }) => stream === 'bad');
    expect(bad(one!.out)).toHaveLength(1);
    expect(bad(two!.out).map(({ headers }) => headers.findLast(([name]) => name === 'loglab.reason')![1])).toEqual([
      expect.stringMatching(/^timestamp is no time: 15\/10\/2018/),
      expect.stringMatching(/^The value is not JSON: /),
      expect.stringMatching(/^timestamp is no time: NaN/),
      expect.stringMatching(/^timestamp is no time: 2018-10-15T1?\d:61/),
    ]);
  });

  it('sessions in event time are the same in whatever order the shards came', async () => {
    const all = readFileSync(morning, 'utf8').split('\n').filter(Boolean);
    const shardOf = (line: string): number => Number((JSON.parse(line) as { key: string }).key) % 3;
    const sharded = all.map((line) => ({
      line: JSON.stringify({ ...(JSON.parse(line) as object), shard: shardOf(line) }),
      shard: shardOf(line),
    }));
    const shuffled = [2, 0, 1].flatMap((shard) => sharded.filter((each) => each.shard === shard));
    const found = await Promise.all(
      [sharded, shuffled].map(async (each, at) => {
        const input = file(`sharded-${at}.ndjson`, each.map(({ line }) => line).join('\n'));
        // Time goes on until all sessions are over.
        const value = JSON.stringify({ event: 'END', shopper: { id: 'end' }, timestamp: '2018-10-16T00:00:00Z' });
        const ends = [0, 1, 2].map((shard) => record(value, { shard, timestamp: '2018-10-16T00:00:00.000Z' }));
        writeFileSync(input, `${readFileSync(input, 'utf8')}\n${ends.join('\n')}\n`);
        const { code, out } = await test(sample('abandoned-cart-v2'), input, '--json');
        expect(code).toBe(0);
        return lines(out)
          .map(({ stream, shard, key, value, timestamp }) => JSON.stringify([stream, shard, key, value, timestamp]))
          .sort();
      }),
    );
    expect(found[0]).toHaveLength(69);
    expect(found[1]).toEqual(found[0]);
  });
});

describe('inputs', () => {
  const two = `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ['a', 'b'], outputs: ['o'], onEvent(event, ctx) { ctx.emit('o', { value: event.stream + event.value }); } });`;

  it('of several, each record says its own', async () => {
    const input = file('two.ndjson', [record('1', { stream: 'b' }), record('2', { stream: 'a' })].join('\n'));
    const { out } = await test(file('two.ts', two), input, '--json');
    expect(lines(out).map(({ value }) => value)).toEqual(['"b1"', '"a2"']);
  });

  it('of unlike numbers of shards are told beside the output, where it remembers', async () => {
    const stateful = file('stateful.ts', two.replace('outputs:', `stores: ['s'], outputs:`));
    const input = file('uneven.ndjson', [record('1', { stream: 'b', shard: 2 }), record('2', { stream: 'a' })].join('\n'));
    const { code, out, err } = await test(stateful, input, '--json');
    expect({ code, values: lines(out).map(({ value }) => value) }).toEqual({ code: 0, values: ['"b1"', '"a2"'] });
    expect(err).toEqual([expect.stringMatching(/^Its inputs have not the same number of shards \(a 1, b 3\): /)]);
    expect(await test(file('two.ts', two), input, '--json')).toMatchObject({ code: 0, err: [] });
  });

  it('one that is of none names its line', async () => {
    const input = file('none.ndjson', [record('1', { stream: 'b' }), record('2', { stream: 'c' })].join('\n'));
    expect(await test(file('two.ts', two), input)).toMatchObject(
      failed('Line 2: Its stream is "c"; the processor reads “a”, “b”.') as object,
    );
  });

  it('come from stdin too, and are printed for people where nothing else is said', async () => {
    const input = record('"x"', { key: 'k', stream: 'a' });
    expect(await run(['processors', 'test', file('two.ts', two), '--input', '-'], input)).toEqual(done(['o\t0:0\t-\tk\t"ax"']));
  });
});

describe('bad input', () => {
  it('a file that is not there, a line that is no record', async () => {
    expect(await test(path.join(temporary.folder, 'none.ts'), morning)).toEqual(failed(/^There is no file .*none\.ts\./));
    expect(await test(sample('word-count'), path.join(temporary.folder, 'missing.ndjson'))).toEqual(
      failed(/^There is no file .*missing\.ndjson\./),
    );
    expect(await test(sample('word-count'), file('broken.ndjson', '{"value":\n'))).toEqual(failed(/^Line 1: This line is not JSON/));
  });

  it('for people, a bad event stands there with all its reasons', async () => {
    const source = `export default { inputs: ['in'], onEvent(event, ctx) { ctx.bad('one'); ctx.bad('two,\\n  in lines'); } };`;
    const { out } = await test(file('bad.ts', source), file('one.ndjson', record('x', { key: 'k' })));
    expect(out).toEqual(['bad\t0:0\t-\tk\tx\tone; two, in lines']);
  });

  it('a processor that does not parse, hangs, or fails in a window', async () => {
    const processor = (body: string): string => `export default { inputs: ['in'], onEvent() {}, ${body} };`;
    expect(await test(file('broken.ts', 'const x = ;'), morning)).toEqual(failed('broken.ts:1:11: Unexpected token'));
    expect(await test(file('hangs.ts', 'for (;;);'), morning)).toEqual(
      failed('It did not come to an end within 3 seconds, at hangs.ts:1. Its process was ended.'),
    );
    const throwing = processor(`window: { every: '1h', run() { throw new Error('no') } }`);
    expect(await test(file('throws.ts', throwing), morning, '--run-on', '2h')).toEqual(
      failed(/^The window at 2018-10-15T10:00:00\.000Z, shard 0 failed: no \(throws\.ts:1\)\. So did \d more\.$/),
    );
  });

  it('wrong usage', async () => {
    expect(await run(['processors', 'test', sample('word-count')])).toMatchObject({ code: 2 });
    expect(await test(sample('word-count'), morning, '--run-on', 'soon')).toMatchObject({ code: 2 });
    expect(await test(sample('word-count'), morning, '--seed', '-1')).toMatchObject({ code: 2 });
  });
});
