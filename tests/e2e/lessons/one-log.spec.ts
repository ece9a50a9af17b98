import type { Page } from 'playwright/test';
import { expect } from '../lab.ts';
import { choose, detail, dialog, grid, openStream, row, visibleRows } from '../screens.ts';
import { followLesson } from './course.ts';
import { fillIn, makeStream, produceSheet, send, sendMany } from './steps.ts';

async function goToOffset(page: Page, shard: string, offset: string): Promise<void> {
  await page.getByRole('button', { name: 'Go to offset…' }).click();
  await choose(dialog(page, 'Go to offset'), /^Shard/, shard);
  await dialog(page, 'Go to offset').getByRole('textbox', { name: 'Offset' }).fill(offset);
  await page.keyboard.press('Enter');
  await expect(dialog(page, 'Go to offset')).toBeHidden();
}

followLesson('one-log', {
  'A stream of your own': (page, [name]) => makeStream(page, name!, 1),
  async 'The first event'(page, [value, time]) {
    await openStream(page, 'inn-events');
    await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
    await fillIn(page, { value: value! });
    await produceSheet(page).getByRole('radiogroup', { name: 'Timestamp of the event' }).getByText('At', { exact: true }).click();
    await produceSheet(page).getByRole('textbox', { name: 'Time' }).fill(time!);
    await send(page);
    await expect(row(grid(page), 1)).toContainText('0718-01-01');
  },
  async 'Append only'(page, [value]) {
    await row(grid(page), 1).click();
    await expect(detail(page).getByRole('button', { name: /edit|delete|change/i })).toHaveCount(0);
    await fillIn(page, { value: value! });
    await produceSheet(page).getByRole('radiogroup', { name: 'Timestamp of the event' }).getByText('Now', { exact: true }).click();
    await send(page);
  },
  async 'Shards, and a key'(page, [name, key, value]) {
    await makeStream(page, name!, 3);
    await fillIn(page, { key: key!, value: value! });
    await send(page);
  },
  async 'Same key, same shard'(page, [value]) {
    await row(grid(page), 1).click();
    await expect(detail(page)).toContainText('murmur2("789") % 3 = 1');
    await fillIn(page, { value: value! });
    await expect(produceSheet(page).getByRole('textbox', { name: 'Key', exact: true })).toHaveValue('789');
    await sendMany(page, 5, false);
  },
  async 'Each shard counts for itself'(page, [key, value]) {
    await fillIn(page, { key: key!, value: value! });
    await sendMany(page, 300, true);
  },
  async 'Read it again'(page) {
    await goToOffset(page, '1', '3');
    await expect(detail(page)).toContainText('1 · 3');
    await expect(detail(page)).toContainText('CRC good');
    const read = await detail(page).innerText();
    await page.getByRole('button', { name: 'End', exact: true }).click();
    await expect(row(grid(page), 306)).toBeVisible();
    await page.getByRole('button', { name: 'Beginning' }).click();
    await expect(row(grid(page), 1)).toBeVisible();
    await goToOffset(page, '1', '3');
    await expect.poll(() => detail(page).innerText()).toBe(read);
  },
  async 'Two readers'(page) {
    await page.getByRole('button', { name: 'Second reader' }).click();
    const gridB = page.getByRole('grid', { name: 'Events of reader B' });
    await expect(row(gridB, 306)).toBeVisible();
    // Beside the lesson there is no room for two rows of buttons.
    for (const [reader, place] of [
      ['Reader A', 'Beginning'],
      ['Reader B', 'End'],
    ] as const) {
      await page.getByRole('region', { name: reader }).getByRole('button', { name: 'Go to' }).click();
      await page.getByRole('menuitem', { name: place }).click();
    }
    await expect(row(grid(page), 1)).toBeVisible();
    await expect.poll(() => visibleRows(gridB)).toContain(306);
  },
});
