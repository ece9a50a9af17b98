import { expect, test } from 'vitest';
import { defaultWorkspace } from '../../../main/workspace/defaultFolder.ts';
import { parseServe, UsageError } from '../../../main/web/options.ts';

test('what is not said has its default', () => {
  expect(parseServe([])).toEqual({ workspace: defaultWorkspace(), port: null, brokers: null, durability: null, kafkaPort: null });
  expect(parseServe(['--brokers', '5', '--durability', 'fast'])).toMatchObject({ brokers: 5, durability: 'fast' });
});

test('a workspace is made absolute', () => {
  expect(parseServe(['--workspace', 'a/b']).workspace).toBe(`${process.env.INIT_CWD ?? process.cwd()}/a/b`);
});

test.each([
  [['stray'], "Unexpected argument 'stray'"],
  [['--port', '70000'], '--port takes a number from 0 to 65535, not “70000”.'],
  [['--port', '-1'], 'argument is ambiguous'],
  [['--workspace'], 'argument missing'],
  [['--workspace='], '--workspace takes a folder.'],
  [['--brokers', 'many'], '--brokers takes a number from 1 to 5, not “many”.'],
  [['--durability', 'none'], '--durability takes “safe” or “fast”, not “none”.'],
])('%j is wrong usage', (args, message) => {
  expect(() => parseServe(args)).toThrow(UsageError);
  expect(() => parseServe(args)).toThrow(message);
});
