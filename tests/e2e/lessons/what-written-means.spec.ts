import type { Page } from 'playwright/test';
import { expect } from '../lab.ts';
import { choose, dialog, grid, navigation, openStream, row } from '../screens.ts';
import { followLesson } from './course.ts';
import { fillIn, makeStream, send, sendMany } from './steps.ts';

async function chooseDurability(page: Page, name: string): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('radiogroup', { name: 'Durability' }).getByText(name, { exact: true }).click();
  await expect(page.getByRole('contentinfo')).toContainText(`${name.toLowerCase()} durability`);
}

followLesson('what-written-means', {
  async Acknowledged(page, [name, value]) {
    await makeStream(page, name!, 1);
    await fillIn(page, { value: value! });
    await send(page);
  },
  async 'Safe, or fast'(page, [value]) {
    await chooseDurability(page, 'Fast');
    await openStream(page, 'paid-orders');
    await fillIn(page, { value: value! });
    await send(page);
  },
  async 'Kill the broker'(page) {
    await chooseDurability(page, 'Safe');
    await navigation(page).getByRole('link', { name: 'Brokers' }).click();
    await page.getByRole('button', { name: 'Kill broker 1' }).click();
    const restarts = page
      .getByRole('table', { name: 'Brokers' })
      .getByRole('row', { name: /Broker 1/ })
      .getByRole('cell')
      .nth(7);
    await expect(restarts).toHaveText('1');
    await openStream(page, 'paid-orders');
    await expect(row(grid(page), 2)).toContainText('A-2');
  },
  async 'Where the log goes on'(page, [value]) {
    await fillIn(page, { value: value! });
    await send(page);
  },
  async 'Kept, until it is not'(page, [value]) {
    await fillIn(page, { value: value! });
    await sendMany(page, 3000, true);
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Stream settings…' }).click();
    const asked = dialog(page, 'Stream settings');
    await asked.getByRole('radiogroup', { name: 'Retention by size' }).getByText('Keep', { exact: true }).click();
    await choose(asked, /^Retention by size, unit/, 'KiB');
    await asked.getByRole('spinbutton', { name: 'Retention by size, number' }).fill('64');
    await asked.getByRole('button', { name: 'Save' }).click();
    await expect(asked).toBeHidden();
    await page.getByRole('button', { name: 'Beginning' }).click();
  },
});
