import path from 'node:path';
import { expect, test } from '../lab.ts';
import { dialog, fromPalette, openLab } from '../screens.ts';
import { full, look } from './look.ts';

test('processors: none, the editor with a test, their dialogs, columns', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/processors');
  await expect(page.getByText('No processors yet')).toBeVisible();
  await look(page, 'processors-empty');
  await full(client);
  await page.getByRole('button', { name: 'New processor' }).click();
  await look(page, 'new-processor', '[role=dialog]');
  await page.keyboard.press('Escape');
  for (const { name, source } of await client.processors.samples({})) await client.processors.save({ name, source });
  await page.goto(`${new URL(lab.url).origin}/#/processors/validate-and-enrich`);
  const panel = page.getByRole('region', { name: 'Test' });
  await panel.getByRole('button', { name: 'Newest of raw-events' }).click();
  await panel.getByRole('button', { name: 'Run' }).click();
  await expect(panel.getByRole('status')).toHaveText('20 events emitted');
  await look(page, 'processor-editor');
  await page.getByRole('button', { name: 'Deploy…' }).click();
  await look(page, 'deploy-processor', '[role=dialog]');
  await page.keyboard.press('Escape');
  for (const name of ['validate-and-enrich', 'abandoned-cart-v1', 'abandoned-cart-v2'])
    await client.processors.deploy({ name, source: null, guarantee: null, start: null, anew: false });
  await page.goto(`${new URL(lab.url).origin}/#/processors`);
  for (const name of ['validate-and-enrich', 'abandoned-cart-v1', 'abandoned-cart-v2'])
    await expect(page.getByRole('article', { name: `Processor ${name}` })).toContainText('2,318 in');
  await look(page, 'processors');
});

test('processors that came with a workspace: in the dialogs, not trusted, their code', async ({ page, lab, client, folder }) => {
  await full(client);
  for (const { name, source } of await client.processors.samples({})) {
    await client.processors.save({ name, source });
    if (!name.startsWith('abandoned')) continue;
    await client.processors.deploy({ name, source: null, guarantee: null, start: null, anew: false });
  }
  await openLab(page, lab, '#/processors');
  await expect(page.getByRole('article', { name: 'Processor abandoned-cart-v2' })).toContainText('2,318 in');
  await fromPalette(page, 'Export workspace');
  await look(page, 'export-workspace-processors', '[role=dialog]');
  await dialog(page, 'Export workspace').getByRole('button', { name: 'Cancel' }).click();
  const file = path.join(folder, 'shop.loglab');
  lab.loglab(['workspace', 'export', file]);
  await fromPalette(page, 'Import workspace');
  const importing = dialog(page, 'Import workspace');
  await importing.locator('input[type=file]').setInputFiles(file);
  await expect(importing.getByRole('table', { name: 'Processors of the file' }).getByRole('row').nth(4)).toBeVisible();
  await importing.getByRole('textbox', { name: 'Name here of the processor word-count' }).fill('word-count');
  await importing.getByRole('textbox', { name: 'Name here of the processor word-count' }).scrollIntoViewIfNeeded();
  await look(page, 'import-workspace-processors', '[role=dialog]');
  await importing.getByRole('textbox', { name: 'Name here of the processor word-count' }).fill('word-count-2');
  await importing.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(importing.getByRole('status')).toContainText('imported');
  await look(page, 'import-workspace-processors-done', '[role=dialog]');
  await importing.getByRole('link', { name: 'Processors' }).click();
  const untrusted = page.getByRole('article', { name: 'Processor abandoned-cart-v1-2', exact: true });
  await expect(untrusted.getByText('not trusted')).toBeVisible();
  await look(page, 'processors-untrusted');
  await untrusted.getByRole('button', { name: 'Look at the code' }).click();
  await expect(dialog(page, 'The code of abandoned-cart-v1-2').getByRole('textbox')).toBeVisible();
  await look(page, 'processor-code', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.goto(`${new URL(lab.url).origin}/#/processors/abandoned-cart-v1-2`);
  await expect(page.getByText('This came with a workspace from elsewhere.')).toBeVisible();
  await look(page, 'processor-editor-untrusted');
});
