/** The loglab command over a workspace that somebody has open. */
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../main/cli/connect.ts';
import { openWorkspace } from '../../../main/workspace/index.ts';
import { readRunningLab, tellOfRunningLab } from '../../../main/workspace/runningLab.ts';
import { temporaryFolder } from '../openLab.ts';
import { failed, run, serve, start } from './command.ts';

const temporary = temporaryFolder();
const folder = (name: string): string => path.join(temporary.folder, name);
let lab: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  lab = await serve(folder('served'));
});
afterAll(async () => {
  await lab.stop();
  temporary.remove();
});

const talking = (pid: number): string => `Talking to the lab that has this workspace open (process ${pid}).`;
const list = (workspace: string) => run(['streams', 'list', '--json', '--lab', workspace]);

describe('a workspace that a lab serves', () => {
  it('is worked with through that lab', async () => {
    const workspace = ['--lab', folder('served')];
    const made = await run(['streams', 'create', 'orders', '--shards', '1', ...workspace]);
    expect(made).toEqual({ code: 0, out: ['The stream orders is there, with 1 shard.'], err: [] });
    expect(await run(['produce', 'orders', ...workspace], 'a\nb\n')).toMatchObject({ code: 0 });
    const consumed = await run(['consume', 'orders', '--until', 'now', '--json', ...workspace]);
    expect(consumed).toMatchObject({ code: 0, err: [] });
    expect(consumed.out).toHaveLength(2);
    // The lab goes on: the command closed nothing but its own connection.
    expect((await run(['streams', 'list', '--json', '--url', lab.url])).out).toHaveLength(1);
  });

  it('is not opened by a command that was told to open it: who has it is named', async () => {
    const opened = await run(['streams', 'list', '--workspace', folder('served')]);
    expect(opened).toEqual(
      failed(/is in use by a lab that serves a browser \(process \d+, since .* Or talk to it: give --lab instead of --workspace\.$/),
    );
  });

  it('is said to be to who looks on', async () => {
    const said: string[] = [];
    const connection = await connect({ lab: folder('served') }, { makes: false, say: (line) => said.push(line) });
    await connection.close();
    expect(said).toEqual([talking(lab.pid)]);
  });

  it('fails with one line', async () => {
    expect(await run(['streams', 'delete', 'nothing', '--lab', folder('served')])).toEqual(
      failed('There is no stream “nothing”. Create it, or choose another.'),
    );
  });

  it('also by another path', async () => {
    symlinkSync(folder('served'), folder('link'));
    expect(await list(folder('link'))).toMatchObject({ code: 0, err: [] });
  });

  it('is told of to its owner alone, as long as it is served', async () => {
    const other = await serve(folder('for a while'));
    const file = path.join(folder('for a while'), 'running.json');
    expect(readRunningLab(folder('for a while'))).toEqual({ url: other.url, pid: other.pid });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await other.stop();
    expect(() => statSync(file)).toThrow(/ENOENT/);
    expect(await list(folder('for a while'))).toEqual({ code: 0, out: [], err: [] });
  });
});

it('a lab that is too busy to answer is named, and not told to be closed', async () => {
  const other = await serve(folder('busy'));
  process.kill(other.pid, 'SIGSTOP');
  try {
    expect(await list(folder('busy'))).toEqual(
      failed(new RegExp(`^The lab that has this workspace open \\(process ${other.pid}\\) did not answer within 3 seconds\\.`)),
    );
  } finally {
    process.kill(other.pid, 'SIGCONT');
    await other.stop();
  }
});

describe('what a lab has left behind', () => {
  it('leads nowhere once the workspace is free', async () => {
    const killed = await serve(folder('killed'));
    process.kill(killed.pid, 'SIGKILL');
    expect(readRunningLab(folder('killed'))).toMatchObject({ pid: killed.pid });
    expect(await list(folder('killed'))).toEqual({ code: 0, out: [], err: [] });
  });

  it.concurrent.each([
    ['a lab with this token that has another folder open', () => lab.url],
    ['the next lab at the same port', () => lab.url.replace(/token=.*/, 'token=of-the-one-before')],
    ['nobody', () => 'http://127.0.0.1:1/?token=x'],
  ])('leads to no other lab: who has the workspace is named, not %s', async (answering, url) => {
    const workspace = folder(`held, told of ${answering}`);
    const holder = await openWorkspace(workspace, { program: 'a test', pid: process.pid });
    tellOfRunningLab(workspace, { url: url(), pid: lab.pid });
    expect(await list(workspace)).toEqual(failed(new RegExp(`is in use by a test \\(process ${process.pid}, since `)));
    holder.close();
  });

  it('is waited for where it is about to let go', async () => {
    const holder = await openWorkspace(folder('closing'), { program: 'a test', pid: process.pid });
    tellOfRunningLab(folder('closing'), { url: 'http://127.0.0.1:1/?token=x', pid: 1 });
    const command = start(['streams', 'list', '--json', '--lab', folder('closing')]);
    setTimeout(() => holder.close(), 2_500);
    expect(await command.outcome).toEqual({ code: 0, out: [], err: [] });
  });

  it('is nothing where it names another machine, or makes no sense', () => {
    const told = (content: string): unknown => {
      writeFileSync(path.join(temporary.folder, 'running.json'), content);
      return readRunningLab(temporary.folder);
    };
    expect(told('{"url":"http://127.0.0.1:4646/?token=x","pid":7}')).toEqual({ url: 'http://127.0.0.1:4646/?token=x', pid: 7 });
    for (const url of ['http://example.org/?token=x', 'https://127.0.0.1:4646/', 'http://127.0.0.1@example.org/', 'x']) {
      expect(told(JSON.stringify({ url, pid: 7 })), url).toBeNull();
    }
    for (const content of ['', '{"url":"http://127', '[]', 'null', '{"pid":7}']) expect(told(content), content).toBeNull();
  });

  it('is taken back by its own lab alone', () => {
    const takeBack = tellOfRunningLab(temporary.folder, { url: 'http://127.0.0.1:1000/?token=a', pid: 1 });
    const other = { url: 'http://127.0.0.1:2000/?token=b', pid: 2 };
    tellOfRunningLab(temporary.folder, other);
    takeBack();
    expect(readRunningLab(temporary.folder)).toEqual(other);
    // Where nothing can be written, nobody is told, and the lab serves all the same.
    tellOfRunningLab(path.join(temporary.folder, 'nowhere'), other)();
  });
});
