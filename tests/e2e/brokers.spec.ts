/** Several brokers on screen: who leads which shard, one that is killed, one that is added; and durability. */
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import { record } from './records.ts';
import { cell, grid, openLab, row } from './screens.ts';

const append = (client: LabClient, shard: number, key: string) =>
  client.produce.append({ stream: 'orders', records: [record({ key, shard })] });

test('a broker that is added takes shards; one that is killed takes its own away, visibly, and brings them back', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/brokers');
  const table = page.getByRole('table', { name: 'Brokers' });
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(page.getByText('Spread, not replicated.')).toBeVisible();
  await page.getByRole('button', { name: 'Add broker' }).click();
  await expect(table.getByRole('row', { name: /Broker 2/ })).toContainText('broker-2.sqlite');
  await client.streams.create({ name: 'orders', shards: 2 });
  await expect(table.getByRole('row', { name: /Broker 2/ })).toContainText('orders');
  await append(client, 0, 'a');
  await append(client, 1, 'b');
  await append(client, 0, 'c');
  await expect(table.getByRole('row', { name: /Broker 1/ })).toContainText('up');
  await page.screenshot({ path: test.info().outputPath('brokers.png') });

  await page.getByRole('navigation', { name: 'Lab' }).getByRole('link', { name: 'orders' }).click();
  await expect(page.getByText('broker 2', { exact: true })).toBeVisible();
  await expect(row(grid(page), 3)).toBeVisible();
  // Killed again and again, it stays away long enough to be seen.
  let isOver = false;
  const killing = (async () => {
    while (!isOver) {
      await client.lab.killBroker({ id: 2 }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  await expect(page.getByText('The events of shard 1 are on broker 2 and are not shown until it is back.')).toBeVisible();
  await expect(row(grid(page), 3)).toHaveCount(0);
  await expect(cell(grid(page), 2, 3)).toHaveText('c');
  await append(client, 0, 'd');
  await expect(cell(grid(page), 3, 3)).toHaveText('d');
  await page.screenshot({ path: test.info().outputPath('away.png') });
  isOver = true;
  await killing;
  await expect(row(grid(page), 4)).toBeVisible();
  await expect(page.getByText(/are not shown until it is back/)).toBeHidden();
  await page.goto(`${lab.url.replace(/#.*/, '')}#/brokers`);
  await expect(page.getByRole('table', { name: 'Brokers' }).getByRole('row', { name: /Broker 2/ })).toContainText('up');
});

test('durability is chosen in the settings, and said in the status bar', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/settings');
  await expect(page.getByRole('contentinfo')).toContainText('safe durability');
  await page.getByRole('radiogroup', { name: 'Durability' }).getByText('Fast').click();
  await expect(page.getByText('not of the machine')).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('fast durability');
  expect((await client.lab.settings({})).durability).toBe('fast');
});
