/** The order of a stream by event time, from its setting to its rows. */
import { expect, test } from './lab.ts';
import { record } from './records.ts';
import { cell, dialog, grid, openLab, row } from './screens.ts';

test('a field of the value orders the stream: AD 718 comes first, what has no time is counted', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'history', shards: 2 });
  const values = [
    '{"what":"Everest climbed","at":"1953-05-29T11:30:00Z"}',
    '{"what":"Kingdom of Asturias","at":"0718-01-01T00:00:00Z"}',
    '{"what":"somebody said something"}',
    '{"what":"on the Moon","at":"1969-07-20T20:17:40Z"}',
    '{"what":"Ides of March","at":"-000043-03-15T12:00:00Z"}',
  ];
  for (const [n, value] of values.entries()) await client.produce.append({ stream: 'history', records: [record({ value, shard: n % 2 })] });
  await openLab(page, lab, '#/streams/history');
  await expect(page.getByRole('button', { name: /^Order/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Stream settings…' }).click();
  const asked = dialog(page, 'Stream settings');
  await asked.getByRole('textbox', { name: 'Event time' }).fill('at');
  await page.screenshot({ path: test.info().outputPath('setting.png') });
  await asked.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Order appended' }).click();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '4');
  const times = ['−0043-03-15', '0718-01-01', '1953-05-29', '1969-07-20'];
  for (const [at, time] of times.entries()) await expect(cell(grid(page), at + 1, 2)).toContainText(time);
  const histogram = page.getByRole('region', { name: 'Events by time' });
  await expect(histogram).toContainText('1 without event time');
  await page.screenshot({ path: test.info().outputPath('ordered.png') });

  await page.getByRole('button', { name: 'Go to time…' }).click();
  await dialog(page, 'Go to time').getByRole('textbox', { name: 'Time' }).fill('1900-01-01');
  await page.keyboard.press('Enter');
  await expect(row(grid(page), 3)).toHaveAttribute('aria-selected', 'true');

  // An earlier event comes before it, and it stays the one that is selected.
  lab.loglab(['produce', 'history'], '{"what":"Hastings","at":"1066-10-14"}\n');
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '5');
  await expect(row(grid(page), 4)).toHaveAttribute('aria-selected', 'true');
  await expect(cell(grid(page), 3, 2)).toContainText('1066-10-14');
  await page.getByRole('button', { name: 'Order event time' }).click();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '6');
  await expect(row(grid(page), 1)).toHaveAttribute('aria-selected', 'true');
});
