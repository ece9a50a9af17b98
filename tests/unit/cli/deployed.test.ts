/** loglab processors deploy, list, pause, resume, remove: with a lab that runs, and over a workspace that nobody has open. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../openLab.ts';
import { done, failed, run, serve } from './command.ts';

const temporary = temporaryFolder();
const inside = (name: string): string => path.join(temporary.folder, name);
const file = (name: string, text: string): string => {
  writeFileSync(inside(name), text);
  return inside(name);
};
const UPPER = `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['words'],
  outputs: ['shouted'],
  onEvent(event, ctx) {
    if (event.value === 'quiet') return ctx.bad('it does not shout');
    ctx.emit('shouted', { key: event.key, value: String(event.value).toUpperCase() });
  },
});
`;

interface Line {
  name: string;
  state: string;
  in: number;
}

afterAll(() => temporary.remove());

describe('with a lab that runs', () => {
  let lab: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    lab = await serve(inside('served'));
  });
  afterAll(() => lab.stop());
  const asked = (...args: string[]) => run([...args, '--url', lab.url]);
  const list = async (): Promise<Line[]> => {
    const { out } = await asked('processors', 'list', '--json');
    return out.map((line) => JSON.parse(line) as Line);
  };
  const hasRead = (events: number) =>
    vi.waitFor(async () => expect(await list()).toMatchObject([{ name: 'upper', in: events, lag: 0 }]), { interval: 200 });

  it('deploys, lists, pauses, resumes and removes', async () => {
    await asked('streams', 'create', 'words', '--shards', '1');
    await run(['produce', 'words', '--url', lab.url], '"loud"\n"quiet"\n');
    const upper = file('upper.ts', UPPER);
    expect(await asked('processors', 'deploy', upper)).toEqual(
      done(['Version 1 of upper is deployed: it reads words and writes shouted, exactly once.']),
    );
    await hasRead(2);
    const table = await asked('processors', 'list');
    expect(table.out.map((line) => line.split(/ +/))).toEqual([
      ['PROCESSOR', 'STATE', 'VERSION', 'IN', 'OUT', 'BAD', 'LAG', 'RESTARTS'],
      ['upper', 'running', '1', '2', '1', '1', '0', '0'],
    ]);

    expect(await asked('processors', 'pause', 'upper')).toEqual(done(['upper has committed what it had, and stands still.']));
    await run(['produce', 'words', '--url', lab.url], '"more"\n');
    expect(await list()).toMatchObject([{ state: 'paused', in: 2 }]);
    expect(await asked('processors', 'resume', 'upper', '--json')).toEqual(done([{ resumed: 'upper' }]));
    await hasRead(3);

    // The same text again is the same version; from the start it reads all of it again.
    const again = await asked('processors', 'deploy', upper, '--anew', '--guarantee', 'at-least-once', '--json');
    expect(JSON.parse(again.out[0]!)).toMatchObject({ version: 1, guarantee: 'at-least-once', inputs: ['words'], outputs: ['shouted'] });
    await hasRead(3);
    const shouted = await asked('consume', 'shouted', '--until', 'now', '--json');
    expect(shouted.out.map((line) => (JSON.parse(line) as { value: unknown }).value)).toEqual(['"LOUD"', '"MORE"', '"LOUD"', '"MORE"']);

    expect((await asked('processors', 'remove', 'upper')).code).toBe(0);
    expect(await list()).toEqual([]);
  });

  it('says what is wrong', async () => {
    expect(await asked('processors', 'deploy', inside('missing.ts'))).toEqual(failed(/^There is no file .*missing\.ts\./));
    expect(await asked('processors', 'deploy', file('reads.ts', UPPER.replace('words', 'nowhere')))).toEqual(
      failed('It reads the stream “nowhere”, which is not there. Create it, or change inputs.'),
    );
    expect(await asked('processors', 'deploy', file('b roken.ts', UPPER))).toEqual(failed(/give another name with --name\.$/));
    expect(await asked('processors', 'deploy', file('broken.ts', 'const x = ;'))).toEqual(failed(/^broken\.ts:1:11: Unexpected token/));
    expect(await asked('processors', 'deploy', file('events.ndjson', '{"a":1}\n{"a":2}\n'))).toEqual(failed(/^events\.ndjson:1:\d+: /));
    expect(await asked('processors', 'pause', 'nobody')).toEqual(failed(/“nobody”/));
    expect(await asked('processors', 'deploy', inside('upper.ts'), '--from', 'offset:3')).toMatchObject({ code: 2 });
  });
});

it('one that came with a workspace from elsewhere runs when it is trusted, and not before', async () => {
  const [from, to] = [inside('from'), inside('to')].map((folder) => ['--workspace', folder]);
  await run(['streams', 'create', 'words', '--shards', '1', ...from!]);
  await run(['produce', 'words', ...from!], '"one"\n"quiet"\n');
  await run(['processors', 'deploy', file('upper.ts', UPPER), ...from!]);
  const all = inside('all.loglab');
  expect(await run(['workspace', 'export', all, ...from!])).toEqual(done([`2 events of 1 stream and 1 processor exported to ${all}.`]));
  expect(await run(['workspace', 'import', all, ...to!])).toEqual(
    done([
      `2 events of 1 stream and 1 processor imported from ${all}. No processor runs before you have looked at it and trust it: loglab processors source NAME, loglab processors trust NAME.`,
    ]),
  );
  const list = await run(['processors', 'list', ...to!]);
  expect(list.out[1]).toMatch(/^upper +not trusted +1 /);
  expect(list.err).toEqual(['upper: It came with a workspace from elsewhere, and nobody here has trusted it yet.']);
  expect(await run(['processors', 'resume', 'upper', ...to!])).toEqual(
    failed(
      '“upper” came with a workspace from elsewhere. Look at it, and trust it, before it runs. Look at it: loglab processors source upper. Trust it: loglab processors trust upper.',
    ),
  );
  expect(await run(['processors', 'deploy', inside('upper.ts'), ...to!])).toEqual(failed(/^This text of “upper” came with a workspace/));
  const lab = await serve(inside('to'));
  const asked = (...args: string[]) => run([...args, '--url', lab.url]);
  try {
    expect(await asked('processors', 'source', 'upper')).toEqual(done(UPPER.trimEnd().split('\n')));
    expect(JSON.parse((await asked('processors', 'source', 'upper', '--json')).out[0]!)).toEqual({ name: 'upper', source: UPPER });
    expect(await asked('processors', 'source', 'nobody')).toEqual(failed('There is no processor “nobody”.'));
    expect((await asked('streams', 'list', '--json')).out).toHaveLength(1);
    expect(await asked('processors', 'trust', 'upper')).toEqual(done(['upper is trusted. It goes on where it stood.']));
    expect(await asked('processors', 'trust', 'upper')).toEqual(failed(/^This text of “upper” does not wait to be trusted/));
    expect(await asked('processors', 'trust', 'nobody')).toEqual(failed('There is no processor “nobody”.'));
    await vi.waitFor(async () => expect((await asked('consume', 'shouted', '--until', 'now', '--json')).out).toHaveLength(1), {
      interval: 200,
    });
    expect(await asked('workspace', 'import', all)).toEqual(
      failed('2 of its names are taken. Give them other ones: --rename words=words-2 --rename-processor upper=upper-2'),
    );
    expect(await asked('workspace', 'import', all, '--rename', 'words=words-2', '--rename-processor', 'upper=lower')).toMatchObject({
      code: 0,
    });
    expect((await asked('processors', 'list', '--json')).out.map((line) => (JSON.parse(line) as Line).state)).toEqual([
      'untrusted',
      'running',
    ]);
  } finally {
    await lab.stop();
  }
});

it('over a workspace that nobody has open it is kept, and runs when the lab is opened', async () => {
  const workspace = ['--workspace', inside('closed')];
  expect(await run(['streams', 'create', 'words', '--shards', '1', ...workspace])).toMatchObject({ code: 0 });
  await run(['produce', 'words', ...workspace], '"one"\n');
  expect(await run(['processors', 'deploy', file('upper.ts', UPPER), ...workspace])).toEqual(
    done(['Version 1 of upper is deployed: it reads words and writes shouted, exactly once. It runs while the lab is open: npm start.']),
  );
  expect(await run(['processors', 'list', ...workspace])).toMatchObject({ err: ['upper: It runs while the lab is open.'] });
  const lab = await serve(inside('closed'));
  try {
    await vi.waitFor(
      async () => {
        const { out } = await run(['consume', 'shouted', '--until', 'now', '--json', '--url', lab.url]);
        expect(out).toHaveLength(1);
      },
      { interval: 200 },
    );
  } finally {
    await lab.stop();
  }
});
