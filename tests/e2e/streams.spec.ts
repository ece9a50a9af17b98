/** The list of streams: make, watch, delete. */
import { once } from 'node:events';
import { expect, test } from './lab.ts';
import { record } from './records.ts';
import { dialog, navigation, openLab, openStream } from './screens.ts';

test('a stream is made by keyboard; a name that can not be is said as it is typed', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'taken', shards: 1 });
  await openLab(page, lab);
  await expect(page.getByRole('row', { name: /taken/ })).toBeVisible();
  await page.keyboard.press('Shift+N');
  const made = dialog(page, 'New stream');
  const name = made.getByRole('textbox', { name: 'Name' });
  await expect(name).toBeFocused();

  const problems: [string, string][] = [
    ['a b', '“ ” is none of them'],
    ['größe', '“ö” is none of them'],
    ['..', 'can not name a stream'],
    ['taken', 'There is a stream called “taken” already.'],
    ['x'.repeat(250), 'at most 249 characters; this one has 250'],
  ];
  for (const [typed, problem] of problems) {
    await name.fill(typed);
    await expect(made).toContainText(problem);
    await expect(name).toHaveAttribute('aria-invalid', 'true');
  }
  await name.fill('');
  await page.keyboard.press('Enter');
  await expect(made).toContainText('A stream needs a name.');

  await name.fill('orders_2018.v1-A');
  await page.keyboard.press('Tab');
  const shards = made.getByRole('spinbutton', { name: 'Shards' });
  await expect(shards).toBeFocused();
  await expect(shards).toHaveValue('3');
  for (const wrong of ['0', '257', '1.5', 'x']) {
    await shards.fill(wrong);
    await expect(made).toContainText('A stream has 1 to 256 shards');
  }
  await shards.fill('4');
  await page.keyboard.press('ArrowUp');
  await expect(shards).toHaveValue('5');
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { level: 1, name: 'orders_2018.v1-A' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('5 shards, 0 events');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
  await expect(navigation(page).getByRole('link', { name: 'orders_2018.v1-A', exact: true })).toHaveAttribute('aria-current', 'page');
});

test('a stream of the longest name and 256 shards', async ({ page, lab }) => {
  const name = 'x'.repeat(249);
  await openLab(page, lab);
  await navigation(page).getByRole('button', { name: 'New stream' }).click();
  const made = dialog(page, 'New stream');
  await made.getByRole('textbox', { name: 'Name' }).fill(name);
  await made.getByRole('spinbutton', { name: 'Shards' }).fill('256');
  await made.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('256 shards');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test('deleting asks first: the name is typed, or nothing happens', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 2 });
  await client.streams.create({ name: 'empty', shards: 1 });
  await client.produce.append({ stream: 'orders', records: [record(), record(), record()] });
  await openLab(page, lab);
  await page.getByRole('button', { name: 'Actions on orders' }).click();
  await page.getByRole('menuitem', { name: 'Delete stream…' }).click();
  const asked = dialog(page, 'Delete stream');
  await expect(asked).toContainText('its 3 events');
  await expect(asked).toContainText('There is no way back.');
  const remove = asked.getByRole('button', { name: 'Delete stream' });
  await expect(remove).toBeDisabled();
  await asked.getByRole('textbox').fill('order');
  await page.keyboard.press('Enter');
  await expect(remove).toBeDisabled();
  await asked.getByRole('button', { name: 'Keep it' }).click();
  await expect(asked).toBeHidden();
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['empty', 'orders']);

  await openStream(page, 'orders');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete stream…' }).click();
  await asked.getByRole('textbox', { name: 'Type orders to confirm' }).fill('orders');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status', { name: 'Notices' })).toContainText('The stream “orders” is deleted.');
  await expect(page.getByRole('heading', { level: 1, name: 'Streams' })).toBeVisible();
  await expect(navigation(page).getByRole('link', { name: 'orders', exact: true })).toHaveCount(0);

  await page.getByRole('button', { name: 'Actions on empty' }).click();
  await page.getByRole('menuitem', { name: 'Delete stream…' }).click();
  await expect(asked).toContainText('has no events');
  await asked.getByRole('button', { name: 'Delete stream' }).click();
  await expect(page.getByText('No streams yet')).toBeVisible();
});

test('a stream that another program deletes is told as gone where it is shown', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/streams/orders');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
  lab.loglab(['streams', 'delete', 'orders']);
  await expect(page.getByText('There is no stream “orders”')).toBeVisible();
  lab.loglab(['streams', 'create', 'orders', '--shards', '2']);
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
});

test('counts, sizes and rates move while a program produces', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 3 });
  await openLab(page, lab);
  const listed = page.getByRole('row', { name: /orders/ });
  const inNavigation = navigation(page).getByRole('listitem').filter({ hasText: 'orders' });
  await expect(inNavigation).toContainText('0');

  const producer = lab.startLoglab(['produce', 'orders', '--key', '789']);
  const lines = (count: number): string => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join('');
  producer.stdin!.write(lines(1_000));
  await expect(inNavigation).toContainText('1,000');
  await expect(listed.getByRole('cell').nth(2)).toHaveText('1,000');
  // A rate is that of the last seconds, so there is something in them until it has been seen.
  let written = 1_000;
  await expect(async () => {
    producer.stdin!.write(lines(117));
    written += 117;
    await expect(listed.getByRole('cell').nth(4), 'events a second').not.toHaveText('0', { timeout: 1_000 });
  }).toPass();
  const all = written.toLocaleString('en');
  await expect(inNavigation).toContainText(all);
  await expect(page.getByRole('main')).toContainText(`1 stream, ${all} events`);
  producer.stdin!.end();
  expect(await once(producer, 'exit')).toEqual([0, null]);
  await expect(listed.getByRole('cell').nth(4), 'and comes to rest').toHaveText('0');

  await navigation(page).getByRole('link', { name: 'orders', exact: true }).click();
  await expect(page).toHaveURL(/#\/streams\/orders$/);
  await page.goBack();
  await expect(listed).toBeVisible();
});
