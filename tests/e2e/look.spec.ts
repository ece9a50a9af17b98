/**
 * How the lab looks: each screen and dialog, light and dark, is free of what axe finds, and fits its window. The pictures in
 * test-results/look are for eyes; nothing compares them.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { expect, root, test } from './lab.ts';
import { startReader, startWriter } from './kafkaPrograms.ts';
import { broker, crash } from './processes.ts';
import { record, views } from './records.ts';
import { choose, dialog, fromPalette, grid, jobs, navigation, openLab, openStream, row } from './screens.ts';

const sizes = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 800 },
];

test.describe.configure({ mode: 'parallel', timeout: 120_000 });

/**
 * Takes pictures, measures and lets axe look, in both themes. Problems are gathered, so that one run tells of all.
 * @param part selector of what is new, where what is around it was looked at before
 */
async function look(page: Page, name: string, part = 'body'): Promise<void> {
  await wear(page, 'light');
  // A dialog lies over a screen that was measured in all sizes.
  for (const size of part === 'body' ? sizes : sizes.slice(-1)) {
    await page.setViewportSize(size);
    const beyond = () =>
      page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
    await expect.soft.poll(beyond, `${name} fits ${size.width}×${size.height}`).toEqual([0, 0]);
    await picture(page, `${name}-${size.width}`);
  }
  expect.soft(await violations(page, part), name).toEqual([]);
  await wear(page, 'dark');
  await picture(page, `${name}-dark`);
  // The theme changes colours alone.
  expect.soft(await violations(page, part, ['color-contrast']), `${name}, dark`).toEqual([]);
  await wear(page, 'light');
}

async function wear(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(root, 'test-results/look', `${name}.png`), animations: 'disabled' });
}

async function violations(page: Page, part = 'body', rules?: string[]): Promise<string[]> {
  // Rows are all alike: a few of them stand for the rest.
  const axe = new AxeBuilder({ page }).setLegacyMode().include(part).exclude('[role=rowgroup] [role=row]:nth-child(n + 5)');
  const found = await (rules ? axe.withRules(rules) : axe).analyze();
  return found.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

async function full(client: LabClient): Promise<void> {
  await client.samples.load({ id: 'nile-shop' });
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: views(0, 500) });
  await client.streams.create({ name: 'empty', shards: 1 });
  await expect.poll(async () => (await client.streams.list({})).find(({ name }) => name === 'raw-events')?.events).toBe(2318);
}

test('empty: welcome, streams, lessons, settings', async ({ page, lab }) => {
  await openLab(page, lab);
  await expect(page.getByRole('button', { name: 'Start the lesson' })).toBeEnabled();
  await look(page, 'welcome');
  for (const [place, title] of [
    ['streams', 'No streams yet'],
    ['lessons', 'One log'],
    ['settings', 'Durability'],
  ] as const) {
    await page.goto(`${new URL(lab.url).origin}/#/${place}`);
    await expect(page.getByText(title, { exact: true }).first()).toBeVisible();
    await look(page, place === 'streams' ? 'streams-empty' : place);
  }
});

test('empty, asked for something: new stream, import, palette', async ({ page, lab }) => {
  await openLab(page, lab, '#/streams');
  await navigation(page).getByRole('button', { name: 'New stream' }).click();
  await dialog(page, 'New stream').getByRole('textbox', { name: 'Name' }).fill('größe');
  await look(page, 'new-stream-wrong', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+I');
  await expect(dialog(page, 'Import')).toBeVisible();
  await look(page, 'import-choose', '[role=dialog]');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+K');
  await expect(page.getByRole('listbox', { name: 'Actions' })).toBeVisible();
  await look(page, 'palette', '[role=dialog]');
});

test('full: streams, one stream, columns', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams');
  await expect(page.getByRole('row', { name: /raw-events/ })).toContainText('2,318');
  await look(page, 'streams');
  await openStream(page, 'empty');
  await expect(page.getByText('Nothing in this stream yet')).toBeVisible();
  await look(page, 'stream-empty');
  await openStream(page, 'raw-events');
  await expect(row(grid(page), 2318)).toBeVisible();
  await look(page, 'stream');
  await page.getByRole('button', { name: 'Columns' }).click();
  await look(page, 'stream-columns', '[role=dialog]');
});

test('one event, two readers, an offset, a stream to be deleted', async ({ page, lab, client }) => {
  await full(client);
  await openLab(page, lab, '#/streams/raw-events');
  await row(grid(page), 2318).click();
  await expect(page.getByRole('tab', { name: 'Event' })).toBeVisible();
  await look(page, 'stream-event', 'section[aria-label=Event]');
  for (const tab of ['Raw', 'Hex']) {
    await page.getByRole('tab', { name: tab }).click();
    await look(page, `stream-event-${tab.toLowerCase()}`, 'section[aria-label=Event]');
  }
  await page.getByRole('button', { name: 'Second reader' }).click();
  await expect(page.getByRole('grid', { name: 'Events of reader B' }).getByRole('row').nth(5)).toBeVisible();
  await look(page, 'stream-two-readers', 'section[aria-label="Reader B"]');
  await page.keyboard.press('Control+G');
  await expect(dialog(page, 'Go to offset')).toBeVisible();
  await look(page, 'go-to-offset', '[role=dialog]');
  await page.keyboard.press('Escape');
  await fromPalette(page, 'delete raw-events');
  await expect(dialog(page, 'Delete stream')).toBeVisible();
  await look(page, 'delete-stream', '[role=dialog]');
});

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
  await expect(page.getByText(/Broker 1 is (down|starting)/).first()).toBeVisible({ timeout: 30_000 });
  await picture(page, 'broker-down');
  clearInterval(killing);
  await expect(page.getByRole('contentinfo')).toContainText('broker up', { timeout: 30_000 });

  await expect(() => client.produce.append({ stream: 'orders', records: [record({ key: 'again' })] })).toPass({ timeout: 30_000 });
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

test('the shop: closed, unwatched, empty, with a coupon, a coupon that counts, two visitors, beside a lesson', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/shop');
  await expect(page.getByText('The shop is closed')).toBeVisible();
  await look(page, 'shop-closed');
  await page.getByRole('button', { name: 'Set up the shop…' }).click();
  await expect(dialog(page, 'Set up the shop')).toBeVisible();
  await look(page, 'shop-set-up', '[role=dialog]');
  await dialog(page, 'Set up the shop').getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('list', { name: 'Products' })).toBeVisible();
  await expect(page.getByRole('status', { name: 'Notices' })).toContainText('The shop is open.');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await look(page, 'shop-empty');

  for (const product of ['AvidReader', 'AvidReader cover', 'AvidReader'])
    await page.getByRole('button', { name: `Put into the cart: ${product}`, exact: true }).click();
  const way = page.getByRole('list', { name: 'The way of the coupon' });
  await expect(way).toBeVisible({ timeout: 30_000 });
  await look(page, 'shop-coupon');
  await page.getByRole('button', { name: 'Use it' }).click();
  await expect(page.getByRole('group', { name: 'Cart' })).toContainText('NILE-');
  await look(page, 'shop-coupon-taken');
  await page.getByRole('button', { name: 'iPad', exact: true }).click();
  await look(page, 'shop-product');
  await page.getByRole('button', { name: 'Second visitor' }).click();
  await page
    .getByRole('region', { name: /^Visitor/ })
    .nth(1)
    .getByRole('button', { name: 'Put into the cart: USB cable' })
    .click();
  await expect(page.getByRole('group', { name: 'Coupon' }).nth(1)).toContainText('10 % off', { timeout: 30_000 });
  await look(page, 'shop-two-visitors');
  await client.lessons.start({ id: 'abandoned-cart' });
  await client.lessons.go({ step: 5 });
  await expect(page.getByRole('complementary', { name: 'Lesson' })).toContainText('The coupon');
  await look(page, 'shop-lesson');
  await client.lessons.leave({});
  await client.processors.pause({ name: 'abandoned-cart-v1' });
  await expect(page.getByRole('status', { name: 'State of the shop' })).toContainText('paused');
  await page.getByRole('button', { name: 'One visitor' }).click();
  await look(page, 'shop-paused');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Take the shop down…' }).click();
  await look(page, 'shop-take-down', '[role=dialog]');
  await dialog(page, 'Take the shop down').getByRole('button', { name: 'Take it down' }).click();
  await expect(page.getByText('Nobody watches the carts.')).toBeVisible();
  await look(page, 'shop-unwatched');
});

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
  await expect(positionOf(page)).toHaveAttribute('aria-valuemax', '2318', { timeout: 60_000 });
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
  test.slow();
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
  test.slow();
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
  test.slow();
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
  for (const name of names) await expect(benchColumn(page, `${name} changed`).getByText('in step')).toBeAttached({ timeout: 60_000 });
  await look(page, 'bench-ten');
  await benchColumn(page, `${names.at(-1)} changed`).scrollIntoViewIfNeeded();
  await picture(page, 'bench-ten-last');
});

test('the bench, in trouble: always failing, not the same twice, hanging', async ({ page, lab, client }) => {
  test.slow();
  await full(client);
  for (const [name, parts] of Object.entries({
    'always-failing': "onEvent(event) { throw new Error('There is no such shopper.'); }",
    'by-chance': "onEvent(event, ctx) { seen++; ctx.emit('tried', { value: { seen } }); }",
    hanging: "onEvent(event, ctx) { if (event.offset === '400') while (true); ctx.emit('tried', { value: event.value }); }",
  }))
    await client.processors.save({ name, source: tried(parts) });
  await openLab(page, lab, '#/bench');
  await startBench(page, ['always-failing', 'by-chance', 'hanging']);
  await expect(benchColumn(page, 'hanging changed').getByText(/^stopped at/)).toBeVisible({ timeout: 60_000 });
  await expect(benchColumn(page, 'by-chance changed').getByText(/^It does not give the same twice/)).toBeVisible({ timeout: 60_000 });
  await positionOf(page).focus();
  await page.keyboard.press('End');
  await expect(benchColumn(page, 'always-failing changed').getByText('2,318 bad')).toBeVisible();
  await look(page, 'bench-trouble');
});

test('the bench: a column that takes long runs ahead, and is stopped', async ({ page, lab, client }) => {
  test.slow();
  await full(client);
  const source = tried(`onEvent(event, ctx) {
    for (let n = 0; n < 20_000_000; n++) seen += n;
    ctx.log('counted', seen);
  }`);
  await client.processors.save({ name: 'slow', source });
  await openLab(page, lab, '#/bench');
  await startBench(page, ['slow']);
  const building = page.getByRole('group', { name: 'Running ahead' });
  await expect(building).toContainText(/event [1-9][\d,]* of 2,318/, { timeout: 60_000 });
  await look(page, 'bench-running-ahead');
  await building.getByRole('button', { name: 'Stop here' }).click();
  await expect(benchColumn(page, 'slow changed')).toContainText(/It was stopped here\. It went up to event [\d,]+\./, { timeout: 60_000 });
  await expect(building).toBeHidden();
  await positionOf(page).focus();
  await page.keyboard.press('End');
  await expect(benchColumn(page, 'slow changed')).toContainText('It did not come so far');
  await look(page, 'bench-stopped');
});
