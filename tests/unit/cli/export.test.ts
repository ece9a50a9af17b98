import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReadRecord } from '../../../main/api/events.ts';
import { builtFolder, openLab, readWhole, record, seeded, temporaryFolder } from '../openLab.ts';
import { done, failed, type Outcome, run, serve, start } from './command.ts';

const temporary = temporaryFolder();
const files = path.join(temporary.folder, 'files');
let lab: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  mkdirSync(files);
  lab = await serve(path.join(temporary.folder, 'lab'));
});
afterAll(async () => {
  await lab.stop();
  temporary.remove();
});

const loglab = (args: string[], input?: string): Promise<Outcome> => run([...args, '--url', lab.url], input);
const at = (name: string): string => path.join(files, name);
const lines = (name: string): string[] => readFileSync(at(name), 'utf8').trimEnd().split('\n');

/** Events that a careless format would change. */
function nastyRecords(count: number, shards: number): ReturnType<typeof record>[] {
  const random = seeded(4);
  const texts = ['', '\uFEFFbom', 'a\nb\r\n', '"quoted"', '漢\u2028😀', '\u0000', ' spaces ', '{"a":1}'].map((text) => Buffer.from(text));
  const anyBytes = (): Uint8Array | null => {
    const at = random();
    if (at < 0.15) return null;
    return at < 0.7 ? texts[Math.floor(random() * texts.length)]! : Uint8Array.from({ length: 6 }, () => random() * 256);
  };
  const times = [-1n, 0n, -39_498_624_000_000n, 1_539_594_002_250n, 8_640_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n), -2n];
  const names = ['', 'plain', 'plain', 'größe', '漢字', 'a\nb'];
  return Array.from({ length: count }, (_, n) => ({
    key: anyBytes(),
    value: anyBytes(),
    headers: Array.from(
      { length: n % 500 === 0 ? 300 : n % 4 },
      () => [names[Math.floor(random() * names.length)]!, anyBytes()] as [string, Uint8Array | null],
    ),
    timestamp: times[n % times.length]!,
    shard: Math.floor(random() * shards),
  }));
}

const perShard = (records: ReadRecord[], shards: number): unknown[] =>
  Array.from({ length: shards }, (_, number) =>
    records
      .filter(({ shard }) => shard === number)
      .map(({ key, value, headers, timestamp }) => ({
        timestamp,
        key: key && [...key],
        value: value && [...value],
        headers: headers.map(([name, content]) => [name, content && [...content]]),
      })),
  );

describe('loglab export', () => {
  it('writes records that an import makes the same stream of', async () => {
    const folder = path.join(temporary.folder, 'nasty');
    const source = await openLab(folder);
    await source.client.streams.create({ name: 'from', shards: 4 });
    const all = nastyRecords(2_500, 4);
    for (let from = 0; from < all.length; from += 500)
      await source.client.produce.append({ stream: 'from', records: all.slice(from, from + 500) });
    await source.close();
    const own = (args: string[]): Promise<Outcome> => run([...args, '--workspace', folder]);
    expect(await own(['export', 'from', at('nasty.ndjson')])).toEqual(done([`2500 events of from exported to ${at('nasty.ndjson')}.`]));
    expect(await own(['import', 'to', at('nasty.ndjson'), '--format', 'records', '--shards', '4'])).toMatchObject({ code: 0 });
    const again = await openLab(folder);
    const [from, to] = [await readWhole(again.client, 'from'), await readWhole(again.client, 'to')];
    await again.close();
    expect(from.records).toHaveLength(2_500);
    expect(perShard(to.records, 4)).toEqual(perShard(from.records, 4));
  });

  it('writes the range and the shards that are asked for, to a file or to stdout', async () => {
    await loglab(['streams', 'create', 'range', '--shards', '2']);
    const input = [0, 1, 2, 3, 4, 5].map((n) => `{"shard":${n % 2},"timestamp":"2020-01-0${n + 1}","value":"${n}"}\n`).join('');
    await loglab(['produce', 'range', '--format', 'records'], input);
    const told = (out: string[]): string[] => out.map((line) => (JSON.parse(line) as { value: string }).value);
    const exported = async (...args: string[]): Promise<string[]> => told((await loglab(['export', 'range', '-', ...args])).out);
    expect(await exported()).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(await exported('--from', 'offset:1', '--until', 'offset:2')).toEqual(['2', '3']);
    expect(await exported('--from', '2020-01-02', '--until', '2020-01-05')).toEqual(['1', '2', '3']);
    expect(await exported('--until', 'count:3')).toEqual(['0', '1', '2']);
    expect(await exported('--shard', '1')).toEqual(['1', '3', '5']);
    expect(await exported('--from', 'latest')).toEqual([]);
    expect((await loglab(['export', 'range', '-', '--until', 'live'])).code).toBe(2);
    expect((await loglab(['consume', 'range', '--until', 'now', '--json'])).out).toEqual((await loglab(['export', 'range', '-'])).out);
    const { out } = await loglab(['export', 'range', at('told'), '--json']);
    expect(JSON.parse(out[0]!)).toEqual({
      stream: 'range',
      file: at('told'),
      format: 'records',
      events: 6,
      bytes: readFileSync(at('told')).length,
    });
  });

  it('leaves files as they are unless told, and nothing half-written', async () => {
    await loglab(['streams', 'create', 'kept', '--shards', '1']);
    await loglab(['produce', 'kept'], 'one\n');
    writeFileSync(at('mine'), 'mine');
    const before = readdirSync(files);
    expect(await loglab(['export', 'kept', at('mine')])).toEqual(
      failed(/mine is there already and was left as it is\. Choose another name, or replace it with --force\.$/),
    );
    expect(readFileSync(at('mine'), 'utf8')).toBe('mine');
    expect(await loglab(['export', 'nowhere', at('new')])).toEqual(failed(/^There is no stream “nowhere”\./));
    expect(await loglab(['export', 'nowhere', at('mine'), '--force'])).toEqual(failed(/^There is no stream “nowhere”\./));
    expect(await loglab(['export', 'kept', files])).toEqual(failed(/ is a folder\. Name a file in it\.$/));
    expect(await loglab(['export', 'kept', path.join(at('no'), 'where')])).toEqual(
      failed(/its folder does not exist\. Make the folder first\.$/),
    );
    expect(await loglab(['export', 'kept', '/dev/null', '--force'])).toEqual(failed(/^\/dev\/null is not a file\./));
    // A count that is never reached waits, until it is interrupted.
    const waiting = start(['export', 'kept', at('new'), '--until', 'count:2', '--url', lab.url]);
    while (readdirSync(files).length === before.length) await new Promise((resolve) => setTimeout(resolve, 20));
    waiting.kill('SIGINT');
    expect(await waiting.outcome).toEqual(failed(/^The export was stopped after [01] events; no file was written\.$/));
    expect(readdirSync(files)).toEqual(before);
    expect(readFileSync(at('mine'), 'utf8')).toBe('mine');
    expect(await loglab(['export', 'kept', at('mine'), '--force'])).toMatchObject({ code: 0 });
    expect(lines('mine')).toHaveLength(1);
    expect(readdirSync(files)).toEqual(before);
  });

  it('writes everything around a damaged batch, then fails', async () => {
    const folder = path.join(temporary.folder, 'hurt');
    const hurt = await openLab(folder);
    await hurt.client.streams.create({ name: 'hurt', shards: 1 });
    for (const value of ['before', 'bad', 'after']) await hurt.client.produce.append({ stream: 'hurt', records: [record(value)] });
    await hurt.close();
    const db = new Database(hurt.brokerFile);
    const bad = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 1').pluck().get()!;
    bad[bad.length - 2]! ^= 1;
    db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 1').run(bad);
    db.close();
    expect(await run(['export', 'hurt', at('hurt'), '--workspace', folder])).toEqual(
      failed(/^2 events of hurt exported to .*hurt\. 1 damaged record batch was passed over \(shard 0, offsets 1 to 1\)/),
    );
    expect(lines('hurt')).toHaveLength(2);
  });

  it('writes CSV: fields as columns, what they do not tell as a whole', async () => {
    await loglab(['streams', 'create', 'table', '--shards', '1']);
    const values = [
      { id: 7, name: 'Jo, "the" tall', key: 'own' },
      { id: '7', tags: ['a'], none: null, empty: '' },
    ].map((value) => JSON.stringify(value));
    const input = [
      { key: 'k', timestamp: '0718-05-05', value: values[0] },
      { key: null, timestamp: null, value: values[1] },
      { key: '', value: 'no, object', timestamp: '2020-01-01' },
      { value: null, timestamp: '2020-01-01' },
      { value: { base64: '/w==' }, timestamp: '2020-01-01' },
      { value: '{"id":12345678901234567890,"big":1e999}', timestamp: '2020-01-01' },
    ];
    await loglab(['produce', 'table', '--format', 'records'], input.map((each) => `${JSON.stringify(each)}\n`).join(''));
    await loglab(['export', 'table', at('table.csv'), '--format', 'csv']);
    expect(readFileSync(at('table.csv'), 'utf8').split('\n')).toEqual([
      'shard,offset,timestamp,key,id,name,value.key,tags,none,empty,big,value',
      '0,0,0718-05-05T00:00:00.000Z,k,7,"Jo, ""the"" tall",own,,,,,',
      '0,1,,,"7",,,"[""a""]",,"",,',
      '0,2,2020-01-01T00:00:00.000Z,"",,,,,,,,"no, object"',
      '0,3,2020-01-01T00:00:00.000Z,,,,,,,,,',
      '0,4,2020-01-01T00:00:00.000Z,,,,,,,,,"{""base64"":""/w==""}"',
      '0,5,2020-01-01T00:00:00.000Z,,12345678901234567890,,,,,,,"{""id"":12345678901234567890,""big"":1e999}"',
      '',
    ]);
    // Fields that come first behind the first thousand events get no column.
    const late = Array.from({ length: 1_500 }, (_, n) => (n < 1_000 ? `{"n":${n}}` : `{"n":${n},"late":true}`));
    writeFileSync(at('late'), late.join('\n'));
    await loglab(['import', 'late', at('late'), '--shards', '1']);
    const { out } = await loglab(['export', 'late', '-', '--format', 'csv']);
    expect(out).toHaveLength(1_501);
    expect(out[0]).toBe('shard,offset,timestamp,key,n,value');
    expect(out[1_000]).toMatch(/,,999,$/);
    expect(out[1_001]).toMatch(/,,1000,"\{""n"":1000,""late"":true\}"$/);
    await loglab(['streams', 'create', 'none', '--shards', '1']);
    expect((await loglab(['export', 'none', '-', '--format', 'csv'])).out).toEqual(['shard,offset,timestamp,key,value']);
  });

  it('ends where the stream ended as it began, however much comes meanwhile', async () => {
    const folder = path.join(temporary.folder, 'busy');
    const busy = await openLab(folder);
    await busy.client.streams.create({ name: 'busy', shards: 2 });
    const some = Array.from({ length: 1_000 }, (_, n) => record(`${n}`, { shard: n % 2 }));
    for (let n = 0; n < 10; n++) await busy.client.produce.append({ stream: 'busy', records: some });
    const told: ReadRecord[] = [];
    for await (const { records } of busy.client.events.read({ stream: 'busy', from: { at: 'beginning' }, until: { at: 'now' } })) {
      told.push(...records);
      // Faster than it is read.
      for (let n = 0; n < 2; n++) await busy.client.produce.append({ stream: 'busy', records: some });
    }
    await busy.close();
    for (const shard of [0, 1])
      expect(told.filter((each) => each.shard === shard).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 5_000 }, (_, n) => BigInt(n)),
      );
  });

  it('of a killed command leaves a part, which the next one of the same file removes', async () => {
    await loglab(['streams', 'create', 'parts', '--shards', '1']);
    await loglab(['produce', 'parts'], 'one\n');
    const parts = (): string[] => readdirSync(files).filter((name) => name.startsWith('parts.out'));
    const exporting = (): ReturnType<typeof start> => start(['export', 'parts', at('parts.out'), '--until', 'count:2', '--url', lab.url]);
    const someParts = (count: number): Promise<void> => vi.waitFor(() => expect(parts()).toHaveLength(count));
    const killed = exporting();
    await someParts(1);
    killed.kill('SIGKILL');
    await killed.outcome;
    expect(parts()).toEqual([expect.stringMatching(/^parts\.out\.[0-9a-f]{8}\.part$/)]);
    for (const name of ['parts.out.part', 'parts.out2.00000000.part']) writeFileSync(at(name), 'mine');
    expect(await loglab(['export', 'parts', at('parts.out')])).toMatchObject({ code: 0 });
    expect(parts().sort()).toEqual(['parts.out', 'parts.out.part', 'parts.out2.00000000.part']);
    expect(lines('parts.out')).toHaveLength(1);
    for (const name of parts()) rmSync(at(name));

    // Two at a time: the later one has it.
    const earlier = exporting();
    await someParts(1);
    expect(await loglab(['export', 'parts', at('parts.out')])).toMatchObject({ code: 0 });
    await loglab(['produce', 'parts'], 'two\n');
    expect(await earlier.outcome).toEqual(
      failed(/parts\.out is being written by another export that began later; this one wrote nothing\.$/),
    );
    expect(parts()).toEqual(['parts.out']);
    expect(lines('parts.out')).toHaveLength(1);
  });

  it('says why a file can not be written, and leaves none', async () => {
    writeFileSync(at('much'), `${'a line of some length'.repeat(20)}\n`.repeat(5_000));
    await loglab(['import', 'much', at('much'), '--format', 'lines']);
    const inShell = async (command: string): Promise<Outcome> => {
      const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, err] = await Promise.all([child.stdout.toArray(), child.stderr.toArray()]);
      const said = (chunks: unknown[]): string[] => chunks.join('').split('\n').slice(0, -1);
      return { code: child.exitCode ?? ((await once(child, 'exit'))[0] as number), out: said(out), err: said(err) };
    };
    const loglabJs = `'${process.execPath}' '${path.join(builtFolder, 'loglab.js')}'`;
    const before = readdirSync(files);
    expect(await inShell(`ulimit -f 100; ${loglabJs} export much '${at('limited')}' --url '${lab.url}'`)).toEqual(
      failed(/limited can not be written: it would be larger than its disk, or this shell \(ulimit -f\), takes files\./),
    );
    expect(readdirSync(files)).toEqual(before);
    expect(await inShell(`${loglabJs} export much - --url '${lab.url}' > /dev/full`)).toEqual(
      failed('The output can not be written: the disk is full. What was written until then is not all.'),
    );
  });

  it('ends quietly when nobody reads on', async () => {
    writeFileSync(at('long'), 'a line of some length\n'.repeat(20_000));
    await loglab(['import', 'long', at('long'), '--format', 'lines']);
    const child = start(['export', 'long', '-', '--url', lab.url]);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await child.outcome).toMatchObject({ code: 0, err: [] });
  });
});
