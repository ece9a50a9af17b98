/** The first start: the ways to begin, the sample, and the choices that hold for the whole window. */
import { type Page } from 'playwright/test';
import { expect, test } from './lab.ts';
import { record } from './records.ts';
import { cell, detail, dialog, fromPalette, grid, navigation, openLab, openStream, row } from './screens.ts';

test('an empty workspace offers a sample, an own file, a new stream and a lesson', async ({ page, lab }) => {
  await openLab(page, lab);
  await expect(page.getByRole('heading', { level: 1, name: 'Begin with a log' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Open the sample' })).toBeEnabled();
  expect(page.url(), 'the token does not stay in the address').not.toContain('token');

  await page.getByRole('main').getByRole('button', { name: 'Import a file' }).click();
  await expect(dialog(page, 'Import').getByRole('button', { name: 'Choose a file' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog(page, 'Import')).toBeHidden();
  await expect(page.getByRole('main').getByRole('button', { name: 'Import a file' })).toBeFocused();

  await page.getByRole('main').getByRole('button', { name: 'New stream' }).click();
  await expect(dialog(page, 'New stream').getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Start the lesson' }).click();
  await expect(page.getByRole('complementary', { name: 'Lesson' })).toContainText('Something happened');
});

test('the sample is 2,318 events in three shards', async ({ page, lab }) => {
  await openLab(page, lab);
  await page.getByRole('button', { name: 'Open the sample' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'raw-events' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('3 shards, 2,318 events');
  await expect(navigation(page).getByRole('listitem').filter({ hasText: 'raw-events' })).toContainText('2,318');
  await expect(page.getByRole('main')).toContainText('of 2,318');

  const ends = [716, 830, 769];
  for (const [shard, last] of ends.entries()) {
    await expect(page.getByRole('slider', { name: `Position in shard ${shard}` })).toHaveAttribute(
      'aria-valuetext',
      new RegExp(`of 0 to ${last}$`),
    );
  }
  await page.getByRole('button', { name: 'Shards all' }).click();
  const shards = page.getByRole('dialog', { name: 'Shards' }).getByRole('listitem');
  await expect(shards).toHaveText([/717 events/, /831 events/, /770 events/]);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(row(grid(page), 1)).toContainText('789');
  await expect(row(grid(page), 1)).toContainText('2018-10-15 09:00:02.200');
  await expect(row(grid(page), 1)).toContainText('AvidReader');

  await navigation(page).getByRole('link', { name: 'Streams' }).click();
  await expect(page.getByRole('row', { name: /raw-events/ })).toContainText('2,318');
});

test('the theme is light, dark or as the system, and stays', async ({ page, lab }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openLab(page, lab, '#/settings');
  const theme = page.getByRole('radiogroup', { name: 'Theme' });
  await expect(theme.getByRole('radio', { name: 'As the system' })).toBeChecked();
  const light = await brightness(page);
  expect(light).toBeGreaterThan(200);

  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => brightness(page)).toBeLessThan(80);
  await theme.getByText('Light', { exact: true }).click();
  await expect.poll(() => brightness(page)).toBe(light);
  await page.emulateMedia({ colorScheme: 'light' });
  await theme.getByText('Dark', { exact: true }).click();
  await expect.poll(() => brightness(page)).toBeLessThan(80);

  await page.reload();
  await expect(theme.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await expect.poll(() => brightness(page)).toBeLessThan(80);
  await fromPalette(page, 'theme light');
  await expect.poll(() => brightness(page)).toBe(light);
});

/** Of the page's ground, 0 to 255. */
async function brightness(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return Math.round((red + green + blue) / 3);
  });
}

test.describe('the clock', () => {
  test.use({ timezoneId: 'America/New_York' });

  test('is UTC, local or epoch for all times at once', async ({ page, lab, client }) => {
    await client.streams.create({ name: 'orders', shards: 1 });
    await client.produce.append({
      stream: 'orders',
      records: [record({ time: '2018-07-15T12:00:00.250Z' }), record({ time: '2018-12-15T12:00:00Z' })],
    });
    const times = { utc: '2018-07-15 12:00:00.250', local: '2018-07-15 08:00:00.250', epoch: '1531656000250' };
    await openLab(page, lab, '#/streams/orders');
    await row(grid(page), 1).click();
    await expect(cell(grid(page), 1, 2)).toHaveText(times.utc);
    await expect(detail(page)).toContainText(`${times.utc} UTC`);

    await fromPalette(page, 'times local');
    await expect(cell(grid(page), 1, 2)).toHaveText(times.local);
    await expect(cell(grid(page), 2, 2), 'in winter the clock is set back').toHaveText('2018-12-15 07:00:00.000');
    await expect(detail(page)).toContainText(`${times.local} −04:00`);

    await fromPalette(page, 'times epoch');
    await expect(cell(grid(page), 1, 2)).toHaveText(times.epoch);
    await expect(detail(page)).toContainText(`${times.epoch} ms`);

    await navigation(page).getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByRole('radio', { name: 'Epoch' })).toBeChecked();
    await expect(page.getByText(/Now is \d{13}/)).toBeVisible();
    await navigation(page).getByRole('link', { name: 'Streams' }).click();
    await expect(page.getByRole('row', { name: /orders/ })).toContainText(/1[78]\d{11}/);
    await page.reload();
    await openStream(page, 'orders');
    await expect(cell(grid(page), 1, 2)).toHaveText(times.epoch);
  });
});

test('the palette reaches every action, by keyboard alone', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.produce.append({ stream: 'orders', records: [record(), record()] });
  await openLab(page, lab, '#/streams/orders');
  await expect(row(grid(page), 1)).toBeVisible();
  await page.keyboard.press('Control+K');
  const box = page.getByRole('combobox', { name: 'Find an action' });
  await expect(box).toBeFocused();
  const actions = [
    ...['New stream', 'Produce into orders', 'Import a file into orders', 'All streams', 'Lessons', 'Settings'],
    ...['Theme: light', 'Theme: dark', 'Times: local', 'Times: epoch milliseconds'],
    ...['Pause the live tail', 'Go to the beginning', 'Go to the end', 'Go to offset…', 'Next event', 'Previous event', 'Second reader'],
    ...['Choose shards…', 'Show shard 1 alone', 'Add shards…', 'Stream settings…', 'Durability: '],
    ...['Start the lesson “One log”', 'Copy the consume command', 'Delete orders'],
  ];
  // The lab tells of lessons and settings in its own time.
  for (const action of actions) await expect(page.getByRole('listbox', { name: 'Actions' })).toContainText(action);

  await box.fill('no such thing at all');
  await expect(page.getByText('Nothing here is called that.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(box).toBeHidden();

  await page.keyboard.press('Control+K');
  await page.keyboard.type('settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
  await fromPalette(page, 'orders');
  await expect(page.getByRole('heading', { level: 1, name: 'orders' })).toBeVisible();
  await fromPalette(page, 'sample shop');
  await expect(page.getByRole('heading', { level: 1, name: 'raw-events' })).toBeVisible();
  await fromPalette(page, 'new stream');
  await expect(dialog(page, 'New stream').getByRole('textbox', { name: 'Name' })).toBeFocused();
});

test('an address that leads nowhere says so and leads on', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/streams/nothing-here');
  await expect(page.getByText('There is no stream “nothing-here”')).toBeVisible();
  await page.goto(`${new URL(lab.url).origin}/#/nowhere`);
  await expect(page.getByText('There is nothing at this address')).toBeVisible();
  await page.getByRole('button', { name: 'Show the streams' }).click();
  await expect(page.getByRole('row', { name: /orders/ })).toBeVisible();
});
