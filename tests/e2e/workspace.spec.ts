/** A workspace as a file: out of a lab that runs, into another one, and into itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { recordToJson } from '../../main/api/recordJson.ts';
import { connectTo, expect, type Lab, startLab, test } from './lab.ts';
import { appendViews, record, views } from './records.ts';
import { dialog, fromPalette, openLab } from './screens.ts';

const exporting = (page: Page): Locator => dialog(page, 'Export workspace');
const importing = (page: Page): Locator => dialog(page, 'Import workspace');
/** Nobody is there to answer the browser's own dialog. */
const withoutPicker = (page: Page): Promise<unknown> => page.addInitScript(() => Reflect.deleteProperty(window, 'showSaveFilePicker'));

/** Exports by the button in Settings, into `file`. */
async function exportTo(page: Page, file: string): Promise<string> {
  await page.getByRole('button', { name: 'Export workspace…' }).click();
  const download = page.waitForEvent('download');
  await exporting(page).getByRole('button', { name: 'Export', exact: true }).click();
  const saved = await download;
  await saved.saveAs(file);
  await expect(exporting(page).getByRole('status')).toContainText('exported');
  await exporting(page).getByRole('button', { name: 'Close' }).last().click();
  return saved.suggestedFilename();
}

async function choose(page: Page, file: string): Promise<void> {
  await page.getByRole('button', { name: 'Import workspace…' }).click();
  await importing(page).locator('input[type=file]').setInputFiles(file);
}

const linesOf = (lab: Lab, stream: string): string[] => lab.loglab(['consume', stream, '--until', 'now', '--json']).trimEnd().split('\n');

/** The same of a stream that is too long for a command's output. */
async function recordsOf(client: LabClient, stream: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { records } of client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } }))
    lines.push(...records.map((each) => recordToJson(stream, each)));
  return lines;
}

test('exported while producers go on, and imported in another lab: the same events in the same order', async ({
  page,
  lab,
  client,
  folder,
}) => {
  await withoutPicker(page);
  await client.streams.create({ name: 'views', shards: 3 });
  await client.streams.create({ name: 'odd', shards: 1 });
  await appendViews(client, 'views', 30_000);
  const odd = { ...record({ key: null, value: null, time: '0718-05-05T00:00:00Z' }), headers: [['größe', null] as [string, null]] };
  await client.produce.append({ stream: 'odd', records: [odd, { ...odd, value: new Uint8Array([0xff, 0]), timestamp: 2n ** 63n - 1n }] });

  let produced = 0;
  let isOver = false;
  const producing = (async () => {
    for (; !isOver; produced += 100) await client.produce.append({ stream: 'views', records: views(30_000 + produced, 100) });
  })();
  await openLab(page, lab, '#/settings');
  const file = path.join(folder, 'shop.loglab');
  const before = produced;
  expect(await exportTo(page, file)).toMatch(/^nile-shop-\d{4}-\d\d-\d\d\.loglab$/);
  expect(produced).toBeGreaterThan(before);
  // What comes after it, whatever it took, is not in it.
  const exported = produced;
  await expect.poll(() => produced).toBeGreaterThan(exported + 100);
  isOver = true;
  await producing;

  const other = await startLab(path.join(folder, 'Other'));
  try {
    await openLab(page, other, '#/settings');
    await choose(page, file);
    const table = importing(page).getByRole('table', { name: 'Streams of the file' });
    await expect(table.getByRole('row')).toHaveCount(3);
    await expect(table.getByRole('row', { name: /^odd 1 2 / })).toBeVisible();
    await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
    await expect(importing(page).getByRole('status')).toContainText('in 2 new streams imported.');
    await importing(page).getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('link', { name: 'views' }).click();
    await expect(page.getByRole('grid', { name: 'Events' }).getByRole('row').nth(1)).toBeVisible();

    const copy = await connectTo(other.url);
    const [there, here] = [await recordsOf(copy.client, 'views'), await recordsOf(client, 'views')];
    copy.close();
    expect(there.length).toBeGreaterThanOrEqual(30_000 + before);
    expect(there.length).toBeLessThan(here.length);
    expect(there).toEqual(here.slice(0, there.length));
    expect(linesOf(other, 'odd')).toEqual(linesOf(lab, 'odd'));
    expect(other.loglab(['verify'])).toContain('all are whole');
  } finally {
    await other.stop();
  }
});

test('into the lab that it came from: other names are chosen, and what is there stays', async ({ page, lab, client, folder }) => {
  await withoutPicker(page);
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.streams.create({ name: 'clicks', shards: 1 });
  lab.loglab(['produce', 'orders'], 'one\ntwo\nthree\n');
  const before = linesOf(lab, 'orders');
  await openLab(page, lab, '#/settings');
  const file = path.join(folder, 'shop.loglab');
  await exportTo(page, file);

  await choose(page, file);
  const name = (stream: string): Locator => importing(page).getByRole('textbox', { name: `Name here of ${stream}` });
  const start = importing(page).getByRole('button', { name: 'Import', exact: true });
  await expect(name('orders')).toHaveValue('orders-2');
  await name('orders').fill('orders');
  await expect(importing(page).getByText('There is already a stream “orders”. Choose another name.')).toBeVisible();
  await expect(start).toBeDisabled();
  await name('orders').fill('clicks-2');
  await expect(
    importing(page)
      .getByText(/^Two streams would be called “clicks-2”/)
      .first(),
  ).toBeVisible();
  await name('orders').fill('morning');
  await start.click();
  await expect(importing(page).getByRole('status')).toHaveText('3 events in 2 new streams imported.');
  expect((await client.streams.list({})).map((stream) => stream.name)).toEqual(['clicks', 'clicks-2', 'morning', 'orders']);
  expect(linesOf(lab, 'orders')).toEqual(before);
  expect(linesOf(lab, 'morning')).toEqual(before.map((line) => line.replace('"stream":"orders"', '"stream":"morning"')));
  await importing(page).getByRole('button', { name: 'Close' }).last().click();

  // Cut short: known at its end only, and then nothing of it is there.
  writeFileSync(file, readFileSync(file).subarray(0, -1_500));
  await fromPalette(page, 'Import workspace');
  await importing(page).locator('input[type=file]').setInputFiles(file);
  await expect(name('orders')).toHaveValue('orders-2');
  await start.click();
  await expect(importing(page).getByText('The file is cut short: its end is missing.', { exact: false })).toBeVisible();
  await expect(importing(page).getByRole('status')).toHaveText('Not imported. Nothing of the file was kept.');
  expect(await client.streams.list({})).toHaveLength(4);

  // Somebody else's: told before anything is chosen.
  writeFileSync(file, 'x'.repeat(2_000));
  await importing(page).getByRole('button', { name: 'Choose another file' }).click();
  await importing(page).locator('input[type=file]').setInputFiles(file);
  await expect(importing(page).getByText(/This is no file of a workspace\./)).toBeVisible();
});

/** What the lab sends to the page is held back behind so many messages more, until it is let go. To be called before the page is opened. */
async function holdable(page: Page): Promise<{ holdAfter: (messages: number) => void; letGo: () => void }> {
  let before = Infinity;
  const held: (() => void)[] = [];
  await page.routeWebSocket(/\/rpc/, (socket) => {
    socket.connectToServer().onMessage((message) => {
      if (before-- > 0) socket.send(message);
      else held.push(() => socket.send(message));
    });
  });
  return {
    holdAfter: (messages) => (before = messages),
    letGo() {
      before = Infinity;
      for (const send of held.splice(0)) send();
    },
  };
}

test('stopped, an export writes no file, and an import leaves nothing', async ({ page, lab, client, folder }) => {
  await withoutPicker(page);
  await client.streams.create({ name: 'views', shards: 2 });
  await appendViews(client, 'views', 200_000);
  // However fast it would be: it is still under way when it is stopped.
  const { holdAfter, letGo } = await holdable(page);
  await openLab(page, lab, '#/settings');
  const file = path.join(folder, 'shop.loglab');
  await exportTo(page, file);

  let isDownloaded = false;
  page.on('download', () => (isDownloaded = true));
  await page.getByRole('button', { name: 'Export workspace…' }).click();
  holdAfter(3);
  await exporting(page).getByRole('button', { name: 'Export', exact: true }).click();
  await exporting(page).getByRole('button', { name: 'Stop the export' }).click();
  letGo();
  await expect(exporting(page).getByRole('status')).toHaveText('Stopped. No file was written.');
  await exporting(page).getByRole('button', { name: 'Close' }).last().click();
  expect(isDownloaded).toBe(false);

  await choose(page, file);
  await expect(importing(page).getByRole('button', { name: 'Import', exact: true })).toBeEnabled();
  holdAfter(5);
  await importing(page).getByRole('button', { name: 'Import', exact: true }).click();
  await importing(page).getByRole('button', { name: 'Stop the import' }).click();
  letGo();
  await expect(importing(page).getByRole('status')).toHaveText('Stopped. Nothing of the file was kept.');
  await expect.poll(async () => (await client.streams.list({})).map(({ name }) => name)).toEqual(['views']);
  for await (const jobs of client.jobs.watch({})) {
    if (jobs.some(({ state }) => state === 'running')) continue;
    expect(jobs.map(({ kind, state }) => [kind, state]).sort()).toEqual([
      ['workspace-export', 'cancelled'],
      ['workspace-export', 'done'],
      ['workspace-import', 'cancelled'],
    ]);
    break;
  }
});
