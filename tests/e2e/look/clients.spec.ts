import { startReader, startWriter } from '../kafkaPrograms.ts';
import { expect, test } from '../lab.ts';
import { choose, dialog, navigation, openLab } from '../screens.ts';
import { full, look } from './look.ts';

test('Kafka clients: none, and the code to connect', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/clients');
  await expect(page.getByText('No program is connected')).toBeVisible();
  await look(page, 'clients-empty');
  await navigation(page).getByRole('link', { name: 'Requests' }).click();
  await expect(page.getByText('No request yet')).toBeVisible();
  await look(page, 'requests-empty');
  await full(client);
  await page.getByRole('button', { name: 'Connect a client' }).click();
  for (const name of ['kcat', 'Java']) {
    await dialog(page, 'Connect').getByRole('tab', { name }).click();
    await look(page, `connect-${name.toLowerCase()}`, '[role=dialog]');
  }
});

test('Kafka clients: twenty of them, thousands of requests, one of them, errors, beside a lesson', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/requests');
  const names = Array.from({ length: 20 }, (_, index) =>
    index === 7 ? 'a-client-with-quite-a-long-name-as-services-have-them-7' : `till-${index}`,
  );
  const tills = await Promise.all(names.map((name) => startWriter(name, lab.kafka)));
  const stock = startReader('stock', lab.kafka);
  await Promise.all(
    tills.map(async (till) => {
      for (let sale = 0; sale < 150; sale++) await till.send('orders', `{"event":"SOLD","sale":${sale}}`);
    }),
  );
  await stock.fetch('orders', 0, 10n ** 6n).catch(() => {});
  await expect(page.getByRole('group', { name: 'Filter' }).getByRole('status')).toContainText('2,000 requests');
  await look(page, 'requests');
  await page.getByRole('checkbox', { name: 'Only errors' }).click();
  const failed = page.getByRole('table', { name: 'Requests' }).getByRole('row').nth(1);
  await expect(failed).toContainText('OFFSET_OUT_OF_RANGE');
  await failed.getByRole('button').click();
  await look(page, 'requests-error');
  await page.getByRole('checkbox', { name: 'Only errors' }).click();
  await choose(page, /^Request/, 'Produce');
  await page.getByRole('table', { name: 'Requests' }).getByRole('row').nth(5).getByRole('button').click();
  await look(page, 'requests-one');
  await navigation(page).getByRole('link', { name: 'Clients' }).click();
  await expect(page.getByRole('table', { name: 'Clients' }).getByRole('row')).toHaveCount(22);
  await look(page, 'clients');

  await client.lessons.start({ id: 'many-programs' });
  await client.lessons.go({ step: 2 });
  await navigation(page).getByRole('link', { name: 'Requests' }).click();
  await expect(page.getByRole('complementary', { name: 'Lesson' })).toContainText('What it asked');
  await page.getByRole('table', { name: 'Requests' }).getByRole('row').nth(5).getByRole('button').click();
  await look(page, 'requests-lesson');
  await Promise.all([...tills, stock].map((program) => program.close()));
});
