/** The app's end of its channel to `npm start`; the other end is tested in start.test.ts. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';

const file = path.join(import.meta.dirname, 'fixtures/launcherChild.ts');

test('tells that the window shows, and quits when asked to', async () => {
  const app = fork(file, { execArgv: [] });
  expect(await once(app, 'message')).toEqual([{ type: 'window-shown' }, undefined]);
  app.send({ type: 'quit' });
  expect(await once(app, 'exit')).toEqual([21, null]);
});

test('quits when the launcher has gone', async () => {
  const app = fork(file, { execArgv: [] });
  await once(app, 'message');
  app.disconnect();
  expect(await once(app, 'exit')).toEqual([21, null]);
});

test('does without a launcher', async () => {
  const app = spawn(process.execPath, [file]);
  expect(await once(app, 'exit')).toEqual([0, null]);
});
