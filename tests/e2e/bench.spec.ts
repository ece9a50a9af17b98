/** The bench as a learner uses it: processors beside a stream, stepped through forward and back, compared, mended and deployed. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { eventsCounted } from './counted.ts';
import { expect, type Lab, root, test } from './lab.ts';
import { dialog, navigation, openLab } from './screens.ts';

const sample = (name: string): string => path.join(root, 'resources/processors', `${name}.ts`);
const column = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
const part = (of: Locator, name: string): Locator => of.getByRole('group', { name, exact: true });
const position = (page: Page): Locator => page.getByRole('slider', { name: 'Position' });
const at = async (page: Page): Promise<number> => Number(await position(page).getAttribute('aria-valuenow'));

/** The sample shop, and both abandoned carts deployed. */
async function withCarts(page: Page, lab: Lab, client: LabClient): Promise<void> {
  await client.samples.load({ id: 'nile-shop' });
  await expect.poll(async () => (await client.streams.list({}))[0]?.events).toBe(2318);
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) lab.loglab(['processors', 'deploy', sample(name)]);
  await openLab(page, lab);
  await navigation(page).getByRole('link', { name: 'Bench' }).click();
}

async function start(page: Page, names: string[]): Promise<void> {
  for (const name of names) await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await expect(position(page)).toHaveAttribute('aria-valuemax', '2318');
}

test('two versions side by side: stepped forward and back, compared, the difference found, one mended and deployed', async ({
  page,
  lab,
  client,
}) => {
  await withCarts(page, lab, client);
  await start(page, ['abandoned-cart-v1', 'abandoned-cart-v2']);
  const [first, second] = [column(page, 'abandoned-cart-v1 v1'), column(page, 'abandoned-cart-v2 v1')];
  await expect(first.getByText('in step')).toBeVisible();
  await expect(second.getByText('in step')).toBeVisible();
  // The live ones go on by the clock of the wall; they stand still, so that what changes a stream now is the rehearsal.
  for (const name of ['abandoned-cart-v1', 'abandoned-cart-v2']) lab.loglab(['processors', 'pause', name]);
  const before = await eventsCounted(client);

  // A step changes the state, a step back takes it back; both columns stand at the same event.
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect(part(first, 'So far')).toContainText('1 in = 1 good + 0 bad');
  await expect(part(second, 'So far')).toContainText('1 in = 1 good + 0 bad');
  await page.keyboard.press('e');
  await expect.poll(() => at(page)).toBeGreaterThan(300);
  const emitting = await at(page);
  await expect(
    page
      .getByRole('group', { name: 'Emitted', exact: true })
      .getByText(/SHOPPER_ABANDONED_CART|bad/)
      .first(),
  ).toBeVisible();
  // What is shown follows the cursor.
  await expect(part(second, 'So far')).toContainText(`${emitting.toLocaleString('en')} in`);
  const there = await part(second, 'So far').innerText();
  await page.getByRole('button', { name: 'Step back' }).click();
  await expect.poll(() => at(page)).toBe(emitting - 1);
  await expect(part(second, 'So far')).toContainText(`${(emitting - 1).toLocaleString('en')} in`);
  await page.keyboard.press('j');
  await expect(part(second, 'So far')).toHaveText(there.replace(/\s+/g, ' '), { useInnerText: true });

  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  const comparison = page.getByRole('region', { name: 'Comparison' });
  await expect(comparison.getByRole('status')).toContainText(/\d+ differences, up to event 2,318\./);
  await comparison.getByRole('button', { name: 'First difference' }).click();
  const firstDifference = await at(page);
  await page.getByRole('group', { name: 'Time' }).getByRole('button', { name: 'Next difference' }).click();
  await expect.poll(() => at(page)).toBeGreaterThan(firstDifference);
  await page.keyboard.press('Shift+D');
  await expect.poll(() => at(page)).toBe(firstDifference);
  await expect(part(second, 'Last difference')).toContainText('abandoned-cart-v1 v1');
  await page.screenshot({ path: test.info().outputPath('difference.png') });

  // Mended on the bench: it runs again to the cursor as it is typed, and the file stays as it was until it is deployed.
  await second.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Change its code…' }).click();
  const source = page.getByRole('textbox', { name: 'Source of abandoned-cart-v2 on the bench' });
  await expect(source).toContainText('GAP_MS');
  const text = readFileSync(sample('abandoned-cart-v2'), 'utf8');
  await source.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text.replace('GAP_MS = 30 * 60_000', 'GAP_MS = 10 * 60_000'));
  const changed = column(page, 'abandoned-cart-v2 changed');
  await expect(changed.getByText(/^(in step|[\d,]+ differences?)$/)).toBeVisible();
  expect(await at(page)).toBe(firstDifference);
  const file = path.join(lab.workspace, 'processors/abandoned-cart-v2.ts');
  expect(readFileSync(file, 'utf8')).toBe(text);
  // Nothing of all this has reached a stream.
  expect((await client.streams.list({})).map(({ name, events }) => [name, events])).toEqual(before);

  await page.getByRole('region', { name: 'Code of abandoned-cart-v2' }).getByRole('button', { name: 'Deploy…' }).click();
  await dialog(page, 'Deploy abandoned-cart-v2').getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(page.getByRole('article', { name: 'Processor abandoned-cart-v2' })).toContainText('v2');
  expect(readFileSync(file, 'utf8')).toContain('GAP_MS = 10 * 60_000');
});

test('a source that can not be loaded is said at its line, and what ran before stays', async ({ page, lab, client }) => {
  await withCarts(page, lab, client);
  await start(page, ['abandoned-cart-v1']);
  const first = column(page, 'abandoned-cart-v1 v1');
  await first.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Change its code…' }).click();
  const source = page.getByRole('textbox', { name: 'Source of abandoned-cart-v1 on the bench' });
  await expect(source).toContainText('ABANDONED_AFTER_MS');
  await source.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('// tried\n');
  const changed = column(page, 'abandoned-cart-v1 changed');
  await expect(changed).toBeVisible();
  await page.keyboard.type('const = 1;\n');
  await expect(page.getByRole('region', { name: 'Code of abandoned-cart-v1' })).toContainText('Line 2');
  await expect(changed).toBeVisible();
  const marks = page.locator('.cm-lint-marker-error');
  await expect(marks).toHaveCount(1);
  await page.screenshot({ path: test.info().outputPath('not-loaded.png') });
  await page.getByRole('button', { name: 'Take back' }).click();
  await expect(page.getByRole('region', { name: 'Code of abandoned-cart-v1' })).not.toContainText('Line 2');
  await expect(marks).toHaveCount(0);
  // It is the text of version 1, and called so again.
  await expect(first).toBeVisible();
  const code = page.getByRole('region', { name: 'Code of abandoned-cart-v1' });
  await expect(code.getByRole('heading')).toHaveText('abandoned-cart-v1 v1');
  await expect(code.getByRole('status')).toHaveText('runs as you type');
  await expect(changed).toHaveCount(0);
});

test('it plays, jumps to an offset, a time and a text, and the bench is set up again as it was', async ({ page, lab, client }) => {
  await withCarts(page, lab, client);
  await start(page, ['abandoned-cart-v2']);
  await page.keyboard.press('Control+G');
  const jump = dialog(page, 'Jump');
  await jump.getByRole('radio', { name: 'Time' }).check();
  await jump.getByRole('textbox', { name: 'Time' }).fill('2018-10-15T09:50:00Z');
  await jump.getByRole('button', { name: 'Jump' }).click();
  await expect.poll(() => at(page)).toBeGreaterThan(800);
  await expect(jump).toBeHidden();
  const before = await at(page);
  await page.keyboard.press('Control+G');
  await jump.getByRole('textbox', { name: 'Time' }).fill('10:00');
  await jump.getByRole('button', { name: 'Jump' }).click();
  await expect.poll(() => at(page)).toBeGreaterThan(before);
  await expect(jump).toBeHidden();
  await page.keyboard.press('Control+G');
  await jump.getByRole('radio', { name: 'Text' }).check();
  await jump.getByRole('textbox', { name: 'Text' }).fill('no such word');
  await jump.getByRole('button', { name: 'Jump' }).click();
  await expect(page.getByText('There is no event with “no such word” after this position.')).toBeVisible();
  await expect(jump).toBeHidden();
  await page.keyboard.press('Control+G');
  await jump.getByRole('radio', { name: 'Event', exact: true }).check();
  await jump.getByRole('textbox', { name: 'Number' }).fill('99,999');
  await jump.getByRole('button', { name: 'Jump' }).click();
  await expect(jump).toContainText('The last event is 2,318.');
  await jump.getByRole('textbox', { name: 'Number' }).fill('5');
  await jump.getByRole('button', { name: 'Jump' }).click();
  await expect.poll(() => at(page)).toBe(5);
  await expect(jump).toBeHidden();
  await page.getByRole('combobox', { name: /^Pace/ }).click();
  await page.getByRole('option', { name: '100×', exact: true }).click();
  await page.getByRole('button', { name: 'Play' }).click();
  await expect.poll(() => at(page)).toBeGreaterThan(8);
  await page.getByRole('button', { name: 'Pause' }).click();

  await page.reload();
  await expect(page.getByRole('checkbox', { name: 'abandoned-cart-v2' })).toBeChecked();
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await expect(column(page, 'abandoned-cart-v2 v1')).toBeVisible();
});

test('two that stand apart are compared beside each other, in view; the code of one is closed with its bench; an empty range is named', async ({
  page,
  lab,
  client,
}) => {
  await withCarts(page, lab, client);
  const text = readFileSync(sample('abandoned-cart-v1'), 'utf8');
  for (const name of ['other-1', 'other-2']) await client.processors.save({ name, source: text });
  await start(page, ['abandoned-cart-v1', 'other-1', 'other-2', 'abandoned-cart-v2']);
  const [first, second] = [column(page, 'abandoned-cart-v1 v1'), column(page, 'abandoned-cart-v2 v1')];
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.getByRole('menuitem', { name: 'abandoned-cart-v1 v1 with abandoned-cart-v2 v1' }).click();
  const panel = page.getByRole('region', { name: 'Comparison' });
  await expect(panel.getByRole('status')).toContainText('up to event 2,318.');
  // They are brought into view as the panel comes.
  await expect(async () => {
    const [input, one, other, beside] = await Promise.all(
      [page.getByRole('region', { name: 'Input' }), first, second, panel].map(async (each) => (await each.boundingBox())!),
    );
    expect(one!.x).toBeGreaterThanOrEqual(input!.x + input!.width - 1);
    expect(Math.abs(other!.x - (one!.x + one!.width))).toBeLessThanOrEqual(1);
    expect(other!.x + other!.width).toBeLessThanOrEqual(beside!.x + 1);
  }).toPass();
  await page.screenshot({ path: test.info().outputPath('beside.png') });

  await second.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Change its code…' }).click();
  const code = page.getByRole('region', { name: 'Code of abandoned-cart-v2' });
  await expect(code).toBeVisible();
  await page.getByRole('button', { name: 'Set up anew' }).click();
  await page.getByRole('textbox', { name: 'From' }).fill('2020-01-01 00:00');
  await page.getByRole('textbox', { name: 'Until' }).fill('2020-01-02 00:00');
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  await expect(page.getByRole('region', { name: 'Input' })).toContainText(
    'There is no event between 2020-01-01 00:00:00 UTC and 2020-01-02 00:00:00 UTC in raw-events.',
  );
  await expect(part(column(page, 'abandoned-cart-v1 v1'), 'Offsets')).toContainText('no event is read');
  await expect(code).toBeHidden();
  await page.screenshot({ path: test.info().outputPath('empty.png') });
});
