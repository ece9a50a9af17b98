/** loglab compare, as a shell runs it: over the records of a file, over a stream of a workspace and of a lab that is served. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../openLab.ts';
import { type Outcome, run, serve } from './command.ts';

const resources = path.join(import.meta.dirname, '../../../resources');
const sample = (name: string): string => path.join(resources, 'processors', `${name}.ts`);
const morning = path.join(resources, 'samples/nile-shop/events.ndjson');
const temporary = temporaryFolder();
const file = (name: string, content: string): string => {
  const where = path.join(temporary.folder, name);
  mkdirSync(path.dirname(where), { recursive: true });
  writeFileSync(where, content);
  return where;
};
beforeAll(() => mkdirSync(temporary.folder, { recursive: true }));
afterAll(() => temporary.remove());

const processor = (onEvent: string, rest = `inputs: ['in']`): string =>
  `import { defineProcessor } from 'loglab';
export default defineProcessor({ ${rest}, outputs: ['out'], onEvent(event, ctx) { ${onEvent} } });`;
const EACH = `ctx.emit('out', { key: event.key, value: event.value });`;
/** Leaves out 2, says 3 otherwise, says 4 twice. */
const OTHERS = `if (event.value === 2) return;
  ctx.emit('out', { key: event.key, value: event.value === 3 ? 'three' : event.value });
  if (event.value === 4) ctx.emit('out', { key: event.key, value: 44 });`;
const line = (n: number): string =>
  JSON.stringify({ key: `k${n}`, value: String(n), timestamp: new Date(1_540_000_000_000 + n * 1_000).toISOString(), shard: n % 2 });
const lines = (count: number): string => Array.from({ length: count }, (_, n) => `${line(n)}\n`).join('');

const compare = (one: string, other: string, input: string, ...options: string[]): Promise<Outcome> =>
  run(['compare', one, other, '--input', input, ...options]);
const trouble = (why: string | RegExp): unknown => ({
  code: 2,
  out: [],
  err: [typeof why === 'string' ? why : expect.stringMatching(why)],
});

describe('over the records of a file', () => {
  it('prints what differs, is missing and is extra, then a summary, and exits with 1', async () => {
    const [one, other] = [file('one.ts', processor(EACH)), file('other.ts', processor(OTHERS, `inputs: ['called-otherwise']`))];
    const input = file('records.ndjson', lines(6));
    const printed = await compare(one, other, input, '--json');
    expect({ code: printed.code, err: printed.err }).toEqual({ code: 1, err: [] });
    const counts = { same: 4, moved: 0, differs: 1, missing: 1, extra: 1 };
    const at = (n: number, value: string): object => ({
      at: n + 1,
      timestamp: new Date(1_540_000_000_000 + n * 1_000).toISOString(),
      value,
    });
    expect(printed.out.map((each) => JSON.parse(each) as unknown)).toEqual([
      ...[
        { difference: 'missing', output: 'out', key: 'k2', event: { stream: 'in', shard: 0, offset: '1' }, at: 3, a: at(2, '2'), b: null },
        {
          ...{ difference: 'differs', output: 'out', key: 'k3', event: { stream: 'in', shard: 1, offset: '1' }, at: 4 },
          ...{ a: at(3, '3'), b: at(3, '"three"') },
        },
        { difference: 'extra', output: 'out', key: 'k4', event: { stream: 'in', shard: 0, offset: '2' }, at: 5, a: null, b: at(4, '44') },
      ],
      { summary: { events: 6, ...counts, first: 3, outputs: [{ output: 'out', ...counts }] } },
    ]);
    expect(await compare(one, other, input)).toEqual({
      code: 1,
      out: [
        'missing\tout\tk2\tin 0:1\t2\t-',
        'differs\tout\tk3\tin 1:1\t3\t"three"',
        'extra\tout\tk4\tin 0:2\t-\t44',
        '6 events. Of the outputs 4 are the same, 1 is different, 1 is missing, 1 is extra.',
      ],
      err: [],
    });
  });

  it('exits with 0 where both do the same, also with chance in it, and leaves nothing behind', async () => {
    const [one, other] = ['a', 'b'].map((name) => file(`${name}.ts`, processor(`ctx.emit('out', { value: ctx.random() });`)));
    // Other tests run meanwhile, and have labs of their own in the folder of all.
    const own = path.join(temporary.folder, 'own');
    mkdirSync(own);
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => void vi.unstubAllEnvs());
    const same = { code: 0, out: ['3 events. Of the outputs 3 are the same; none is different.'], err: [] };
    expect(await run(['compare', one!, other!, '--input', '-'], lines(3))).toEqual(same);
    expect(await compare(one!, other!, file('three.ndjson', lines(3)), '--seed', '7')).toEqual(same);
    expect(readdirSync(own).filter((name) => name.startsWith('loglab-records-'))).toEqual([]);
  });

  it('finds of both abandoned carts what processors test finds of each', async () => {
    const { code, out } = await compare(sample('abandoned-cart-v1'), sample('abandoned-cart-v2'), morning, '--json');
    expect(code).toBe(1);
    const { summary } = JSON.parse(out.at(-1)!) as { summary: Record<'same' | 'differs' | 'missing' | 'extra' | 'events', number> };
    const { same, differs, missing, extra } = summary;
    expect(summary.events).toBe(2318);
    expect(differs + missing + extra).toBe(out.length - 1);
    const alone = await Promise.all(
      ['abandoned-cart-v1', 'abandoned-cart-v2'].map((name) => run(['processors', 'test', sample(name), '--input', morning, '--json'])),
    );
    expect([same + differs + missing, same + differs + extra]).toEqual(alone.map((each) => each.out.length));
  });

  it('of a processor with several inputs, each record says its stream', async () => {
    const joins = (value: string): string => processor(`ctx.emit('out', { value: event.stream + ${value} });`, `inputs: ['a', 'b']`);
    const input = ['b', 'a'].map((stream, n) => JSON.stringify({ stream, value: String(n) })).join('\n');
    const [one, other] = [file('joins.ts', joins('event.value')), file('joins-2.ts', joins(`(event.stream === 'a' ? 'x' : event.value)`))];
    const { code, out } = await run(['compare', one, other, '--input', '-'], input);
    expect({ code, first: out[0] }).toEqual({ code: 1, first: 'differs\tout\tnull\ta 0:0\t"a1"\t"ax"' });
  });

  it('inputs of unlike numbers of shards are told beside the output, where a processor remembers', async () => {
    const joins = (name: string, rest: string): string => file(name, processor(EACH, `inputs: ['a', 'b']${rest}`));
    const input = [0, 1].map((shard) => JSON.stringify({ stream: 'a', value: '1', shard })).join('\n') + '\n{"stream":"b","value":"1"}\n';
    const { code, out, err } = await run(
      ['compare', joins('stateful.ts', `, stores: ['s']`), joins('stateless.ts', ''), '--input', '-', '--json'],
      input,
    );
    expect(err).toEqual([expect.stringMatching(/^stateful: Its inputs have not the same number of shards \(a 2, b 1\): /)]);
    expect({ code, printed: out.map((each) => Object.keys(JSON.parse(each) as object)) }).toEqual({ code: 0, printed: [['summary']] });
  });

  it('what is wrong is said, and exits with 2', async () => {
    const one = file('fine.ts', processor(EACH));
    const input = file('six.ndjson', lines(6));
    expect(await compare(one, path.join(temporary.folder, 'none.ts'), input)).toEqual(trouble(/^There is no file .*none\.ts\./));
    expect(await compare(one, file('broken.ts', 'const x = ;'), input)).toEqual(trouble('broken.ts:1:11: Unexpected token'));
    expect(await compare(one, one, path.join(temporary.folder, 'missing.ndjson'))).toEqual(
      trouble(/^There is no file .*missing\.ndjson\./),
    );
    expect(await compare(one, one, file('no-record.ndjson', `${line(0)}\n{"value":\n`))).toEqual(trouble(/^Line 2: This line is not JSON/));
    expect(await compare(one, file('hangs.ts', processor('if (event.value === 4) for (;;);')), input)).toEqual(
      trouble(
        /^hangs went no further, so there is nothing to compare: It did not come to an end within 3 seconds.* It went up to event 4\.$/,
      ),
    );
    expect(await run(['compare', one, one])).toMatchObject({ code: 2 });
    expect(await run(['compare', one, '--input', input])).toMatchObject({ code: 2 });
    // One that hangs is ended twice, each time by what it computes: on a busy machine that takes its time.
  });
});

describe('over a stream', () => {
  it('of a workspace, and of a lab that runs: whatever a file calls it, and nothing is written', async () => {
    const { folder, remove } = temporaryFolder();
    onTestFinished(remove);
    const workspace = path.join(folder, 'lab');
    const on = ['--workspace', workspace];
    await run(['streams', 'create', 'orders', '--shards', '2', ...on]);
    await run(['produce', 'orders', '--format', 'records', ...on], lines(6));
    const [one, other] = [file('one.ts', processor(EACH)), file('other.ts', processor(OTHERS))];
    const sees = {
      code: 1,
      out: [
        'missing\tout\tk2\torders 0:1\t2\t-',
        'differs\tout\tk3\torders 1:1\t3\t"three"',
        'extra\tout\tk4\torders 0:2\t-\t44',
        '6 events. Of the outputs 4 are the same, 1 is different, 1 is missing, 1 is extra.',
      ],
      err: [],
    };
    expect(await compare(one, other, 'orders', ...on)).toEqual(sees);
    expect(await compare(one, one, 'nothing', ...on)).toEqual(
      trouble('There is no stream “nothing”. loglab streams list shows those that there are; a file is the input where no lab is named.'),
    );
    const deaf = file('deaf.ts', processor(EACH, `inputs: ['a', 'b']`));
    expect(await compare(one, deaf, 'orders', ...on)).toEqual(trouble('deaf reads a, b, not orders. Name one of these as the input.'));
    const lab = await serve(workspace);
    onTestFinished(lab.stop);
    expect(await compare(one, other, 'orders', '--url', lab.url)).toEqual(sees);
    expect((await run(['streams', 'list', '--json', '--url', lab.url])).out).toHaveLength(1);
  });
});
