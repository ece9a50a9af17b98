import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabClient, labContract } from '../../../main/api/index.ts';
import type { Job } from '../../../main/api/jobs.ts';
import { connectWebSocket } from '../../../main/rpc/adapters/webSocket.ts';
import { createPeer } from '../../../main/rpc/peer.ts';
import { bytes, isOver, jobWhen, temporaryFolder } from '../openLab.ts';
import { done, enginePid, failed, type Outcome, run, serve, start } from './command.ts';

const temporary = temporaryFolder();
const workspace = path.join(temporary.folder, 'lab');
let lab: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  lab = await serve(workspace);
});
afterAll(async () => {
  await lab.stop();
  temporary.remove();
});

const loglab = (args: string[]): Promise<Outcome> => run([...args, '--url', lab.url]);

function file(name: string, content: string | Uint8Array): string {
  const made = path.join(temporary.folder, name);
  writeFileSync(made, content);
  return made;
}

describe('loglab import', () => {
  it('takes stdin where the file is -', async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `{"id":${index},"text":"${'x'.repeat(40)}"}\n`).join('');
    const piped = await run(['import', 'piped', '-', '--key-field', 'id', '--url', lab.url], `${lines}no json\n`);
    expect(piped.code).toBe(1);
    expect(piped.err).toEqual(['1 line was rejected; 60000 events were imported into piped.']);
    expect(piped.out).toEqual([expect.stringMatching(/^line 60001: not JSON/)]);
  });

  it('imports files, and lists what it has to reject', async () => {
    const good = file('good.ndjson', '{"id":"a","at":"2018-10-15T09:00:00Z"}\n{"id":"b","at":1539594002}\n');
    expect(await loglab(['import', 'made', good, '--key-field', 'id', '--time-field', 'at', '--shards', '1'])).toEqual(
      done(['2 events imported into made, 0 lines rejected.']),
    );
    expect((await loglab(['consume', 'made', '--until', 'now'])).out).toEqual([
      '0:0\t2018-10-15T09:00:00.000Z\ta\t{"id":"a","at":"2018-10-15T09:00:00Z"}',
      '0:1\t2018-10-15T09:00:02.000Z\tb\t{"id":"b","at":1539594002}',
    ]);
    const bad = file('bad.ndjson', Buffer.concat([bytes('{"n":1}\n{"n":\n'), Uint8Array.of(0x22, 0xff, 0x22, 0x0a), bytes('\n{"n":2}')]));
    expect(await loglab(['import', 'made', bad])).toEqual({
      code: 1,
      out: ['line 2: not JSON, column 6: The text ends where a value should stand: {"n":', 'line 3: not valid UTF-8: "\\xff"'],
      err: ['2 lines were rejected; 2 events were imported into made. 1 blank line was passed over.'],
    });
    const json = await loglab(['import', 'made', bad, '--json']);
    expect(json).toMatchObject({
      code: 1,
      err: ['2 lines were rejected; 2 events were imported into made. 1 blank line was passed over.'],
    });
    expect(json.out.map((line) => JSON.parse(line) as unknown)).toEqual([
      { line: 2, reason: expect.stringMatching(/^not JSON/) as string, text: '{"n":' },
      { line: 3, reason: 'not valid UTF-8', text: '"\\xff"' },
      { stream: 'made', imported: 2, rejected: 2, blank: 1 },
    ]);
    expect(await loglab(['import', 'plain', bad, '--format', 'lines'])).toEqual(done(['5 events imported into plain, 0 lines rejected.']));
    expect(await loglab(['import', 'made', file('empty', '')])).toEqual(done(['0 events imported into made, 0 lines rejected.']));
    // A row of several lines is listed in one.
    const open = file('open.csv', 'id,name\n1,"a\n2,b\n');
    expect((await loglab(['import', 'made', open, '--format', 'csv'])).out).toEqual([
      expect.stringMatching(/^line 2: a quoted cell .* \(the row ends in line 3\): 1,"a\\n2,b\\n$/),
    ]);
    expect(await loglab(['import', 'made', good, '--shards', '2'])).toEqual(failed(/^The stream “made” has 1 shard, not 2\./));
    expect(await loglab(['import', 'made', path.join(temporary.folder, 'nowhere')])).toEqual(
      failed(/^There is no file .*nowhere\. Look at its name and its folder\.$/),
    );
    expect(await loglab(['import', 'made', temporary.folder])).toEqual(failed(/ is a folder\. Name a file in it\.$/));
    expect(await loglab(['import', 'made', path.join(good, 'below')])).toEqual(
      failed(/^There is no file .*: a part of its path is a file/),
    );
    expect(await loglab(['import', 'made', good, '--format', 'lines', '--key-field', 'id'])).toEqual(
      failed('Plain lines have no fields: a key field or a time field needs the format NDJSON or CSV.'),
    );
  });

  it('lists at most so many rejected lines, with one line on stderr still', async () => {
    const { code, out, err } = await loglab(['import', 'many', file('many', 'x\n'.repeat(20_500)), '--json']);
    expect([code, out.length, err]).toEqual([
      1,
      20_001,
      [
        '20500 lines were rejected (the first 20000 are listed); 0 events were imported into many. The stream many was made for it and is deleted again.',
      ],
    ]);
  });

  it('says what is in the log where a file changes under its hands', async () => {
    const big = file('shrinks.ndjson', `${JSON.stringify({ fill: 'x'.repeat(990) })}\n`.repeat(60_000));
    const child = start(['import', 'shrinks', big, '--url', lab.url]);
    // As soon as the job has begun: 60 MB take a while.
    const db = path.join(workspace, 'broker-1.sqlite');
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const reader = new Database(db, { readonly: true });
      const begun = reader.prepare("SELECT count(*) FROM batch JOIN shard ON shard.id = shard_id WHERE stream = 'shrinks'").pluck().get();
      reader.close();
      if (begun !== 0) break;
    }
    truncateSync(big, 1_000);
    const { code, out, err } = await child.outcome;
    expect([code, out]).toEqual([1, []]);
    expect(err).toEqual([
      expect.stringMatching(
        /became shorter while it was read: \d+ of 60\d+ bytes came\. [\d,]+ events are in “shrinks”\. The rest of the file was not imported\. To import it, run the same command with --go-on\.$/,
      ),
    ]);
    const { out: streams } = await loglab(['streams', 'list', '--json']);
    const { events } = JSON.parse(streams.find((line) => line.includes('"shrinks"'))!) as { events: number };
    expect(err[0]).toContain(` ${events.toLocaleString('en')} events are in`);
    expect(await loglab(['import', 'shrinks', big, '--go-on'])).toEqual(
      failed(
        'shrinks.ndjson has 1,000 bytes; the file of this import, shrinks.ndjson, had 60,120,000 bytes. Choose the same file, unchanged.',
      ),
    );
  });

  it('says what is known to be in the log where the lab crashes; the lab lists it as failed when it is back', async () => {
    const big = file('crash.ndjson', `${JSON.stringify({ fill: 'x'.repeat(990) })}\n`.repeat(150_000));
    const child = start(['import', 'crash', big, '--url', lab.url]);
    const recorded = (): number => {
      const reader = new Database(path.join(workspace, 'catalog.sqlite'), { readonly: true });
      const events = reader.prepare<[], number>("SELECT max(events) FROM job WHERE stream = 'crash'").pluck().get() ?? 0;
      reader.close();
      return events;
    };
    while (recorded() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    process.kill(enginePid(lab.pid), 'SIGKILL');
    const { code, out, err } = await child.outcome;
    expect([code, out]).toEqual([1, []]);
    expect(err).toEqual([
      expect.stringMatching(
        /At least [\d,]+ events are in “crash”; a few more may be\. The rest of the file was not imported\. To import it, run the same command with --go-on\.$/,
      ),
    ]);
    const heard = Number(/At least ([\d,]+)/.exec(err[0]!)![1]!.replaceAll(',', ''));

    const { client, close } = await whenBack(lab.url);
    const inLog = (await client.streams.list({})).find(({ name }) => name === 'crash')!.events;
    expect(inLog).toBeGreaterThanOrEqual(heard);
    const job = await jobWhen(client, (await jobOf(client, 'crash')).id, isOver);
    expect(job).toMatchObject({ state: 'failed', kind: 'import', title: 'Import crash.ndjson into crash', streamMade: true });
    expect(job.message).toBe(
      `The lab ended while it ran. At least ${job.events.toLocaleString('en')} events are in “crash”; a few more may be. The rest of the file was not imported.`,
    );
    expect(job.events).toBeGreaterThan(0);
    expect(inLog).toBeGreaterThanOrEqual(job.events);

    expect(await loglab(['import', 'crash', big, '--go-on'])).toEqual(done(['150000 events imported into crash, 0 lines rejected.']));
    expect((await client.events.window({ stream: 'crash', from: 0, limit: 1 })).endRow).toBe(150_000);
    expect(await loglab(['import', 'crash', big, '--go-on'])).toEqual(
      failed(
        'The lab lists no import of crash.ndjson into crash that ended before its file did. Leave --go-on out to import it from its beginning.',
      ),
    );
    expect(await loglab(['import', 'crash', '-', '--go-on'])).toEqual(failed('What came on stdin before is gone: --go-on needs a file.'));
    close();
  });
});

/** A program that comes to a lab whose engine is just started again. */
async function whenBack(url: string): Promise<{ client: LabClient; close: () => void }> {
  for (let tries = 0; ; tries++) {
    try {
      const peer = createPeer(await connectWebSocket(url.replace('http:', 'ws:').replace('/?', '/rpc?')));
      return { client: peer.client(labContract), close: () => peer.close() };
    } catch (error) {
      if (tries > 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function jobOf(client: LabClient, stream: string): Promise<Job> {
  for await (const jobs of client.jobs.watch({})) return jobs.find((job) => job.stream === stream)!;
  throw new Error('The jobs are not told any more.');
}
