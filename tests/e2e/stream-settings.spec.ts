/** The settings of a stream, and going to a time. */
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import { picture } from './pictures.ts';
import { record } from './records.ts';
import { cell, choose, detail, dialog, grid, openLab, row } from './screens.ts';

const shardsOf = async (client: LabClient) => (await client.streams.list({}))[0]!.shards;

test('retention by size trims the oldest events, and says so before and after', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  const value = JSON.stringify({ order: 'x'.repeat(1000) });
  for (let batch = 0; batch < 20; batch++) {
    await client.produce.append({ stream: 'orders', records: Array.from({ length: 10 }, () => record({ value })) });
  }
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(cell(grid(page), 1, 1)).toHaveText('0');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Stream settings…' }).click();
  const asked = dialog(page, 'Stream settings');
  await expect(asked.getByRole('button', { name: 'Save' })).toBeDisabled();
  const size = asked.getByRole('radiogroup', { name: 'Retention by size' });
  await size.getByText('Keep', { exact: true }).click();
  await expect(asked).toContainText('Trimmed events do not come back.');
  await choose(asked, /^Retention by size, unit/, 'KiB');
  await asked.getByRole('spinbutton', { name: 'Retention by size, number' }).fill('2');
  await expect(asked).toContainText('64 KiB to 1,024 GiB.');
  await expect(asked.getByRole('button', { name: 'Save' })).toBeDisabled();
  await asked.getByRole('spinbutton', { name: 'Retention by size, number' }).fill('64');
  await page.screenshot({ path: test.info().outputPath('settings.png') });
  await asked.getByRole('button', { name: 'Save' }).click();
  await expect(asked).toBeHidden();
  await expect(page.getByText('keeps 64 KiB a shard')).toBeVisible();
  await expect.poll(async () => (await shardsOf(client))[0]).toMatchObject({ startOffset: 130n, events: 70 });
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(cell(grid(page), 131, 1)).toHaveText('130');
  await expect(row(grid(page), 130)).toHaveCount(0);

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Stream settings…' }).click();
  await expect(asked.getByRole('spinbutton', { name: 'Retention by size, number' })).toHaveValue('64');
  await size.getByText('Keep all').click();
  await choose(asked, /^Compression/, /zstd/);
  await asked.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('keeps 64 KiB')).toBeHidden();
  await client.produce.append({ stream: 'orders', records: [record({ value })] });
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await row(grid(page), 201).click();
  await expect(detail(page)).toContainText('zstd');
});

test('the largest batch: an event that needs a larger one is refused, with the way to the setting', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Stream settings…' }).click();
  const asked = dialog(page, 'Stream settings');
  const largest = asked.getByRole('spinbutton', { name: 'Largest batch' });
  const save = asked.getByRole('button', { name: 'Save' });
  await expect(largest).toHaveValue('8');
  await expect(asked).toContainText('Kafka’s max.message.bytes');
  await expect(save).toBeDisabled();
  for (const wrong of ['9', '0', '', 'x']) {
    await largest.fill(wrong);
    await expect(asked).toContainText('1 KiB to 8 MiB.');
    await expect(save).toBeDisabled();
  }
  await picture(page, 'largest-batch-wrong');
  await choose(asked, /^Largest batch, unit/, 'KiB');
  await largest.fill('2');
  await picture(page, 'largest-batch');
  await page.keyboard.press('Enter');
  await expect(asked).toBeHidden();
  await expect(page.getByText('batches up to 2 KiB')).toBeVisible();

  const value = JSON.stringify({ order: 'x'.repeat(2_000) });
  await page.keyboard.press('Shift+P');
  const sheet = dialog(page, 'Produce');
  await sheet.getByRole('textbox', { name: 'Value', exact: true }).focus();
  await page.keyboard.insertText(value);
  await sheet.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sheet.getByRole('alert')).toContainText('the stream takes batches of at most 2,048');
  await picture(page, 'largest-batch-refused');
  await sheet.getByRole('button', { name: 'Stream settings' }).click();
  await expect(largest).toHaveValue('2');
  await largest.fill('3000');
  await choose(asked, /^Largest batch, unit/, 'bytes');
  await save.click();
  await expect(page.getByText('batches up to 3,000 bytes')).toBeVisible();
  await page.keyboard.press('Shift+P');
  await sheet.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sheet.getByRole('list', { name: 'Sent' })).toContainText('offset 0');
  expect((await client.streams.list({}))[0]!.settings.batchBytesMax).toBe(3_000);
});

test('more shards: the keys that will move are shown before', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.produce.append({ stream: 'orders', records: Array.from({ length: 20 }, (_, n) => record({ key: `shopper-${n}` })) });
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Add shards…' }).click();
  const asked = dialog(page, 'Add shards');
  await expect(asked).toContainText(/\d+ of the 20 newest keys will go to another shard/);
  await page.screenshot({ path: test.info().outputPath('grow.png') });
  await asked.getByRole('spinbutton', { name: 'Shards' }).fill('2');
  await expect(asked).toContainText('It has 2 shards; it can get up to 256.');
  await expect(asked.getByRole('button', { name: 'Add shards' })).toBeDisabled();
  await asked.getByRole('spinbutton', { name: 'Shards' }).fill('3');
  await asked.getByRole('button', { name: 'Add shards' }).click();
  await expect(asked).toBeHidden();
  await expect(page.getByText('3 shards, 20 events')).toBeVisible();
});

test('a time leads to the first event that is not earlier', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 2 });
  const times = [
    '2018-10-15T09:00:00Z',
    '0718-05-01T00:00:00Z',
    '2018-10-15T09:20:00Z',
    '2018-10-15T09:10:00Z',
    '9999-01-01T00:00:00Z',
    '2018-10-15T09:30:00Z',
  ];
  for (const [index, time] of times.entries())
    await client.produce.append({ stream: 'orders', records: [record({ time, shard: index % 2 })] });
  await openLab(page, lab, '#/streams/orders');
  await page.getByRole('button', { name: 'Go to time…' }).click();
  const asked = dialog(page, 'Go to time');
  await expect(asked.getByRole('textbox', { name: 'Time' })).toBeFocused();
  await asked.getByRole('textbox', { name: 'Time' }).fill('yesterday');
  await expect(asked).toContainText('Write a time as 2018-10-15T10:52:35Z');
  await expect(asked.getByRole('button', { name: 'Go', exact: true })).toBeDisabled();
  await asked.getByRole('textbox', { name: 'Time' }).fill('2018-10-15T09:05Z');
  await page.screenshot({ path: test.info().outputPath('time.png') });
  await page.keyboard.press('Enter');
  await expect(asked).toBeHidden();
  await expect(row(grid(page), 3)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Control+Shift+G');
  await asked.getByRole('textbox', { name: 'Time' }).fill('+010000-01-01');
  await page.keyboard.press('Enter');
  await expect(asked.getByRole('alert')).toContainText('No event here has this timestamp or a later one.');
  await asked.getByRole('button', { name: 'Greatest timestamp' }).click();
  await expect(asked).toBeHidden();
  await expect(row(grid(page), 5)).toHaveAttribute('aria-selected', 'true');
});
