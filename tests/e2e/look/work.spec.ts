import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '../lab.ts';
import { views } from '../records.ts';
import { choose, dialog, fromPalette, grid, jobs, openLab, row } from '../screens.ts';
import { full, look } from './look.ts';

test('at work: produce, with and without mistakes', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams/raw-events');
  await expect(row(grid(page), 2318)).toBeVisible();
  await page.keyboard.press('Shift+P');
  const sheet = dialog(page, 'Produce');
  await sheet.getByRole('textbox', { name: 'Key', exact: true }).fill('789');
  await sheet
    .getByRole('textbox', { name: 'Value', exact: true })
    .fill('{\n  "event": "SHOPPER_VIEWED_PRODUCT",\n  "shopper": { "id": "789" }\n}');
  await sheet.getByRole('button', { name: 'Add header' }).click();
  await sheet.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sheet.getByRole('list', { name: 'Sent' })).toBeVisible();
  await look(page, 'produce', '[role=dialog]');
  await sheet.getByRole('textbox', { name: 'Value', exact: true }).press('Control+End');
  await page.keyboard.type(',');
  await sheet.getByRole('button', { name: 'Send', exact: true }).click();
  await sheet.getByRole('button', { name: 'Keep…' }).click();
  await look(page, 'produce-wrong', '[role=dialog]');
});

test('at work: import, rejected lines, jobs, a lesson', async ({ page, lab, client, folder }) => {
  await full(client);
  await openLab(page, lab, '#/streams/orders');
  await expect(row(grid(page), 500)).toBeVisible();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await choose(dialog(page, 'Export'), /^From/, 'Timestamp');
  await dialog(page, 'Export').getByRole('textbox', { name: 'From time' }).fill('soon');
  await look(page, 'export', '[role=dialog]');
  await page.keyboard.press('Escape');
  await fromPalette(page, 'Export workspace');
  await expect(dialog(page, 'Export workspace')).toBeVisible();
  await look(page, 'export-workspace', '[role=dialog]');
  await dialog(page, 'Export workspace').getByRole('button', { name: 'Cancel' }).click();
  const workspaceFile = path.join(folder, 'shop.loglab');
  lab.loglab(['workspace', 'export', workspaceFile]);
  await fromPalette(page, 'Import workspace');
  await dialog(page, 'Import workspace').locator('input[type=file]').setInputFiles(workspaceFile);
  await expect(dialog(page, 'Import workspace').getByRole('row').nth(1)).toBeVisible();
  await look(page, 'import-workspace', '[role=dialog]');
  await dialog(page, 'Import workspace').getByRole('button', { name: 'Import', exact: true }).click();
  await expect(dialog(page, 'Import workspace').getByRole('status')).toContainText('imported');
  await look(page, 'import-workspace-done', '[role=dialog]');
  await page.keyboard.press('Escape');
  const file = path.join(folder, 'orders.ndjson');
  writeFileSync(file, [...views(0, 40).map(({ value }) => Buffer.from(value!).toString()), 'not JSON', '{"cut": '].join('\n'));
  await page.getByRole('main').getByRole('button', { name: 'Import' }).click();
  await dialog(page, 'Import').locator('input[type=file]').setInputFiles(file);
  await expect(dialog(page, 'Import').getByRole('region', { name: 'First events' }).getByRole('row').nth(5)).toBeVisible();
  await look(page, 'import-set-up', '[role=dialog]');
  await page.keyboard.press('Control+Enter');
  await expect(dialog(page, 'Import').getByRole('status')).toContainText(/Imported\s*40/);
  await look(page, 'import-done', '[role=dialog]');
  await dialog(page, 'Import').getByRole('button', { name: 'Show rejected lines' }).click();
  await expect(dialog(page, 'Rejected lines').getByRole('row').nth(2)).toBeVisible();
  await look(page, 'rejected', '[role=dialog]');
  await page.keyboard.press('Escape');
  await expect(jobs(page)).toBeVisible();
  await look(page, 'jobs', '[aria-label=Jobs]');

  await client.lessons.start({ id: 'one-log' });
  await client.lessons.go({ step: 2 });
  await expect(page.getByRole('complementary', { name: 'Lesson' })).toContainText('The first event');
  await look(page, 'lesson', 'aside');
  await page.keyboard.press('Shift+P');
  await expect(dialog(page, 'Produce')).toBeVisible();
  await look(page, 'lesson-produce', '[role=dialog]');
});
