/** The histogram by time above the rows of a stream. */
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import { appendViews, record, view } from './records.ts';
import { cell, grid, openLab, row } from './screens.ts';

const NINE = Date.UTC(2018, 9, 15, 9);

/** An hour of events, one a second, and one each of the years 718 and 9999. */
async function hour(client: LabClient): Promise<void> {
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: [record({ time: '0718-05-01T00:00:00Z', shard: 0 })] });
  await appendViews(client, 'orders', 3_600);
  await client.produce.append({ stream: 'orders', records: [record({ time: '9999-01-01T00:00:00Z', shard: 1 })] });
}

test('shows the hour in which nearly all lie; a drag leads there, and all times are a press away', async ({ page, lab, client }) => {
  await hour(client);
  await openLab(page, lab, '#/streams/orders');
  const histogram = page.getByRole('region', { name: 'Events by time' });
  const time = page.getByRole('slider', { name: 'Time', exact: true });
  await expect(histogram).toContainText('1 earlier, 1 later');
  await expect(histogram).toContainText('09:30');
  const box = (await time.boundingBox())!;
  const at = (part: number): [number, number] => [box.x + box.width * part, box.y + 20];
  await page.mouse.move(...at(0.5));
  await page.mouse.down();
  await page.mouse.move(...at(0.55));
  await page.mouse.move(...at(0.748), { steps: 4 });
  await page.mouse.up();
  await expect(histogram).toContainText('900 events');
  await expect(histogram).toContainText('09:30:00 to 09:45:00');
  await expect(page.getByRole('grid', { name: 'Events' }).locator('[aria-selected=true]').getByRole('gridcell').nth(2)).toHaveText(
    /09:30:00/,
  );
  await page.screenshot({ path: test.info().outputPath('selected.png') });
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(row(grid(page), 1)).toHaveClass(/beside/);
  await histogram.getByRole('button', { name: 'Zoom in' }).click();
  await expect(histogram).toContainText('09:32');
  await time.press('Escape');
  await expect(row(grid(page), 1)).not.toHaveClass(/beside/);
  await expect(histogram).toContainText('1,801 earlier, 901 later');
  await histogram.getByRole('button', { name: 'All times' }).click();
  await expect(histogram).toContainText('8000');
  await expect(histogram).not.toContainText('earlier');
  await time.press('Home');
  await time.press('Enter');
  await expect(histogram).toContainText('1 event');
  await expect(cell(grid(page), 1, 2)).toContainText('0718-05-01');
});

test('grows while the end is followed, and counts the chosen shards', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 3 });
  await openLab(page, lab, '#/streams/orders');
  const histogram = page.getByRole('region', { name: 'Events by time' });
  await expect(histogram).toContainText('No events to count yet');
  await client.produce.append({ stream: 'orders', records: Array.from({ length: 60 }, (_, n) => ({ ...view(n), shard: n % 3 })) });
  await expect(histogram).toContainText('1 in 500 ms');
  await client.produce.append({
    stream: 'orders',
    records: Array.from({ length: 40 }, () => ({ ...record({ shard: 0 }), timestamp: BigInt(NINE + 30_000) })),
  });
  await expect(histogram).toContainText('41 in 500 ms');
  await page.getByRole('button', { name: /^Shards/ }).click();
  await page.getByRole('button', { name: 'Only shard 1' }).click();
  await expect(histogram).toContainText('1 in 500 ms');
});
