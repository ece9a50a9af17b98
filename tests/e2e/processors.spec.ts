/** Processors on screen: written from a sample, tested, deployed, killed, paused, changed, compared with what they were, removed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import type { NewRecord } from '../../main/api/values.ts';
import { record } from './records.ts';
import { detail, dialog, navigation, openLab } from './screens.ts';

const column = (page: Page, name: string): Locator => page.getByRole('article', { name: `Processor ${name}` });
const source = (page: Page, name: string): Locator => page.getByRole('textbox', { name: `Source of ${name}` });
const testPanel = (page: Page): Locator => page.getByRole('region', { name: 'Test' });

async function create(page: Page, from: string, name = from): Promise<void> {
  await page.getByRole('button', { name: 'New processor' }).click();
  const making = dialog(page, 'New processor');
  await making.getByRole('radio', { name: new RegExp(`^${from}`) }).check();
  await making.getByRole('textbox', { name: 'Name' }).fill(name);
  await making.getByRole('button', { name: 'Create' }).click();
  await expect(source(page, name)).toBeVisible();
}

async function deploy(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Deploy…' }).click();
  await dialog(page, `Deploy ${name}`).getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(column(page, name)).toBeVisible();
}

/** What is in the editor is this from now on. */
async function write(page: Page, name: string, text: string): Promise<void> {
  await source(page, name).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

/** 495 good ones and 5 that are no JSON. */
const visits = (round: number): NewRecord[] =>
  Array.from({ length: 500 }, (_, n) => {
    const shopper = { id: String(n), ipAddress: '203.0.113.9' };
    const visit = { event: 'SHOPPER_VIEWED_PRODUCT', round, shopper, timestamp: '2018-10-15T11:00:00Z' };
    return record({ key: String(n), value: n % 100 === 0 ? '{' : JSON.stringify(visit) });
  });

async function all(client: LabClient, stream: string): Promise<string[]> {
  const isThere = (await client.streams.list({})).some(({ name }) => name === stream);
  if (!isThere) return [];
  const { rows } = await client.events.window({ stream, from: 'end', limit: 200 });
  return rows.map((row) => row.value?.text ?? '');
}

const count = (client: LabClient, stream: string) => async () =>
  (await client.streams.list({})).find(({ name }) => name === stream)?.events ?? 0;

test('from the sample shop: good and bad come out, the process is killed in the middle, and the answer is the same', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/processors');
  await expect(page.getByText('No processors yet')).toBeVisible();
  await client.samples.load({ id: 'nile-shop' });
  await expect.poll(count(client, 'raw-events')).toBe(2318);
  await create(page, 'validate-and-enrich');
  await expect(source(page, 'validate-and-enrich')).toContainText('ctx.geo.lookup');

  // The newest events of the stream, run through it; nothing is written.
  await testPanel(page).getByRole('button', { name: 'Newest of raw-events' }).click();
  await testPanel(page).getByRole('button', { name: 'Run' }).click();
  await expect(testPanel(page).getByRole('status')).toHaveText('20 events emitted');
  await expect(testPanel(page).getByRole('list', { name: 'Emitted events' })).toContainText('"city"');
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['raw-events']);

  await deploy(page, 'validate-and-enrich');
  const shown = column(page, 'validate-and-enrich');
  await expect(shown).toContainText('2,318 in = 2,306 good + 12 bad');
  await expect(shown).toContainText('running');
  await expect(shown).toContainText('in step');
  await expect.poll(count(client, 'enriched-events')).toBe(2306);
  await expect.poll(count(client, 'bad')).toBe(12);

  // Killed again and again while events come; nothing is missing, nothing is there twice.
  for (let round = 0; round < 4; round++) {
    await client.produce.append({ stream: 'raw-events', records: visits(round) });
    await shown.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Kill its process' }).click();
    await expect(shown).toContainText(`${round + 1} ${round === 0 ? 'restart' : 'restarts'}`);
    await expect(shown.getByText('running', { exact: true })).toBeVisible();
  }
  await expect(shown).toContainText('4,318 in = 4,286 good + 32 bad');
  // What was processed last may be on its way to the log.
  await expect.poll(count(client, 'enriched-events')).toBe(4286);
  await expect.poll(count(client, 'bad')).toBe(32);
  await page.screenshot({ path: test.info().outputPath('column.png') });

  // From a failure to the event that caused it.
  await shown
    .getByRole('link', { name: /^raw-events, offset/ })
    .last()
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'raw-events' })).toBeVisible();
  await expect(detail(page)).toContainText('no JSON');
  await expect(page).toHaveURL(/shard=\d&offset=\d+/);

  // And from the event to what the processor makes of it.
  await detail(page).getByRole('button', { name: 'Test with' }).click();
  await page.getByRole('menuitem', { name: 'validate-and-enrich' }).click();
  await expect(testPanel(page).getByRole('textbox', { name: /^Events of the test/ })).toHaveValue(/"stream":"raw-events"/);
  await expect(testPanel(page).getByRole('list', { name: 'Emitted events' })).toContainText('bad');
});

test('the editor completes, names what is wrong at its line, and keeps cases that are run on save', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/processors');
  await create(page, 'Empty', 'doubled');
  const text = (factor: string): string => `import { defineProcessor } from 'loglab';

export default defineProcessor<{ n: number }>({
  inputs: ['orders'],
  outputs: ['twice'],
  onEvent(event, ctx) {
    console.log(event.offset);
    ctx.emit('twice', { value: event.value.n * ${factor} });
  },
});
`;
  await write(page, 'doubled', text("'2'"));
  const marker = page.locator('.cm-lint-marker-error');
  await expect(marker).toHaveCount(1);
  await marker.hover();
  await expect(page.locator('.cm-tooltip-lint')).toContainText('The right-hand side of an arithmetic operation must be of type');
  await page.mouse.move(0, 0);

  await write(page, 'doubled', text('2'));
  await expect(marker).toHaveCount(0);
  // After the last line of the handler: the context is completed, with what it is.
  await page.keyboard.press('Control+End');
  for (let up = 0; up < 4; up++) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('End');
  await page.keyboard.type('\nctx.');
  await expect(page.getByRole('option', { name: 'bad' })).toBeVisible();
  await expect(page.getByRole('option', { name: 'geo' })).toBeVisible();
  await page.keyboard.press('Escape');
  await write(page, 'doubled', text('2'));

  await testPanel(page)
    .getByRole('textbox', { name: /^Events of the test/ })
    .fill('{"n":1}\n{"n":21}');
  await page.keyboard.press('Control+Enter');
  await expect(testPanel(page).getByRole('status')).toHaveText('2 events emitted');
  await expect(testPanel(page).getByRole('listitem').nth(1)).toContainText('42');
  await testPanel(page).getByRole('textbox', { name: 'Name of the case' }).fill('twice of both');
  await testPanel(page).getByRole('button', { name: 'Keep as a case' }).click();
  await expect(testPanel(page).getByRole('tab', { name: 'Cases 1' })).toBeVisible();

  await write(page, 'doubled', text('3'));
  await page.keyboard.press('Control+S');
  await testPanel(page).getByRole('tab', { name: 'Cases, 1 of 1 fail' }).click();
  await expect(testPanel(page)).toContainText('fails');
  await expect(testPanel(page).locator('pre', { hasText: '−' }).first()).toContainText('"2"');
  await page.screenshot({ path: test.info().outputPath('case-fails.png') });
  await write(page, 'doubled', text('2'));
  await page.keyboard.press('Control+S');
  await expect(testPanel(page)).toContainText('1 of 1 pass');

  // What can not be loaded is said at its line, and what was written stays.
  await write(page, 'doubled', `// No name:\nconst = 1;\n${text('2')}`);
  await page.keyboard.press('Control+S');
  await expect(page.getByRole('alert')).toContainText('Line 2');
  // What the case said of the text before is no answer for this one.
  await expect(testPanel(page)).toContainText('0 of 1 were run');
  await expect(testPanel(page)).not.toContainText('passes');
  // Code that is scrolled to the side goes under the numbers of its lines.
  await expect(page.locator('.cm-gutters')).not.toHaveCSS('background-color', 'rgba(0, 0, 0, 0)');
  expect(readFileSync(path.join(lab.workspace, 'processors/doubled.ts'), 'utf8')).toContain('const = 1');
  await page.screenshot({ path: test.info().outputPath('not-loaded.png') });
});

test('what fails again and again is left alone, and its editor says at which line', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'left', shards: 1 });
  await client.streams.create({ name: 'right', shards: 2 });
  const text = `import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['left', 'right'],
  stores: ['seen'],
  onEvent(event, ctx) {
    void Promise.resolve().then(() => ctx.store('seen').set('late', true));
  },
});
`;
  await client.processors.deploy({ name: 'late', source: text, guarantee: null, start: null, anew: false });
  await openLab(page, lab, '#/processors');
  await expect(column(page, 'late')).toContainText('have not the same number of shards (left 1, right 2)');
  await client.produce.append({ stream: 'left', records: [record({ key: 'a', value: '1' })] });
  await expect(column(page, 'late')).toContainText('failed');
  await column(page, 'late').getByRole('link', { name: 'late', exact: true }).click();
  await expect(page.getByText('Nothing in a processor is asynchronous')).toBeVisible();
  await page.getByRole('button', { name: 'Line 7' }).click();
  await expect(page.locator('.cm-activeLineGutter').first()).toHaveText('7');
  await page.screenshot({ path: test.info().outputPath('failed-editor.png') });
});

test('an editor of one’s own: the file is watched; what was typed in the lab is not lost', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await openLab(page, lab, '#/processors');
  await create(page, 'Empty', 'copies');
  const file = path.join(lab.workspace, 'processors/copies.ts');
  const before = readFileSync(file, 'utf8');
  expect(existsSync(path.join(lab.workspace, 'processors/loglab.d.ts'))).toBe(true);
  writeFileSync(file, `// changed elsewhere\n${before}`);
  await expect(source(page, 'copies')).toContainText('changed elsewhere');

  await source(page, 'copies').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('// typed here\n');
  writeFileSync(file, `// changed again\n${before}`);
  await expect(page.getByText('was changed by another program')).toBeVisible();
  await expect(source(page, 'copies')).toContainText('typed here');
  await page.getByRole('button', { name: 'Take the file’s' }).click();
  await expect(source(page, 'copies')).toContainText('changed again');
  await expect(source(page, 'copies')).not.toContainText('typed here');
});

test('a second version goes on where the first stood; both are compared, one is taken back; it is paused, run, removed', async ({
  page,
  lab,
  client,
}) => {
  await client.streams.create({ name: 'orders', shards: 1 });
  await client.produce.append({ stream: 'orders', records: [record({ key: 'a', value: '"one"' })] });
  await openLab(page, lab, '#/processors');
  await create(page, 'Empty', 'copies');
  const text = (word: string): string => `import { defineProcessor } from 'loglab';
export default defineProcessor({
  inputs: ['orders'],
  outputs: ['copies-of-orders'],
  onEvent: ({ key, value }, ctx) => ctx.emit('copies-of-orders', { key, value: { ${word}: value } }),
});
`;
  await write(page, 'copies', text('first'));
  await deploy(page, 'copies');
  await expect.poll(() => all(client, 'copies-of-orders')).toEqual(['{"first":"one"}']);
  const shown = column(page, 'copies');
  await shown.getByRole('button', { name: 'Pause' }).click();
  await expect(shown.getByText('paused')).toBeVisible();
  await client.produce.append({ stream: 'orders', records: [record({ key: 'a', value: '"two"' })] });
  await expect(shown).toContainText('1 behind');

  await shown.getByRole('link', { name: 'copies', exact: true }).click();
  await write(page, 'copies', text('second'));
  await deploy(page, 'copies');
  await expect(shown.getByText('v2')).toBeVisible();
  await expect.poll(() => all(client, 'copies-of-orders')).toEqual(['{"first":"one"}', '{"second":"two"}']);

  await shown.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Versions…' }).click();
  const versions = dialog(page, 'Versions of copies');
  await expect(versions.locator('.cm-changedLine').first()).toContainText('second');
  await expect(versions.locator('.cm-deletedChunk')).toContainText('first');
  await page.screenshot({ path: test.info().outputPath('versions.png') });
  await versions.getByRole('button', { name: 'Take v1 back' }).click();
  await expect(source(page, 'copies')).toContainText('first');

  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await expect(shown).toContainText('says something else than version 2');
  await shown.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await dialog(page, 'Remove processor').getByRole('button', { name: 'Remove processor' }).click();
  await expect(page.getByText('No processors yet')).toBeVisible();
  expect(await all(client, 'copies-of-orders')).toHaveLength(2);
});

test('its state is looked into, and the stream that holds it on demand', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'lines', shards: 2 });
  await openLab(page, lab, '#/processors');
  await create(page, 'word-count');
  await deploy(page, 'word-count');
  const sentences = ['to be or not to be', 'that is the question'];
  await client.produce.append({
    stream: 'lines',
    records: sentences.map((sentence) => record({ value: JSON.stringify(sentence), key: sentence })),
  });
  const entries = column(page, 'word-count').getByRole('list', { name: /^Entries of/ });
  await expect(entries.getByRole('listitem')).toHaveCount(8);
  await column(page, 'word-count')
    .getByRole('textbox', { name: /^Find in the store/ })
    .fill('question');
  await expect(entries.getByRole('listitem')).toHaveCount(1);

  await navigation(page).getByRole('link', { name: 'Streams' }).click();
  await expect(page.getByRole('link', { name: '__processor.word-count' })).toHaveCount(0);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Show internal streams' }).click();
  await navigation(page)
    .getByRole('link', { name: /^__processor\.word-count/ })
    .click();
  await expect(page.getByText('internal', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Produce' })).toHaveCount(0);
});
