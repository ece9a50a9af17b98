/** Exports: a range of a stream as a file, and back again. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import { expect, test } from './lab.ts';
import { choose, dialog, openLab } from './screens.ts';

const exporting = (page: Page): Locator => dialog(page, 'Export');
const openExport = (page: Page): Promise<void> => page.getByRole('button', { name: 'Export', exact: true }).click();

/** Nobody is there to answer the browser's own dialog. */
const withoutPicker = (page: Page): Promise<unknown> => page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));

async function downloaded(page: Page): Promise<{ name: string; text: string }> {
  const download = page.waitForEvent('download');
  await exporting(page).getByRole('button', { name: 'Export', exact: true }).click();
  const saved = await download;
  return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), 'utf8') };
}

const nasty = [
  { shard: 0, timestamp: null, key: null, value: null, headers: [['größe', null]] },
  { shard: 1, timestamp: '0718-05-05T00:00:00.000Z', key: '', value: '', headers: [] },
  { shard: 1, timestamp: '9223372036854775807', key: { base64: 'gA==' }, value: { base64: '/wA=' }, headers: [['', '漢']] },
  { shard: 0, timestamp: '2018-10-15T09:00:00.000Z', key: 'k', value: '{"id":7,"name":"a, \\"b\\""}', headers: [] },
].map((each) => JSON.stringify(each));
const withoutOffsets = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\{"stream":"[^"]*"/, '').replace(/"offset":"\d+",/, ''));

test('records are downloaded whole, and imported again to the same stream', async ({ page, lab, client, folder }) => {
  await withoutPicker(page);
  await client.streams.create({ name: 'nasty', shards: 2 });
  lab.loglab(['produce', 'nasty', '--format', 'records'], nasty.join('\n'));
  await openLab(page, lab, '#/streams/nasty');
  await openExport(page);
  const { name, text } = await downloaded(page);
  await expect(exporting(page).getByRole('status')).toContainText('4 events exported');
  expect(name).toBe('nasty.records.ndjson');
  expect(text).toBe(lab.loglab(['consume', 'nasty', '--until', 'now', '--json']));
  await exporting(page).getByRole('button', { name: 'Close' }).last().click();

  const file = path.join(folder, name);
  writeFileSync(file, text);
  await openLab(page, lab, '#/streams');
  await page.getByRole('main').getByRole('button', { name: 'Import', exact: true }).click();
  const importing = dialog(page, 'Import');
  await importing.locator('input[type=file]').setInputFiles(file);
  await expect(importing.getByRole('radio', { name: 'Records' })).toBeChecked();
  await importing.getByRole('textbox', { name: 'Name' }).fill('again');
  await importing.getByRole('spinbutton', { name: 'Shards' }).fill('2');
  await importing.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(importing.getByRole('status')).toContainText(/Imported\s*4/);
  const ofShard = (stream: string, shard: number): string[] =>
    withoutOffsets(lab.loglab(['export', stream, '-', '--shard', String(shard)]));
  for (const shard of [0, 1]) expect(ofShard('again', shard)).toEqual(ofShard('nasty', shard));
});

test('a part of the range as CSV, which the import dialog knows by its name', async ({ page, lab, client, folder }) => {
  await withoutPicker(page);
  await client.streams.create({ name: 'orders', shards: 1 });
  lab.loglab(['produce', 'orders'], '{"id":1}\n{"id":2,"text":"a, b"}\n{"id":3}\n');
  await openLab(page, lab, '#/streams/orders');
  await openExport(page);
  await exporting(page).getByRole('radio', { name: 'CSV' }).check();
  await choose(exporting(page), /^From/, /^Offset/);
  await expect(exporting(page).getByRole('button', { name: 'Export', exact: true })).toBeDisabled();
  await exporting(page).getByRole('textbox', { name: 'From offset' }).fill('1');
  const { name, text } = await downloaded(page);
  expect(name).toBe('orders.csv');
  expect(text.replaceAll(/20\d\d-[^,]*Z/g, 'T')).toBe('shard,offset,timestamp,key,id,text,value\n0,1,T,,2,"a, b",\n0,2,T,,3,,\n');
  await exporting(page).getByRole('button', { name: 'Close' }).last().click();

  const file = path.join(folder, name);
  writeFileSync(file, text);
  await openLab(page, lab, '#/streams');
  await page.getByRole('main').getByRole('button', { name: 'Import', exact: true }).click();
  const importing = dialog(page, 'Import');
  await importing.locator('input[type=file]').setInputFiles(file);
  await expect(importing.getByRole('radio', { name: 'CSV' })).toBeChecked();
  await choose(importing, /^Time field/, /^timestamp/);
  await choose(importing, /^Key field/, /^id/);
  await importing.getByRole('textbox', { name: 'Name' }).fill('rows');
  await importing.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(importing.getByRole('status')).toContainText(/Imported\s*2/);
  const values = lab
    .loglab(['consume', 'rows', '--until', 'now'])
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(2));
  expect(values.map(([key]) => key).sort()).toEqual(['2', '3']);
});

test('stopped, an export writes no file; into a picked file it writes the same', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'long', shards: 1 });
  lab.loglab(['produce', 'long'], 'x\n'.repeat(3_000));
  // A picked file that takes nothing while it is held, in the browser's own file system.
  await page.addInitScript(() => {
    const picked = { isHeld: false, files: [] as string[] };
    const pick = async ({ suggestedName }: { suggestedName: string }) => {
      const file = await (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
      picked.files.push(suggestedName);
      const writable = await file.createWritable();
      return {
        remove: () => (file as unknown as { remove(): Promise<void> }).remove(),
        createWritable: () =>
          Promise.resolve({
            write: async (bytes: Uint8Array<ArrayBuffer>) => {
              while (picked.isHeld) await new Promise((resolve) => setTimeout(resolve, 20));
              await writable.write(bytes);
            },
            close: () => writable.close(),
            abort: () => writable.abort(),
          }),
      };
    };
    Object.assign(window, { showSaveFilePicker: pick, picked });
  });
  const inFile = (): Promise<string | null> =>
    page.evaluate(async () => {
      const file = await (await navigator.storage.getDirectory()).getFileHandle('long.records.ndjson').catch(() => null);
      return file && (await file.getFile()).text();
    });
  await openLab(page, lab, '#/streams/long');
  await openExport(page);
  const hold = (isHeld: boolean): Promise<unknown> =>
    page.evaluate((held) => ((window as unknown as { picked: { isHeld: boolean } }).picked.isHeld = held), isHeld);
  await hold(true);
  await exporting(page).getByRole('button', { name: 'Export', exact: true }).click();
  await expect(exporting(page).getByRole('progressbar', { name: 'Export of long' })).toBeVisible();
  await exporting(page).getByRole('button', { name: 'Stop the export' }).click();
  await hold(false);
  await expect(exporting(page).getByRole('status')).toHaveText('Stopped. No file was written.');
  expect(await inFile()).toBeNull();

  await exporting(page).getByRole('button', { name: 'Back' }).click();
  await exporting(page).getByRole('button', { name: 'Export', exact: true }).click();
  await expect(exporting(page).getByRole('status')).toContainText('3,000 events exported');
  expect(await inFile()).toBe(lab.loglab(['export', 'long', '-']));
});
