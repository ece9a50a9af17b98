import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLab, record, temporaryFolder } from '../openLab.ts';
import { done, failed, type Outcome, run, serve, start } from './command.ts';

const temporary = temporaryFolder();
const at = (name: string): string => path.join(temporary.folder, name);
let lab: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  lab = await serve(at('source'));
  for (const [name, shards] of [
    ['orders', '2'],
    ['clicks', '1'],
  ] as const)
    await loglab(['streams', 'create', name, '--shards', shards]);
  await run(['produce', 'orders', '--url', lab.url], 'one\ntwo\nthree\n');
});
afterAll(async () => {
  await lab.stop();
  temporary.remove();
});

const loglab = (args: string[]): Promise<Outcome> => run([...args, '--url', lab.url]);
const consumed = async (stream: string, target: string[]): Promise<string[]> =>
  (await run(['consume', stream, '--until', 'now', '--json', ...target])).out;
const namesIn = async (folder: string): Promise<unknown[]> =>
  (await run(['streams', 'list', '--json', '--workspace', folder])).out.map((line) => (JSON.parse(line) as { name: string }).name);

describe('loglab workspace', () => {
  it('exports a lab that runs, and imports it into a folder that is made for it', async () => {
    const file = at('all.loglab');
    expect(await loglab(['workspace', 'export', file])).toEqual(done([`3 events of 2 streams exported to ${file}.`]));
    expect(await run(['workspace', 'import', file, '--workspace', at('copy/here')])).toEqual(
      done([`3 events of 2 streams imported from ${file}.`]),
    );
    expect(await namesIn(at('copy/here'))).toEqual(['clicks', 'orders']);
    expect(await consumed('orders', ['--workspace', at('copy/here')])).toEqual(await consumed('orders', ['--url', lab.url]));
    expect(await loglab(['workspace', 'export', file])).toEqual(failed(/is there already.*--force\.$/));
    const json = await loglab(['workspace', 'export', file, '--force', '--json']);
    expect(json).toMatchObject({ code: 0, err: [] });
    expect(JSON.parse(json.out[0]!)).toMatchObject({ file, streams: 2, shards: 3, events: 3, leftOut: [], leftOutCount: 0 });
    expect(await run(['workspace', 'export', at('again.loglab'), '--workspace', at('copy/here')])).toMatchObject({ code: 0 });
  });

  it('says which names are taken, and takes others', async () => {
    const file = at('all.loglab');
    expect(await loglab(['workspace', 'import', file])).toEqual(
      failed('2 of its names are taken. Give them other ones: --rename clicks=clicks-2 --rename orders=orders-2'),
    );
    expect(await loglab(['workspace', 'import', file, '--rename', 'clicks=clicks-2'])).toEqual(
      failed('There is already a stream “orders”. Choose another name. Give it another one: --rename orders=orders-2'),
    );
    expect(await loglab(['workspace', 'import', file, '--rename', 'clicks=clicks-2', '--rename', 'orders=morning'])).toMatchObject({
      code: 0,
    });
    const offsets = async (stream: string): Promise<string[]> =>
      (await consumed(stream, ['--url', lab.url])).map((line) => line.replace(/^\{"stream":"[^"]*",/, ''));
    expect(await offsets('morning')).toEqual(await offsets('orders'));
    expect(await loglab(['workspace', 'import', file, '--rename', 'orders'])).toMatchObject({ code: 2 });
  });

  it('leaves nothing of a file that is not whole, or not ours', async () => {
    const whole = readFileSync(at('all.loglab'));
    const short = at('short.loglab');
    writeFileSync(short, whole.subarray(0, whole.length - 2_000));
    expect(await run(['workspace', 'import', short, '--workspace', at('none')])).toEqual(
      failed(/^The file is cut short: its end is missing\. .* Nothing of short\.loglab was imported\.$/),
    );
    expect(existsSync(at('none'))).toBe(false);
    mkdirSync(at('empty'));
    expect(await run(['workspace', 'import', short, '--workspace', at('empty')])).toMatchObject({ code: 1 });
    expect(readdirSync(at('empty'))).toEqual([]);
    writeFileSync(at('strange'), '{"n":1}\n'.repeat(1_000));
    expect(await run(['workspace', 'import', at('strange'), '--workspace', at('none')])).toEqual(failed(/^This is no file of a workspace/));
    expect(await run(['workspace', 'import', at('nowhere'), '--workspace', at('none')])).toEqual(failed(/^There is no file/));
    expect(existsSync(at('none'))).toBe(false);
    expect(
      await run(['workspace', 'import', short, '--workspace', at('copy/here'), '--rename', 'orders=a', '--rename', 'clicks=b']),
    ).toMatchObject({
      code: 1,
    });
    expect(await namesIn(at('copy/here'))).toEqual(['clicks', 'orders']);
  });

  it('an import that is killed leaves nothing when the workspace is opened again; one that is stopped, neither', async () => {
    const large = await openLab(at('large'));
    await large.client.streams.create({ name: 'large', shards: 2 });
    const records = Array.from({ length: 2_000 }, (_, n) => record('x'.repeat(1_000), { shard: n % 2 }));
    for (let n = 0; n < 40; n++) await large.client.produce.append({ stream: 'large', records });
    const file = createWriteStream(at('large.loglab'));
    for await (const item of large.client.workspace.export({})) if (item.kind === 'piece') file.write(Buffer.from(item.piece));
    await new Promise((resolve) => file.end(resolve));
    await large.close();
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const folder = at(signal);
      const importing = start(['workspace', 'import', at('large.loglab'), '--workspace', folder]);
      const log = path.join(folder, 'broker-1.sqlite-wal');
      const size = (): number => (existsSync(log) ? readFileSync(log).length : 0);
      while (size() < 4 * 1024 * 1024 && importing.exitCode === null) await pause(5);
      importing.kill(signal);
      const outcome = await importing.outcome;
      expect(outcome.code).toBe(signal === 'SIGKILL' ? null : 1);
      if (signal === 'SIGTERM') {
        expect(outcome.err).toEqual(['The import was stopped. Nothing of large.loglab was imported.']);
        expect(existsSync(folder)).toBe(false);
        continue;
      }
      expect(await namesIn(folder)).toEqual([]);
      expect(await run(['workspace', 'import', at('large.loglab'), '--workspace', folder])).toMatchObject({ code: 0 });
      expect(await run(['verify', '--workspace', folder])).toMatchObject({ code: 0 });
    }
  });
});
