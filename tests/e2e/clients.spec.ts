/** Programs of others: who they are, what they ask, what of it is seen on screen, and how one connects another. */
import type { Locator, Page } from 'playwright/test';
import { expect, test } from './lab.ts';
import { startReader, startWriter, withAdmin } from './kafkaPrograms.ts';
import { choose, dialog, grid, navigation, openLab, openStream, row } from './screens.ts';

const clients = (page: Page): Locator => page.getByRole('table', { name: 'Clients' });
const requests = (page: Page): Locator => page.getByRole('table', { name: 'Requests' });
const request = (page: Page): Locator => page.getByRole('region', { name: 'Request', exact: true });
const open = (page: Page, link: string): Promise<void> => navigation(page).getByRole('link', { name: link, exact: true }).click();

/** The cell of a client below a heading. */
async function told(page: Page, client: string, heading: string): Promise<Locator> {
  await clients(page).waitFor();
  const headings = await clients(page).getByRole('columnheader').allInnerTexts();
  expect(headings).toContain(heading);
  return clients(page)
    .getByRole('row', { name: new RegExp(`^${client}\\b`) })
    .getByRole('cell')
    .nth(headings.indexOf(heading));
}

test('a program writes: its stream and its events are there at once, and so is the program', async ({ page, lab }) => {
  await openLab(page, lab, '#/clients');
  await expect(page.getByText('No program is connected')).toBeVisible();
  await expect(page.getByRole('main')).toContainText(lab.kafka[0]!);

  const till = await startWriter('till 7', lab.kafka);
  await expect(await told(page, 'till 7', 'Library')).toHaveText('it does not say');
  await expect(navigation(page).getByRole('link', { name: 'sales' })).toHaveCount(0);
  await till.send('sales', { key: '789', value: '{"event":"SOLD","amount":42}' });
  await openStream(page, 'sales');
  await expect(row(grid(page), 1)).toContainText('SOLD');
  for (let sale = 2; sale <= 5; sale++) {
    await till.send('sales', { key: '789', value: `{"event":"SOLD","amount":${sale}}` });
    await expect(row(grid(page), sale)).toBeVisible();
  }

  await open(page, 'Clients');
  await expect(await told(page, 'till 7', 'Errors')).toHaveText('0');
  await expect(await told(page, 'till 7', 'Address')).toHaveText('127.0.0.1');
  await till.close();
  await expect(page.getByText('No program is connected')).toBeVisible();
});

test('who is connected, how much each asks, and what went wrong', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'sales', shards: 2 });
  await openLab(page, lab, '#/clients');
  const till = await startWriter('till 7', lab.kafka);
  const stock = startReader('stock', lab.kafka);
  await till.send('sales', { value: 'one', partition: 0 }, { value: 'two', partition: 0 });
  expect(await stock.fetch('sales', 0, 0n)).toBe(2);
  await expect(await told(page, 'stock', 'Library')).toHaveText(/platformatic.* 2\.12\.\d/);
  await expect(await told(page, 'stock', 'Errors')).toHaveText('0');
  await stock.fetch('sales', 0, 99n).catch(() => {});
  await expect(await told(page, 'stock', 'Errors')).toHaveText('1');
  await expect(await told(page, 'till 7', 'Errors')).toHaveText('0');

  const rate = await told(page, 'till 7', 'Requests/s');
  await expect(async () => {
    await till.send('sales', 'again');
    expect(Number(await rate.innerText())).toBeGreaterThan(0);
  }).toPass();

  await clients(page).getByRole('link', { name: 'Errors of stock: 1' }).click();
  await expect(requests(page).getByRole('row')).toHaveCount(2);
  await expect(requests(page)).toContainText('OFFSET_OUT_OF_RANGE');
  await till.close();
  await stock.close();
});

test('one client followed: filtered, paused, a request decoded', async ({ page, lab, client, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await client.streams.create({ name: 'sales', shards: 1 });
  await openLab(page, lab, '#/clients');
  const till = await startWriter('till 7', lab.kafka);
  const other = await startWriter('till 8', lab.kafka);
  await till.send('sales', { key: '789', value: 'one' }, { key: '789', value: 'two' });
  await other.send('sales', 'three');
  await clients(page).getByRole('link', { name: 'Follow till 7' }).click();
  const produces = requests(page).getByRole('row').filter({ hasText: 'Produce' });
  await expect(produces).toHaveCount(1);
  await expect(requests(page).getByRole('row').filter({ hasText: 'Metadata' }).first()).toBeVisible();
  await expect(requests(page)).not.toContainText('till 8');

  await choose(page, /^Request/, 'Produce');
  await expect(requests(page).getByRole('row')).toHaveCount(2);
  await produces.getByRole('button', { name: 'Produce' }).click();
  await expect(request(page)).toContainText(/till 7, from 127\.0\.0\.1:\d+ to broker 1.*answered in\s+[\d.,]+ (ms|s)/s);
  await expect(request(page).getByLabel('Asked', { exact: true })).toContainText(/"name": "sales".*"records": 2/s);
  await expect(request(page).getByLabel('Answered', { exact: true })).toContainText(/"errorCode": 0,\s*"baseOffset": "?0"?/);
  await request(page).getByRole('button', { name: 'Copy: Asked' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('"name":"sales"');
  await page.keyboard.press('Escape');
  await expect(request(page)).toBeHidden();
  await page.keyboard.press('j');
  await expect(request(page)).toContainText('till 7');
  await page.keyboard.press('Escape');
  await expect(request(page)).toBeHidden();

  await page.getByRole('button', { name: 'Pause' }).click();
  for (let sale = 0; sale < 3; sale++) await till.send('sales', 'while paused');
  await choose(page, /^Client/, 'All clients');
  await page.getByRole('button', { name: 'Go on' }).click();
  await choose(page, /^Request/, 'Produce');
  // What came meanwhile is not lost: the broker remembers it.
  await expect(produces).toHaveCount(5);
  await page.keyboard.press('p');
  await till.send('sales', 'while paused again');
  await open(page, 'sales');
  await expect(row(grid(page), 7)).toBeVisible();
  // The address still says whom it follows.
  await page.goBack();
  await expect(produces).toHaveCount(5);
  // And its keys are its own again.
  await page.keyboard.press('j');
  await expect(request(page)).toContainText('till 7');
  await page.keyboard.press('Escape');
  await expect(request(page)).toBeHidden();
  await choose(page, /^Client/, 'All clients');
  await expect(produces).toHaveCount(6);

  await requests(page)
    .getByRole('row', { name: /till 7/ })
    .first()
    .getByRole('button')
    .click();
  await expect(request(page)).toContainText('till 7');
  await request(page).getByRole('button', { name: 'Follow this client' }).click();
  await expect(requests(page)).not.toContainText('till 8');
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByText('No such request yet')).toBeVisible();
  await till.close();
  await other.close();
});

test('whether a client may make a stream by naming it is a setting, and with how many shards', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/settings');
  const setting = page.getByRole('checkbox', { name: 'A Kafka client that names a topic which is not there makes it' });
  await expect(setting).toBeChecked();
  await setting.click();
  await expect(setting).not.toBeChecked();
  const till = await startWriter('till 7', lab.kafka);
  await expect(till.send('sales', 'one')).rejects.toThrow(/does not host this topic-partition/);
  expect(await client.streams.list({})).toEqual([]);
  await open(page, 'Requests');
  await page.getByRole('checkbox', { name: 'Only errors' }).click();
  await expect(requests(page).getByRole('row').nth(1)).toContainText('UNKNOWN_TOPIC_OR_PARTITION');

  await open(page, 'Settings');
  await setting.click();
  await page.getByRole('spinbutton', { name: 'Shards of a stream that a Kafka client makes' }).fill('3');
  await page.getByRole('button', { name: 'Save' }).last().click();
  await expect(setting).toBeChecked();
  await expect.poll(async () => (await client.lab.settings({})).topicShards).toBe(3);
  await till.send('sales', 'one');
  await expect(navigation(page).getByRole('link', { name: 'sales' })).toBeVisible();
  expect((await client.streams.list({})).map(({ name, shards }) => [name, shards.length])).toEqual([['sales', 3]]);

  await withAdmin('office', lab.kafka, (admin) => admin.createTopics({ topics: [{ topic: 'returns', numPartitions: 2 }] }));
  await expect(navigation(page).getByRole('link', { name: 'returns' })).toBeVisible();
  await withAdmin('office', lab.kafka, (admin) => admin.deleteTopics({ topics: ['returns'] }));
  await expect(navigation(page).getByRole('link', { name: 'returns' })).toHaveCount(0);
  await till.close();
});

test('Connect: the code for each client, with this lab’s address and the stream’s name, copied', async ({ page, lab, client, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await client.streams.create({ name: 'sales', shards: 3 });
  await client.streams.create({ name: 'returns', shards: 1 });
  await openLab(page, lab, '#/streams/sales');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Connect a Kafka client…' }).click();
  const connect = dialog(page, 'Connect');
  await expect(connect).toContainText(lab.kafka[0]!);
  const copied = async (title: string): Promise<string> => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await connect.getByRole('button', { name: `Copy: ${title}`, exact: true }).click();
    await expect(page.getByRole('status', { name: 'Notices' })).toContainText('The code is copied.');
    // The notice may still be that of the code before.
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('');
    return page.evaluate(() => navigator.clipboard.readText());
  };
  for (const name of ['kcat', 'Console tools', 'Python', 'Node', 'Java', 'Go']) {
    await connect.getByRole('tab', { name }).click();
    const code = await copied('Write an event');
    expect(code).toContain(lab.kafka[0]);
    expect(code).toContain('sales');
    expect(code).toBe(await connect.getByLabel('Code: Write an event').textContent());
  }
  await choose(connect, /^Stream/, 'returns');
  await connect.getByRole('tab', { name: 'Python' }).click();
  expect(await copied('Read from the beginning')).toContain("TopicPartition('returns', shard, OFFSET_BEGINNING) for shard in range(1)");
  await page.keyboard.press('Escape');
  await expect(connect).toBeHidden();
});
