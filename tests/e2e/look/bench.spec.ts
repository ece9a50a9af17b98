import type { Page } from 'playwright/test';
import type { LabClient } from '../../../main/api/index.ts';
import { expect, test } from '../lab.ts';
import { choose, dialog, openLab } from '../screens.ts';
import { full, look, picture } from './look.ts';

const benchColumn = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const positionOf = (page: Page) => page.getByRole('slider', { name: 'Position' });

async function deployCarts(client: LabClient): Promise<void> {
  for (const { name, source } of await client.processors.samples({})) {
    if (!name.startsWith('abandoned') && name !== 'validate-and-enrich') continue;
    await client.processors.save({ name, source });
    await client.processors.deploy({ name, source: null, guarantee: null, start: null, anew: false });
  }
}

/** A program over raw-events that is no sample. */
const tried = (parts: string): string => `import { defineProcessor } from 'loglab';
let seen = 0;
export default defineProcessor({ inputs: ['raw-events'], outputs: ['tried'], stores: ['kept'],
  ${parts}
});
`;

async function startBench(page: Page, names: readonly string[]): Promise<void> {
  for (const name of names) await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: 'Start the rehearsal' }).click();
  // Each column has a process, which is started first.
  await expect(positionOf(page)).toHaveAttribute('aria-valuemax', '2318');
}

test('the bench: nothing to rehearse, no processors, set up', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/bench');
  await expect(page.getByText('Nothing to rehearse yet')).toBeVisible();
  await look(page, 'bench-empty');
  await full(client);
  await expect(page.getByText('There is no processor in this lab yet.')).toBeVisible();
  await look(page, 'bench-no-processors');
  await deployCarts(client);
  await page.getByRole('checkbox', { name: 'abandoned-cart-v1' }).check();
  await choose(page, 'Order between the shards', 'shuffled');
  await page.getByRole('textbox', { name: 'From' }).fill('soon');
  await look(page, 'bench-set-up');
});

test('the bench: one column, and others beside it', async ({ page, lab, client }) => {
  await full(client);
  await deployCarts(client);
  await openLab(page, lab, '#/bench');
  await startBench(page, ['abandoned-cart-v1']);
  await expect(benchColumn(page, 'abandoned-cart-v1 v1').getByText('in step')).toBeVisible();
  await look(page, 'bench-begin');
  await page.keyboard.press('e');
  await expect.poll(async () => Number(await positionOf(page).getAttribute('aria-valuenow'))).toBeGreaterThan(300);
  await look(page, 'bench-one');
  await page.keyboard.press('Control+G');
  await dialog(page, 'Jump').getByRole('radio', { name: 'Text' }).check();
  await look(page, 'bench-jump', '[role=dialog]');
  await page.keyboard.press('Escape');
  for (const name of ['abandoned-cart-v2', 'validate-and-enrich']) {
    await page.getByRole('button', { name: 'Add processor' }).click();
    await choose(dialog(page, 'Add processor'), 'Processor', name);
    if (name === 'abandoned-cart-v2') await look(page, 'bench-add', '[role=dialog]');
    await dialog(page, 'Add processor').getByRole('button', { name: 'Add', exact: true }).click();
    await expect(benchColumn(page, `${name} v1`).getByText('in step')).toBeVisible();
  }
  await look(page, 'bench-three');
});

test('the bench: two that differ, compared; their code', async ({ page, lab, client }) => {
  await full(client);
  await deployCarts(client);
  await openLab(page, lab, '#/bench');
  await startBench(page, ['abandoned-cart-v1', 'abandoned-cart-v2']);
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  const comparison = page.getByRole('region', { name: 'Comparison' });
  await expect(comparison.getByRole('status')).toContainText('up to event 2,318.');
  await comparison.getByRole('button', { name: 'First difference' }).click();
  await comparison.getByRole('list', { name: 'Differences' }).getByRole('button').first().click();
  await look(page, 'bench-compare');
  const second = benchColumn(page, 'abandoned-cart-v2 v1');
  await second.getByRole('button', { name: /keys?$/ }).click();
  await expect(
    second
      .getByRole('list', { name: /^Entries/ })
      .getByRole('listitem')
      .first(),
  ).toBeVisible();
  await look(page, 'bench-store');
  await comparison.getByRole('button', { name: 'Close the comparison' }).click();
  await second.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Change its code…' }).click();
  const source = page.getByRole('textbox', { name: 'Source of abandoned-cart-v2 on the bench' });
  await expect(source).toContainText('GAP_MS');
  await look(page, 'bench-code');
  await source.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('const = 1;\n');
  await expect(page.getByRole('region', { name: 'Code of abandoned-cart-v2' })).toContainText('Line 1');
  await look(page, 'bench-not-loaded');
  await page.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('region', { name: 'Code of abandoned-cart-v2' }).getByRole('button', { name: 'Deploy…' }).click();
  await look(page, 'bench-deploy', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Close the code' }).click();
  await positionOf(page).focus();
  await page.keyboard.press('End');
  await expect(positionOf(page)).toHaveAttribute('aria-valuenow', '2318');
  await look(page, 'bench-finished');
});

test('the bench: ten columns', async ({ page, lab, client }) => {
  await full(client);
  const names = Array.from({ length: 10 }, (_, at) => `counts-number-${at}`);
  for (const [at, name] of names.entries()) {
    const source = tried(`onEvent(event, ctx) {
    const kept = ctx.store('kept');
    kept.set(event.key ?? '', (kept.get(event.key ?? '') ?? 0) + 1);
    if (kept.get(event.key ?? '') % ${at + 2} === 0) ctx.emit('tried', { value: { shopper: event.key, seen: kept.get(event.key ?? '') } });
  }`);
    await client.processors.save({ name, source });
  }
  await openLab(page, lab, '#/bench');
  await startBench(page, names);
  await page.keyboard.press('Control+G');
  await dialog(page, 'Jump').getByRole('textbox', { name: 'Number' }).fill('900');
  await page.keyboard.press('Enter');
  for (const name of names) await expect(benchColumn(page, `${name} its file`).getByText('in step')).toBeAttached();
  await look(page, 'bench-ten');
  await benchColumn(page, `${names.at(-1)} its file`).scrollIntoViewIfNeeded();
  await picture(page, 'bench-ten-last');
});

test('the bench, in trouble: always failing, not the same twice, hanging', async ({ page, lab, client }) => {
  await full(client);
  for (const [name, parts] of Object.entries({
    'always-failing': "onEvent(event) { throw new Error('There is no such shopper.'); }",
    'by-chance': "onEvent(event, ctx) { seen++; ctx.emit('tried', { value: { seen } }); }",
    hanging: "onEvent(event, ctx) { if (event.offset === '400') while (true); ctx.emit('tried', { value: event.value }); }",
  }))
    await client.processors.save({ name, source: tried(parts) });
  await openLab(page, lab, '#/bench');
  await startBench(page, ['always-failing', 'by-chance', 'hanging']);
  await expect(benchColumn(page, 'hanging its file').getByText(/^stopped at/)).toBeVisible();
  await expect(benchColumn(page, 'by-chance its file').getByText(/^It does not give the same twice/)).toBeVisible();
  await positionOf(page).focus();
  await page.keyboard.press('End');
  await expect(benchColumn(page, 'always-failing its file').getByText('2,318 bad')).toBeVisible();
  await look(page, 'bench-trouble');
});

test('the bench: a column that takes long runs ahead, and is stopped', async ({ page, lab, client }) => {
  await full(client);
  const source = tried(`onEvent(event, ctx) {
    for (let n = 0; n < 20_000_000; n++) seen += n;
    ctx.log('counted', seen);
  }`);
  await client.processors.save({ name: 'slow', source });
  await openLab(page, lab, '#/bench');
  await startBench(page, ['slow']);
  const building = page.getByRole('group', { name: 'Running ahead' });
  await expect(building).toContainText(/event [1-9][\d,]* of 2,318/);
  await look(page, 'bench-running-ahead');
  await building.getByRole('button', { name: 'Stop here' }).click();
  await expect(benchColumn(page, 'slow its file')).toContainText(/It was stopped here\. It went up to event [\d,]+\./);
  await expect(building).toBeHidden();
  await positionOf(page).focus();
  await page.keyboard.press('End');
  await expect(benchColumn(page, 'slow its file')).toContainText('It did not come so far');
  await look(page, 'bench-stopped');
});
