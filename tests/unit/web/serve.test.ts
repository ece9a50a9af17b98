/** `npm run serve` as a program: what it prints, and how it ends. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBuiltLab, type BuiltLab } from './fixtures/builtLab.ts';

let lab: BuiltLab;
beforeAll(() => {
  lab = createBuiltLab();
});
afterAll(() => lab.remove());

const serve = (...args: string[]) => lab.run('serve', args);

test.each(['SIGINT', 'SIGTERM'] as const)('prints one ready line, serves, and closes cleanly on %s', async (signal) => {
  const program = serve('--workspace', `${lab.root}/a workspace`, '--port', '0', '--brokers', '1', '--durability', 'safe');
  await program.says('\n');
  const [, json] = /^ready (\{.*\})\n$/.exec(program.stdout())!;
  const ready = JSON.parse(json!) as Record<string, unknown>;
  expect(ready).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/) as string,
    pid: program.child.pid,
    workspace: `${lab.root}/a workspace`,
    kafka: ['127.0.0.1:9092'],
  });
  expect((await fetch(ready.url as string)).status).toBe(200);
  process.kill(ready.pid as number, signal);
  expect(await program.exitCode).toBe(0);
  expect([program.stdout(), program.stderr()]).toEqual([`ready ${json}\n`, '']);
  await expect(fetch(ready.url as string)).rejects.toThrow();
});

test('a port that is taken is one line on stderr', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const program = serve('--workspace', lab.root, '--port', String(port));
  expect(await program.exitCode).toBe(1);
  expect([program.stdout(), program.stderr()]).toEqual([
    '',
    `Port ${port} on 127.0.0.1 is taken by another program. Name another one with --port.\n`,
  ]);
  squatter.close();
});

test('what keeps the engine from starting is one line on stderr', async () => {
  const program = serve('--workspace', `${lab.root}/in-use`, '--port', '0');
  expect(await program.exitCode).toBe(1);
  expect([program.stdout(), program.stderr()]).toEqual(['', 'The workspace is open in another lab.\n']);
});

test.each([
  [['--nonsense'], "Unknown option '--nonsense'"],
  [['--brokers', '6'], '--brokers takes a number from 1 to 5, not “6”.'],
])('wrong usage %j: exit 2', async (args, message) => {
  const program = serve(...args);
  expect(await program.exitCode).toBe(2);
  expect(program.stdout()).toBe('');
  expect(program.stderr()).toContain(message);
  expect(program.stderr()).toContain('Usage: npm run serve');
});
