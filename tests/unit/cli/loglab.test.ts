/** The loglab command as a shell runs it. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredRecord } from '../../../main/api/recordJson.ts';
import { openWorkspace } from '../../../main/workspace/index.ts';
import { bytes, openLab, record, seeded, temporaryFolder } from '../openLab.ts';
import { done, failed, type Outcome, run, serve, start } from './command.ts';

const temporary = temporaryFolder();
const workspace = path.join(temporary.folder, 'lab');
/** Most commands talk to one lab that runs: that is quicker than opening the workspace for each. */
let lab: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  lab = await serve(workspace);
});
afterAll(async () => {
  await lab.stop();
  temporary.remove();
});

const loglab = (args: string[], input: string | Uint8Array = ''): Promise<Outcome> => run([...args, '--url', lab.url], input);

function file(name: string, content: string | Uint8Array): string {
  const made = path.join(temporary.folder, name);
  writeFileSync(made, content);
  return made;
}

describe('loglab', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual(done([version]));
  });

  it('makes, lists and deletes streams', async () => {
    expect(await loglab(['streams', 'list'])).toEqual({
      code: 0,
      out: [],
      err: ['There is no stream yet. Make one: loglab streams create NAME --shards 3'],
    });
    expect(await loglab(['streams', 'list', '--json'])).toEqual(done([]));
    expect(await loglab(['streams', 'create', 'orders', '--shards', '2'])).toEqual(done(['The stream orders is there, with 2 shards.']));
    expect(await loglab(['streams', 'create', 'x', '--json'])).toEqual(done([{ name: 'x', shards: 3 }]));
    expect(await loglab(['streams', 'create', 'orders'])).toEqual(failed('There is already a stream “orders”. Choose another name.'));
    expect(await loglab(['streams', 'delete', 'x', '--json'])).toEqual(done([{ deleted: 'x' }]));
    expect(await loglab(['streams', 'delete', 'x'])).toEqual(failed('There is no stream “x”. Create it, or choose another.'));
    expect(await loglab(['streams', 'list'])).toEqual(done(['STREAM  SHARDS  EVENTS  BYTES', 'orders       2       0      0']));
    const { out } = await loglab(['streams', 'list', '--json']);
    expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        name: 'orders',
        shards: 2,
        events: 0,
        bytes: 0,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        offsets: [0, 1].map((shard) => ({ shard, startOffset: '0', endOffset: '0', events: 0 })),
      },
    ]);
  });

  it('produces lines and consumes them', async () => {
    await loglab(['streams', 'create', 'lines', '--shards', '1']);
    expect(await loglab(['produce', 'lines', '--key', '789', '--json'], 'one\r\n\ntwo é\nlast')).toEqual(
      done([{ stream: 'lines', events: 4, shards: [{ shard: 0, firstOffset: '0', lastOffset: '3', events: 4 }] }]),
    );
    expect(await loglab(['produce', 'lines'], '')).toEqual(done(['0 events appended to lines']));
    expect(await loglab(['produce', 'lines', '--key', ''], 'x\n')).toEqual(
      done(['1 event appended to lines', '  shard 0: offsets 4 to 4']),
    );
    const { out, ...rest } = await loglab(['consume', 'lines', '--until', 'now']);
    expect(rest).toEqual({ code: 0, err: [] });
    expect(out.map((line) => line.split('\t').toSpliced(1, 1))).toEqual([
      ['0:0', '789', 'one'],
      ['0:1', '789', ''],
      ['0:2', '789', 'two é'],
      ['0:3', '789', 'last'],
      ['0:4', '', 'x'],
    ]);
    const values = async (...range: string[]): Promise<unknown[]> =>
      (await loglab(['consume', 'lines', '--json', ...range])).out.map((line) => (JSON.parse(line) as { value: unknown }).value);
    expect(await values('--from', 'offset:3', '--until', 'now')).toEqual(['last', 'x']);
    expect(await values('--from', 'offset:1', '--until', 'offset:3')).toEqual(['', 'two é']);
    expect(await values('--until', 'count:2')).toEqual(['one', '']);
    expect(await values('--from', '2000', '--until', '2001-01-01T00:00:00Z')).toEqual([]);
    expect(await values('--from', 'latest', '--until', 'now')).toEqual([]);
    expect(await loglab(['consume', 'lines', '--shard', '1', '--until', 'now'])).toEqual(
      failed(/^The stream “lines” has the shards 0 to 0; there is no shard 1\.$/),
    );
    expect(await loglab(['consume', 'nowhere', '--until', 'now'])).toEqual(failed(/^There is no stream “nowhere”\./));
    expect(await loglab(['produce', 'nowhere'], 'x')).toEqual(
      failed('There is no stream “nowhere”. Make it: loglab streams create nowhere --shards 3'),
    );
  });

  it('carries records through without loss', async () => {
    const random = seeded(11);
    const anyBytes = (): Uint8Array | null =>
      random() < 0.2 ? null : random() < 0.5 ? bytes(`text é ${random()}`) : Uint8Array.from({ length: 5 }, () => random() * 256);
    const times = [-1n, -39_498_624_000_000n, 0n, 1_539_594_002_250n, 8_640_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)];
    const records = Array.from({ length: 70 }, (_, n) => ({
      key: anyBytes(),
      value: anyBytes(),
      headers:
        n % 3 === 0
          ? ([
              ['a', anyBytes()],
              ['a', anyBytes()],
            ] as [string, Uint8Array | null][])
          : [],
      timestamp: times[n % times.length]!,
      shard: n % 4,
    }));
    const own = temporaryFolder();
    const source = await openLab(own.folder);
    await source.client.streams.create({ name: 'from', shards: 4 });
    await source.client.produce.append({ stream: 'from', records });
    await source.close();
    await Promise.all([loglab(['streams', 'create', 'to', '--shards', '4']), loglab(['streams', 'create', 'fewer'])]);

    const { out, code } = await run(['consume', 'from', '--json', '--until', 'now', '--workspace', own.folder]);
    own.remove();
    expect([code, out.length]).toEqual([0, 70]);
    expect(Object.keys(JSON.parse(out[0]!) as object)).toEqual(['stream', 'shard', 'offset', 'timestamp', 'key', 'value', 'headers']);
    // The stream named on the command line wins, the offset counts for nothing.
    expect(await loglab(['produce', 'to', '--format', 'records'], `\n${out.join('\n')}\n\n`)).toMatchObject({ code: 0, err: [] });
    const back = await loglab(['consume', 'to', '--json', '--until', 'now']);
    const sorted = (lines: string[]): string[] => lines.map((line) => line.replace('"stream":"to"', '"stream":"from"')).sort();
    expect(sorted(back.out)).toEqual(sorted(out));

    // A shard that is not there: the key decides, as for any other event.
    expect((await loglab(['produce', 'fewer', '--format', 'records'], out.join('\n'))).code).toBe(0);
    const fewer = (await loglab(['consume', 'fewer', '--json', '--until', 'now'])).out.map((line) => JSON.parse(line) as StoredRecord);
    expect(fewer).toHaveLength(70);
    expect(fewer.filter(({ shard }) => shard > 2)).toEqual([]);
    for (const shard of [0, 1, 2]) expect(fewer.filter((each) => each.shard === shard).length).toBeGreaterThanOrEqual(17);
  });

  it('stops producing at the first record that is none, and says what was appended', async () => {
    await loglab(['streams', 'create', 'records', '--shards', '1']);
    expect(
      await loglab(['produce', 'records', '--format', 'records'], '{"value":"a"}\n{"value":"b"}\n{"value":1}\n{"value":"c"}\n'),
    ).toEqual(failed('Line 3: “value” is a string, null, or {"base64": "…"} with padded base64. The 2 events before it were appended.'));
    expect(
      await loglab(['produce', 'records', '--format', 'records'], Buffer.concat([bytes('{"value":"'), Uint8Array.of(0xff), bytes('"}')])),
    ).toEqual(failed(/^Line 1: This line is not valid UTF-8/));
    expect(await loglab(['produce', 'records'], `${'x\n'.repeat(1_000)}${'y'.repeat(1_048_577)}\n`)).toEqual(
      failed(/^Line 1001: Its value has 1,048,577 bytes; .* The 1000 events before it were appended\.$/),
    );
    const { out } = await loglab(['streams', 'list', '--json']);
    expect(JSON.parse(out.find((line) => line.includes('"records"'))!)).toMatchObject({ events: 1_002 });
  });

  it('prints what is null and what is called null apart', async () => {
    await loglab(['streams', 'create', 'nulls', '--shards', '1']);
    await loglab(
      ['produce', 'nulls', '--format', 'records'],
      '{"key":null,"value":"a"}\n{"key":"null","value":"null"}\n{"key":"k","value":null}\n',
    );
    const { out } = await loglab(['consume', 'nulls', '--until', 'now']);
    expect(out.map((line) => line.split('\t').slice(2))).toEqual([
      ['null', 'a'],
      ['"null"', '"null"'],
      ['k', 'null'],
    ]);
  });

  it('says where the shards end when it is to begin beyond them', async () => {
    await loglab(['streams', 'create', 'short', '--shards', '2']);
    await loglab(['produce', 'short', '--key', 'k'], 'one\n');
    const from = (offset: number) => loglab(['consume', 'short', '--from', `offset:${offset}`, '--until', 'now']);
    expect(await from(7)).toEqual({
      code: 0,
      out: [],
      err: [expect.stringMatching(/^No shard has an offset 7 yet; the next event gets: shard 0 at \d, shard 1 at \d\.$/)],
    });
    expect(await from(0)).toMatchObject({ code: 0, out: [expect.any(String)], err: [] });
  });

  it('consumes live until it is interrupted', async () => {
    await loglab(['streams', 'create', 'live', '--shards', '1']);
    await loglab(['produce', 'live'], 'one\n');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const child = start(['consume', 'live', '--json', '--url', lab.url]);
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await child.outcome).toMatchObject({ code: 0, err: [], out: [expect.stringContaining('"value":"one"')] });
    }
  });

  it('ends quietly when nobody reads on', async () => {
    await loglab(['import', 'long', file('long', 'a line of some length\n'.repeat(20_000)), '--format', 'lines']);
    const child = start(['consume', 'long', '--until', 'now', '--url', lab.url]);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await child.outcome).toMatchObject({ code: 0, err: [] });
  });

  it('prints everything around a damaged batch, then fails', async () => {
    const own = temporaryFolder();
    const hurt = await openLab(own.folder);
    await hurt.client.streams.create({ name: 'hurt', shards: 1 });
    for (const value of ['before', 'bad', 'after'])
      await hurt.client.produce.append({ stream: 'hurt', records: [record(value), record(value)] });
    await hurt.close();
    const db = new Database(hurt.brokerFile);
    const bad = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 2').pluck().get()!;
    bad[bad.length - 2]! ^= 1;
    db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 2').run(bad);
    db.close();
    const { code, out, err } = await run(['consume', 'hurt', '--until', 'now', '--json', '--workspace', own.folder]);
    expect(out.map((line) => (JSON.parse(line) as { value: string }).value)).toEqual(['before', 'before', 'after', 'after']);
    expect([code, err]).toEqual([1, ['1 damaged record batch was passed over (shard 0, offsets 2 to 3); everything else was read.']]);
    own.remove();
  });

  it('tells wrong usage by 2', async () => {
    const wrong = [
      [],
      ['nonsense'],
      ['streams', 'create'],
      ['streams', 'create', 'x', '--shards', '0'],
      ['streams', 'create', 'x', '--shards', '257'],
      ['streams', 'create', 'x', '--shards', ''],
      ['streams', 'list', 'extra'],
      ['produce', 'x', '--format', 'csv'],
      ['consume', 'x', '--from', 'yesterday'],
      ['consume', 'x', '--until', 'offset:9223372036854775808'],
      ['consume', 'x', '--shard', '-1'],
      ['import', 'x'],
      ['streams', 'list', '--url', 'http://127.0.0.1:1', '--workspace', '/tmp/x'],
    ];
    for (let at = 0; at < wrong.length; at += 4) {
      await Promise.all(
        wrong.slice(at, at + 4).map(async (args) => {
          const { code, out, err } = await run(args);
          expect({ args, code, out }).toEqual({ args, code: 2, out: [] });
          expect(err.length).toBeGreaterThan(0);
        }),
      );
    }
    const help = await run(['consume', '--help']);
    expect(help).toMatchObject({ code: 0, err: [] });
    const text = help.out.join(' ').replace(/\s+/g, ' ');
    expect(text).toContain('--from <where> beginning, latest, offset:N or an ISO 8601 time (default: beginning)');
    expect(text).toContain('(default: live)');
    expect(text).not.toMatch(/["{]|null|false/);
    expect((await run(['import', '--help'])).out.join(' ').replace(/\s+/g, ' ')).toContain(
      '(one of: ndjson, records, csv, lines; default: ndjson)',
    );
  });

  it('fails with one line where there is no lab', async () => {
    const at = (address: string): Promise<Outcome> => run(['streams', 'list', '--url', address]);
    expect(await at('http://127.0.0.1:1/?token=x')).toEqual(
      failed(
        /^Port 1 is kept for another service: .* Give the address that the lab printed; where that is it, start the lab with another --port\.$/,
      ),
    );
    expect(await at('http://no-lab.invalid:4646/?token=x')).toEqual(failed(/^There is no host called no-lab\.invalid\. Give the address/));
    expect(await run(['streams', 'list', '--url', 'nonsense'])).toEqual(
      failed('“nonsense” is no address. Give the url that the lab printed, with its token.'),
    );
    for (const named of ['--workspace', '--lab']) {
      const typo = path.join(temporary.folder, 'typo');
      expect(await run(['streams', 'list', named, typo])).toEqual(failed(/^There is no workspace in .*typo\. Look at its name/));
      expect(existsSync(typo)).toBe(false);
    }
    expect(await run(['streams', 'list', '--workspace', file('a-file', '')])).toEqual(failed(/a-file is a file; a workspace is a folder/));
  });
});

describe('loglab over a workspace of its own', () => {
  it('opens it, and leaves it closed', async () => {
    const own = temporaryFolder();
    const folder = ['--workspace', path.join(own.folder, 'made')];
    expect(await run(['streams', 'create', 'orders', '--shards', '1', ...folder])).toMatchObject({ code: 0, err: [] });
    expect(await run(['import', 'orders', file('two', '{"a":1}\n{"a":2}\n'), ...folder])).toMatchObject({ code: 0, err: [] });
    const child = start(['consume', 'orders', '--json', ...folder]);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect((await child.outcome).out).toHaveLength(2);
    (await openWorkspace(path.join(own.folder, 'made'), { program: 'a test', pid: process.pid }, 0)).close();
    own.remove();
  });
});
