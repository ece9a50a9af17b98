/** Processors that come with a workspace from elsewhere: exported by the page, imported in another lab, looked at, trusted; then they go on. */
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { connectTo, expect, startLab, test } from './lab.ts';
import { record } from './records.ts';
import { dialog, fromPalette, navigation, openLab } from './screens.ts';

const column = (page: Page, name: string): Locator => page.getByRole('article', { name: `Processor ${name}`, exact: true });
const look = (page: Page, name: string): Locator => dialog(page, `The code of ${name}`);
const importing = (page: Page): Locator => dialog(page, 'Import workspace');

const COUNT = `import { defineProcessor } from 'loglab';
// How often each word was there.
export default defineProcessor({
  inputs: ['words'],
  outputs: ['counts'],
  stores: ['seen'],
  onEvent(event, ctx) {
    if (event.value === 'bad') return ctx.bad('It is said to be bad.');
    const seen = ctx.store<number>('seen');
    const count = (seen.get(event.key!) ?? 0) + 1;
    seen.set(event.key!, count);
    ctx.emit('counts', { key: event.key, value: count });
  },
});
`;
const words = (count: number) =>
  Array.from({ length: count }, (_, n) => record({ key: `w${n % 5}`, value: JSON.stringify(n % 10 === 0 ? 'bad' : n) }));
const deploy = (client: LabClient, name: string, source: string) =>
  client.processors.deploy({ name, source, guarantee: null, start: null, anew: false });
const counted = async (client: LabClient, stream = 'counts'): Promise<Record<string, number>> => {
  const last: Record<string, number> = {};
  for await (const { records } of client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } }))
    for (const { key, value } of records) last[Buffer.from(key!).toString()] = Number(Buffer.from(value!).toString());
  return last;
};

test('exported while it runs, imported elsewhere: not trusted, looked at, trusted, and it goes on', async ({
  page,
  lab,
  client,
  folder,
}) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));
  await client.streams.create({ name: 'words', shards: 2 });
  await deploy(client, 'count', `// The first try.\n${COUNT}`);
  await deploy(client, 'count', COUNT);
  await client.processors.save({ name: 'draft', source: `// Never deployed.\n${COUNT}` });
  await client.produce.append({ stream: 'words', records: words(100) });
  await openLab(page, lab, '#/processors');
  await expect(column(page, 'count')).toContainText('100 in = 90 good + 10 bad');

  await fromPalette(page, 'Export workspace');
  const exporting = dialog(page, 'Export workspace');
  await expect(exporting).toContainText('3 streams, 200 events');
  await expect(exporting).toContainText('2 processors');
  const download = page.waitForEvent('download');
  await exporting.getByRole('button', { name: 'Export', exact: true }).click();
  const file = path.join(folder, 'count.loglab');
  await (await download).saveAs(file);
  await expect(exporting.getByRole('status')).toContainText('200 events of 3 streams and 2 processors exported');

  const other = await startLab(path.join(folder, 'Other'));
  const { client: there, close } = await connectTo(other.url);
  try {
    await openLab(page, other, '#/processors');
    await fromPalette(page, 'Import workspace');
    await importing(page).locator('input[type=file]').setInputFiles(file);
    const table = importing(page).getByRole('table', { name: 'Processors of the file' });
    await expect(table.getByRole('row', { name: /^count words counts 2/ })).toBeVisible();
    await expect(table.getByRole('row', { name: /^draft not deployed/ })).toBeVisible();
    await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
    await expect(importing(page).getByRole('status')).toContainText('200 events in 3 new streams and 2 processors imported.');
    await importing(page).getByRole('link', { name: 'Processors' }).click();
    await expect(importing(page)).toHaveCount(0);

    // It says so, and does nothing; Escape and "Not now" leave it so.
    const shown = column(page, 'count');
    await expect(shown.getByText('not trusted')).toBeVisible();
    await there.produce.append({ stream: 'words', records: words(100) });
    await shown.getByRole('button', { name: 'Look at the code' }).click();
    await expect(look(page, 'count')).toContainText('// How often each word was there.');
    await expect(look(page, 'count')).toContainText('Version 2. It reads words and writes counts.');
    await expect(look(page, 'count').getByRole('textbox', { name: 'Source of count' })).toHaveAttribute('aria-readonly', 'true');
    await page.screenshot({ path: test.info().outputPath('look.png') });
    await look(page, 'count').getByRole('button', { name: 'Not now' }).click();
    await expect(shown.getByText('not trusted')).toBeVisible();
    expect(await counted(there)).toEqual(await counted(client));

    await shown.getByRole('button', { name: 'Look at the code' }).click();
    await look(page, 'count').getByRole('button', { name: 'Trust and run' }).click();
    await expect(look(page, 'count')).toHaveCount(0);
    await expect(page.getByText('“count” is trusted. It goes on where it stood.')).toBeVisible();
    await expect(shown).toContainText('200 in = 180 good + 20 bad');
    await expect(shown).toContainText('in step');
    const before = await counted(client);
    await expect.poll(() => counted(there)).toEqual(Object.fromEntries(Object.entries(before).map(([key, count]) => [key, 2 * count])));

    // One that was never deployed: its file is read in the editor, and changed once it is trusted.
    await column(page, 'draft').getByRole('link', { name: 'draft', exact: true }).click();
    await expect(page.getByText('This came with a workspace from elsewhere.')).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Source of draft' })).toHaveAttribute('aria-readonly', 'true');
    await expect(page.getByRole('region', { name: 'Test' })).toHaveCount(0);
    await page.getByRole('button', { name: 'Trust it' }).click();
    await expect(page.getByRole('region', { name: 'Test' })).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Source of draft' })).not.toHaveAttribute('aria-readonly', 'true');

    // An older version is compared and taken back: it was not looked at yet.
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await shown.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Versions…' }).click();
    await dialog(page, 'Versions of count').getByRole('button', { name: 'Take v1 back' }).click();
    await expect(page.getByText('version 2 says something else')).toBeVisible();
    await page.getByRole('button', { name: 'Trust it' }).click();
    await page.getByRole('button', { name: 'Deploy…' }).click();
    await dialog(page, 'Deploy count').getByRole('button', { name: 'Deploy', exact: true }).click();
    await expect(shown.getByText('v3')).toBeVisible();
  } finally {
    close();
    await other.stop();
  }
});

test('into the lab it came from: other names are chosen, and its streams are called so on its column', async ({
  page,
  lab,
  client,
  folder,
}) => {
  await client.streams.create({ name: 'words', shards: 1 });
  await deploy(client, 'count', COUNT);
  await client.produce.append({ stream: 'words', records: words(20) });
  await openLab(page, lab, '#/processors');
  await expect(column(page, 'count')).toContainText('20 in');
  await client.processors.pause({ name: 'count' });
  const file = path.join(folder, 'count.loglab');
  lab.loglab(['workspace', 'export', file]);

  await fromPalette(page, 'Import workspace');
  await importing(page).locator('input[type=file]').setInputFiles(file);
  const name = importing(page).getByRole('textbox', { name: 'Name here of the processor count' });
  await expect(name).toHaveValue('count-2');
  await name.fill('count');
  await expect(importing(page).getByText('There is already a processor “count”. Choose another name.')).toBeVisible();
  await expect(importing(page).getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await name.fill('count me');
  await expect(importing(page).getByText(/“ ” is none of them/)).toBeVisible();
  await name.fill('count-2');
  await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
  await expect(importing(page).getByRole('status')).toContainText('3 new streams and 1 processor imported.');
  await page.keyboard.press('Escape');

  const shown = column(page, 'count-2');
  await expect(shown).toContainText('words-2 → counts-2');
  await expect(shown).toContainText('In its code words-2 is called words, counts-2 is called counts, bad-2 is called bad.');
  await expect(shown).toContainText('It was paused when the workspace was exported.');
  await shown.getByRole('button', { name: 'Look at the code' }).click();
  await look(page, 'count-2').getByRole('button', { name: 'Trust it' }).click();
  await expect(shown.getByText('paused', { exact: true })).toBeVisible();
  await shown.getByRole('button', { name: 'Run' }).click();
  await client.produce.append({ stream: 'words-2', records: words(10) });
  await expect(shown).toContainText('30 in = 27 good + 3 bad');
  await expect(shown.getByRole('link', { name: 'counts-2' }).first()).toBeVisible();
  await expect(column(page, 'count')).toContainText('20 in = 18 good + 2 bad');
});
