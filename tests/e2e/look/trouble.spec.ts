import { violations } from '../axe.ts';
import { expect, test } from '../lab.ts';
import { broker, crash } from '../processes.ts';
import { record } from '../records.ts';
import { grid, openLab, openStream, row } from '../screens.ts';
import { full, look, picture } from './look.ts';

test('in trouble: a lost broker, a lost lab, no such stream, a refusal, a wrong token', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams/orders');
  await expect(row(grid(page), 500)).toBeVisible();
  // It does not come up again while it is killed again and again. One that is gone already can not be killed.
  const kill = async (): Promise<void> => {
    const { pid, state } = await broker(client);
    if (state === 'up' && pid !== null) crash(pid);
  };
  const killing = setInterval(() => void kill().catch(() => {}), 100);
  await expect(page.getByText(/Broker 1 is (down|starting)/).first()).toBeVisible();
  await picture(page, 'broker-down');
  clearInterval(killing);
  await expect(page.getByRole('contentinfo')).toContainText('broker up');

  await expect(() => client.produce.append({ stream: 'orders', records: [record({ key: 'again' })] })).toPass();
  await page.goto(`${new URL(lab.url).origin}/#/streams/none`);
  await expect(page.getByText('There is no stream “none”')).toBeVisible();
  await look(page, 'stream-gone');
  await openStream(page, 'orders');
  await expect(row(grid(page), 501)).toBeVisible();
  await lab.stop();
  await expect(page.getByText('The connection to the lab is lost.')).toBeVisible();
  await look(page, 'lab-lost');
});

test('the page of a wrong token', async ({ page, lab }) => {
  await page.goto(`${new URL(lab.url).origin}/?token=wrong`);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `refused-${colorScheme}`);
    expect.soft(await violations(page), colorScheme).toEqual([]);
  }
});
