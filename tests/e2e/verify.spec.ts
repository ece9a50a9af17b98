/** Verifying the log, on screen and from the shell. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import Database from 'better-sqlite3';
import { connectTo, expect, root, startLab, test } from './lab.ts';
import { record } from './records.ts';
import { dialog, fromPalette } from './screens.ts';

test('a damaged batch is named by shard and offsets, on screen and by the command', async ({ page, folder }) => {
  const workspace = path.join(folder, 'a lab');
  let lab = await startLab(workspace);
  let { client, close } = await connectTo(lab.url);
  await client.streams.create({ name: 'orders', shards: 1 });
  for (let batch = 0; batch < 3; batch++)
    await client.produce.append({ stream: 'orders', records: [record({ key: 'a' }), record({ key: 'b' })] });
  await page.goto(lab.url);
  await fromPalette(page, 'Verify the log');
  await expect(dialog(page, 'Verify')).toContainText('3 batches in 1 shard: all are whole.');
  expect(lab.loglab(['verify'])).toBe('3 batches in 1 shard: all are whole.\n');
  close();
  await lab.stop();

  const db = new Database(path.join(workspace, 'broker-1.sqlite'));
  const bytes = db.prepare<[], Buffer>('SELECT bytes FROM batch WHERE base_offset = 2').pluck().get()!;
  bytes[70] = bytes[70]! ^ 1;
  db.prepare('UPDATE batch SET bytes = ? WHERE base_offset = 2').run(bytes);
  db.close();

  const shell = spawnSync(process.execPath, [path.join(root, 'dist/main/loglab.js'), 'verify', '--workspace', workspace], {
    encoding: 'utf8',
  });
  expect(shell.status).toBe(1);
  expect(shell.stdout).toContain('orders\tshard 0\toffsets 2 to 3\t');
  expect(shell.stderr).toBe('1 of 3 batches in 1 shard can not be read. The others are whole.\n');

  lab = await startLab(workspace);
  ({ client, close } = await connectTo(lab.url));
  await page.goto(`${lab.url}#/brokers`);
  await page.getByRole('button', { name: 'Verify' }).click();
  await expect(dialog(page, 'Verify')).toContainText('1 of 3 batches in 1 shard can not be read.');
  const damaged = dialog(page, 'Verify').getByRole('table', { name: 'Damaged batches' });
  await expect(damaged).toContainText('2 to 3');
  await page.screenshot({ path: test.info().outputPath('damaged.png') });
  await dialog(page, 'Verify').getByRole('button', { name: 'Close' }).last().click();
  close();
  await lab.stop();
});
