import { expect, test } from '../lab.ts';
import { dialog, fromPalette, grid, navigation, openLab, openStream, row } from '../screens.ts';
import { full, look } from './look.ts';

test('empty: welcome, streams, lessons, settings', async ({ page, lab }) => {
  await openLab(page, lab);
  await expect(page.getByRole('button', { name: 'Start the lesson' })).toBeEnabled();
  await look(page, 'welcome');
  for (const [place, title] of [
    ['streams', 'No streams yet'],
    ['lessons', 'One log'],
    ['settings', 'Durability'],
  ] as const) {
    await page.goto(`${new URL(lab.url).origin}/#/${place}`);
    await expect(page.getByText(title, { exact: true }).first()).toBeVisible();
    await look(page, place === 'streams' ? 'streams-empty' : place);
  }
});

test('empty, asked for something: new stream, import, palette', async ({ page, lab }) => {
  await openLab(page, lab, '#/streams');
  await navigation(page).getByRole('button', { name: 'New stream' }).click();
  await dialog(page, 'New stream').getByRole('textbox', { name: 'Name' }).fill('größe');
  await look(page, 'new-stream-wrong', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+I');
  await expect(dialog(page, 'Import')).toBeVisible();
  await look(page, 'import-choose', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+K');
  await expect(page.getByRole('listbox', { name: 'Actions' })).toBeVisible();
  await look(page, 'palette', '[role=dialog]');
});

test('full: streams, one stream, columns', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams');
  await expect(page.getByRole('row', { name: /raw-events/ })).toContainText('2,318');
  await look(page, 'streams');
  await openStream(page, 'empty');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
  await look(page, 'stream-empty');
  await openStream(page, 'raw-events');
  await expect(row(grid(page), 2318)).toBeVisible();
  await look(page, 'stream');
  await page.getByRole('button', { name: 'Columns' }).click();
  await look(page, 'stream-columns', '[role=dialog]');
});

test('one event, two readers, an offset, a stream to be deleted', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams/raw-events');
  await row(grid(page), 2318).click();
  await expect(page.getByRole('tab', { name: 'Event' })).toBeVisible();
  await look(page, 'stream-event', 'section[aria-label=Event]');
  for (const tab of ['Raw', 'Hex']) {
    await page.getByRole('tab', { name: tab }).click();
    await look(page, `stream-event-${tab.toLowerCase()}`, 'section[aria-label=Event]');
  }
  await page.getByRole('button', { name: 'Second reader' }).click();
  await expect(page.getByRole('grid', { name: 'Events of reader B' }).getByRole('row').nth(5)).toBeVisible();
  await look(page, 'stream-two-readers', 'section[aria-label="Reader B"]');
  await page.keyboard.press('Control+G');
  await expect(dialog(page, 'Go to offset')).toBeVisible();
  await look(page, 'go-to-offset', '[role=dialog]');
  await page.keyboard.press('Escape');
  await fromPalette(page, 'delete raw-events');
  await expect(dialog(page, 'Delete stream')).toBeVisible();
  await look(page, 'delete-stream', '[role=dialog]');
});
