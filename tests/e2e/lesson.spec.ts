/**
 * Each lesson, followed as a student would: by the words of its steps, on the real page. What a step says to paste is taken from the
 * step. A check ticks after the deed and not before.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { Lesson } from '../../main/api/lessons.ts';
import { startReader, startWriter } from './kafkaPrograms.ts';
import { expect, type Lab, root, test } from './lab.ts';
import { choose, detail, dialog, grid, navigation, openLab, openStream, row, visibleRows } from './screens.ts';

const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'Lesson' });
const checks = (page: Page): Locator => panel(page).getByRole('list', { name: 'What the lab is waiting to see' }).getByRole('listitem');
const produceSheet = (page: Page): Locator => dialog(page, 'Produce');

/** What the student does in a step; `codes` are the texts that the step says to copy. */
type Deed = (page: Page, codes: string[], lab: Lab) => Promise<void>;
interface Course {
  /** By the titles of the steps. A step that is only read has none. */
  deeds: Record<string, Deed>;
}

async function makeStream(page: Page, name: string, shards: number): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Streams' }).click();
  await navigation(page).getByRole('button', { name: 'New stream' }).click();
  const made = dialog(page, 'New stream');
  await made.getByRole('spinbutton', { name: 'Shards' }).fill(String(shards));
  await made.getByRole('textbox', { name: 'Name' }).fill(name);
  await made.getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

async function fillIn(page: Page, { key, value }: { key?: string; value: string }): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Produce' }).click();
  if (key !== undefined) await produceSheet(page).getByRole('textbox', { name: 'Key', exact: true }).fill(key);
  await produceSheet(page).getByRole('textbox', { name: 'Value', exact: true }).fill(value);
}

/** Sends what is filled in and closes the sheet. */
async function send(page: Page, button = 'Send'): Promise<void> {
  const sent = produceSheet(page).getByRole('list', { name: 'Sent' }).getByRole('listitem');
  await produceSheet(page).getByRole('button', { name: button, exact: true }).click();
  await expect(sent).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(produceSheet(page)).toBeHidden();
}

async function sendMany(page: Page, count: number, numbered: boolean): Promise<void> {
  await produceSheet(page).getByRole('spinbutton', { name: 'Count' }).fill(String(count));
  await expect(produceSheet(page).getByRole('checkbox', { name: 'Number {{n}}' })).toBeChecked({ checked: numbered });
  await send(page, `Send ${count.toLocaleString('en')}`);
}

async function goToOffset(page: Page, shard: string, offset: string): Promise<void> {
  await page.getByRole('button', { name: 'Go to offset…' }).click();
  await choose(dialog(page, 'Go to offset'), /^Shard/, shard);
  await dialog(page, 'Go to offset').getByRole('textbox', { name: 'Offset' }).fill(offset);
  await page.keyboard.press('Enter');
  await expect(dialog(page, 'Go to offset')).toBeHidden();
}

const courses: Record<string, Course> = {
  'one-log': {
    deeds: {
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
        const read = await detail(page).innerText();
        await page.getByRole('button', { name: 'End', exact: true }).click();
        await expect(row(grid(page), 306)).toBeVisible();
        await page.getByRole('button', { name: 'Beginning' }).click();
        await expect(row(grid(page), 1)).toBeVisible();
        await goToOffset(page, '1', '3');
        expect(await detail(page).innerText()).toBe(read);
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
        expect(await visibleRows(gridB)).toContain(306);
      },
    },
  },
  'what-written-means': {
    deeds: {
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
        await expect(restarts).toHaveText('1', { timeout: 15_000 });
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
    },
  },
  'enrich-and-the-bad-stream': {
    deeds: {
      async 'A morning of raw events'(page) {
        await navigation(page).getByRole('link', { name: 'Streams' }).click();
        await page.getByRole('main').getByRole('button', { name: 'Open the sample shop' }).click();
        await expect(row(grid(page), 2318)).toBeVisible();
        await row(grid(page), 2318).click();
        await expect(detail(page)).toContainText('ipAddress');
      },
      async 'A program over a stream'(page) {
        await newProcessor(page, 'validate-and-enrich');
        const test = page.getByRole('region', { name: 'Test' });
        await test.getByRole('button', { name: 'Newest of raw-events' }).click();
        await test.getByRole('button', { name: 'Run' }).click();
        await expect(test.getByRole('status')).toHaveText('20 events emitted');
      },
      async 'In = good + bad'(page) {
        await deploy(page);
        await expect(column(page, 'validate-and-enrich')).toContainText('2,318 in = 2,306 good + 12 bad');
      },
      async 'Where it came from'(page, [key, value]) {
        await sendKeyed(page, 'raw-events', key!, value!);
        await openStream(page, 'enriched-events');
        await expect(row(grid(page), 2307)).toContainText('Linköping');
      },
      async 'All that is wrong with it'(page, [key, value]) {
        await sendKeyed(page, 'raw-events', key!, value!);
        await openStream(page, 'bad');
        await row(grid(page), 13).click();
        await expect(detail(page)).toContainText('timestamp missing');
        await expect(detail(page)).toContainText('shopper.ipAddress is no address: home');
        await navigation(page).getByRole('link', { name: 'Processors' }).click();
        await expect(column(page, 'validate-and-enrich')).toContainText('2,320 in = 2,307 good + 13 bad');
      },
      async 'Mend the program'(page, [before, after, key, value]) {
        await navigation(page).getByRole('link', { name: 'Processors' }).click();
        await column(page, 'validate-and-enrich').getByRole('link', { name: 'validate-and-enrich' }).click();
        await replaceInSource(page, 'validate-and-enrich', [[before!, after!]]);
        await deploy(page);
        await expect(column(page, 'validate-and-enrich').getByText('v2')).toBeVisible();
        await sendKeyed(page, 'raw-events', key!, value!);
      },
      async 'Read it again, with other eyes'(page) {
        await navigation(page).getByRole('link', { name: 'Processors' }).click();
        await deployAnew(page, 'validate-and-enrich');
        await expect(column(page, 'validate-and-enrich')).toContainText('2,321 in = 2,316 good + 5 bad');
      },
    },
  },
  'abandoned-cart': {
    deeds: {
      async 'Open the shop'(page) {
        await openShop(page);
        await page.getByRole('button', { name: 'Set up the shop…' }).click();
        const asked = dialog(page, 'Set up the shop');
        await asked.getByText('30 min', { exact: true }).click();
        await asked.getByRole('button', { name: 'Set up' }).click();
        await expect(asked).toBeHidden();
      },
      async 'A cart left standing'(page) {
        const visitor = (await visitors(page).first().getAttribute('aria-label'))!.replace('Visitor ', '');
        await putIntoCart(page, 0, 'reading lamp');
        await expect(visitors(page).first().getByRole('group', { name: 'In the log' })).toContainText('added reading lamp');
        await page.getByRole('link', { name: 'Back to the lab' }).click();
        await expect(carts(page)).toContainText(visitor);
      },
      async 'Kill it in the middle'(page) {
        const before = await carts(page).innerText();
        await killProcess(page, 'abandoned-cart-v1');
        await expect(carts(page)).toHaveText(before.replaceAll(/\s+/g, ' '), { useInnerText: true });
      },
      async 'Less patience'(page, [thirty, every, ten, second]) {
        await column(page, 'abandoned-cart-v1').getByRole('link', { name: 'abandoned-cart-v1' }).click();
        await replaceInSource(page, 'abandoned-cart-v1', [
          [thirty!, ten!],
          [every!, second!],
        ]);
        await deploy(page);
        await expect(column(page, 'abandoned-cart-v1').getByText('v2')).toBeVisible();
        // Nobody types as fast as this test: the cart has not stood for ten seconds yet.
        await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(2, { timeout: 20_000 });
      },
      async 'The coupon'(page) {
        await openShop(page);
        await expect(visitors(page).first().getByRole('group', { name: 'Coupon' })).toContainText('10 % off', { timeout: 20_000 });
        await expect(page.getByRole('list', { name: 'The way of the coupon' })).toContainText('On your screen');
        await page.getByRole('button', { name: 'Second visitor' }).click();
        await putIntoCart(page, 1, 'iPad');
        await expect(visitors(page).nth(1).getByRole('group', { name: 'Coupon' })).toContainText('10 % off', { timeout: 20_000 });
      },
      async 'Gone is gone'(page) {
        await visitors(page).nth(1).getByRole('button', { name: 'Leave the shop' }).click();
        await page.getByRole('button', { name: 'Come in as somebody new' }).click();
        await putIntoCart(page, 1, 'USB cable');
        await visitors(page).nth(1).getByRole('button', { name: 'Leave the shop' }).click();
        await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(2, { timeout: 20_000 });
        await page.getByRole('link', { name: 'Back to the lab' }).click();
        await expect(column(page, 'coupon').getByRole('log')).toContainText('the session is over');
        await expect(column(page, 'coupon')).toContainText('2 to coupons');
      },
      async 'By event time'(page) {
        await newProcessor(page, 'abandoned-cart-v2');
        await deploy(page);
        await expect.poll(async () => Number(await found(page))).toBeGreaterThanOrEqual(40);
        // In all shards.
        await expect(column(page, 'abandoned-cart-v2').getByRole('table', { name: /^Lag/ })).not.toContainText(/behind|\?/);
        const before = await found(page);
        await killProcess(page, 'abandoned-cart-v2');
        expect(await found(page)).toBe(before);
      },
      async 'The same answer'(page) {
        const before = await found(page);
        await deployAnew(page, 'abandoned-cart-v2');
        await expect.poll(() => found(page)).toBe(before);
      },
    },
  },
  'many-programs': {
    deeds: {
      async 'The first program'(page, [name], lab) {
        await makeStream(page, name!, 3);
        await page.getByRole('button', { name: 'More' }).click();
        await page.getByRole('menuitem', { name: 'Connect a Kafka client…' }).click();
        await dialog(page, 'Connect').getByRole('tab', { name: 'Node' }).click();
        await expect(dialog(page, 'Connect').getByRole('group', { name: 'Write an event' })).toContainText(lab.kafka[0]!);
        await page.keyboard.press('Escape');
        await runProgram('my-node', lab);
        await expect(row(grid(page), 1)).toContainText('789');
      },
      async 'What it asked'(page, _codes, lab) {
        await navigation(page).getByRole('link', { name: 'Requests' }).click();
        await runProgram('my-node', lab);
        await produces(page).nth(1).waitFor();
        await produces(page).first().click();
        await expect(answered(page)).toContainText(/"baseOffset": "?1"?/);
      },
      async 'A second program'(page, _codes, lab) {
        await runProgram('my-python', lab);
        await expect(produces(page)).toHaveCount(3);
        await openStream(page, 'till-events');
        await expect(row(grid(page), 3)).toContainText('789');
      },
      async 'Another key'(page, [key], lab) {
        await runProgram('my-python', lab, key);
        await row(grid(page), 4).click();
        await expect(detail(page)).toContainText('2 · 0');
        await runProgram('my-node', lab, key);
        await expect(row(grid(page), 5)).toBeVisible();
      },
      async 'Two readers'(_page, _codes, lab) {
        for (const name of ['my-kcat', 'my-python']) {
          const reader = startReader(name, lab.kafka);
          expect(await reader.fetch('till-events', 1, 0n)).toBe(3);
          expect(await reader.fetch('till-events', 2, 0n)).toBe(2);
          await reader.close();
        }
      },
    },
  },
  replay: {
    deeds: {
      async 'A morning, and two programs'(page) {
        await navigation(page).getByRole('link', { name: 'Streams' }).click();
        await page.getByRole('main').getByRole('button', { name: 'Open the sample shop' }).click();
        await expect(row(grid(page), 2318)).toBeVisible();
        await newProcessor(page, 'abandoned-cart-v1');
        await newProcessor(page, 'abandoned-cart-v2');
        await deploy(page);
        await expect(column(page, 'abandoned-cart-v2')).toContainText('2,318 in = 2,314 good + 4 bad', { timeout: RESTARTED_MS });
      },
      async 'On the bench'(page) {
        await panel(page).getByRole('link', { name: 'bench' }).click();
        for (const name of carting) await page.getByRole('checkbox', { name }).check();
        await page.getByRole('button', { name: 'Start the rehearsal' }).click();
        await expect(position(page)).toHaveAttribute('aria-valuemax', '2318', { timeout: RESTARTED_MS });
        await page.getByRole('button', { name: 'Step', exact: true }).click();
      },
      async 'The first difference'(page) {
        await page.getByRole('button', { name: 'Compare', exact: true }).click();
        const comparison = page.getByRole('region', { name: 'Comparison' });
        await expect(comparison.getByRole('status')).toContainText('up to event 2,318', { timeout: RESTARTED_MS });
        await comparison.getByRole('button', { name: 'First difference' }).click();
        const second = page.getByRole('region', { name: 'abandoned-cart-v2 v1', exact: true });
        await expect(second.getByRole('group', { name: 'So far' })).toContainText('1 bad');
        await expect(second).toContainText('timestamp is no time: 15/10/2018 09:21');
        const there = Number(await position(page).getAttribute('aria-valuenow'));
        await page.getByRole('button', { name: 'Step back' }).click();
        await expect(position(page)).toHaveAttribute('aria-valuenow', String(there - 1));
        await expect(second.getByRole('group', { name: 'So far' })).toContainText('0 bad');
        await page.getByRole('button', { name: 'Step', exact: true }).click();
      },
      async 'A better program'(page, [before, after]) {
        const second = page.getByRole('region', { name: /^abandoned-cart-v2 (v1|changed)$/ });
        await second.getByRole('button', { name: /^More about/ }).click();
        await page.getByRole('menuitem', { name: 'Change its code…' }).click();
        const source = page.getByRole('textbox', { name: 'Source of abandoned-cart-v2 on the bench' });
        const text = readFileSync(path.join(root, 'resources/processors/abandoned-cart-v2.ts'), 'utf8');
        expect(text.split(before!)).toHaveLength(2);
        await expect(source).toContainText('GAP_MS');
        await source.click();
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText(text.replace(before!, after!));
        const changed = page.getByRole('region', { name: 'abandoned-cart-v2 changed', exact: true });
        await expect(changed.getByRole('group', { name: 'So far' })).toContainText('0 bad', { timeout: RESTARTED_MS });
        await page.getByRole('region', { name: 'Code of abandoned-cart-v2' }).getByRole('button', { name: 'Deploy…' }).click();
        await dialog(page, 'Deploy abandoned-cart-v2').getByRole('button', { name: 'Deploy', exact: true }).click();
        await expect(column(page, 'abandoned-cart-v2').getByText('v2', { exact: true })).toBeVisible({ timeout: RESTARTED_MS });
      },
      async 'The same past'(page, [into]) {
        const carts = (await column(page, 'abandoned-cart-v2').innerText()).replaceAll(/\s+/g, ' ');
        const before = /([\d,]+) to derived-events/.exec(carts)![1]!;
        await openStream(page, 'raw-events');
        await page.getByRole('button', { name: 'Replay', exact: true }).click();
        const setUp = dialog(page, 'Replay');
        await choose(setUp, /^Through/, 'abandoned-cart-v2');
        await setUp.getByRole('textbox', { name: 'Into the stream' }).fill(into!);
        await setUp.getByRole('button', { name: 'Start the replay' }).click();
        const replay = page.getByRole('article', { name: `Replay of raw-events into ${into}` });
        await expect(replay).toContainText('done', { timeout: RESTARTED_MS });
        await expect(replay, 'as many carts as version 1 has found').toContainText(`${before} events sent, 1 bad`);
      },
      async 'Bad events go back'(page) {
        await navigation(page).getByRole('link', { name: 'Processors' }).click();
        await column(page, 'abandoned-cart-v2').getByRole('link', { name: '4 bad', exact: true }).click();
        const groups = page.getByRole('list', { name: 'Groups of bad events' });
        await groups.getByRole('button', { name: /15\/10\/2018 09:21/ }).click();
        const group = page.getByRole('region', { name: 'Group', exact: true });
        await group.getByRole('button', { name: 'Send 1 back' }).click();
        await expect(group).toContainText('1 succeeded', { timeout: RESTARTED_MS });
        await navigation(page).getByRole('link', { name: 'Processors' }).click();
        await expect(column(page, 'abandoned-cart-v2').getByRole('log')).toContainText('late');
      },
    },
  },
};

/** What the code of Connect does, in the name of its client. */
async function runProgram(name: string, lab: Lab, key = '789'): Promise<void> {
  const program = await startWriter(name, lab.kafka);
  await program.send('till-events', { key, value: '{"event":"SHOPPER_VIEWED_PRODUCT"}' });
  await program.close();
}

const produces = (page: Page): Locator => page.getByRole('table', { name: 'Requests' }).getByRole('button', { name: 'Produce' });
const answered = (page: Page): Locator =>
  page.getByRole('region', { name: 'Request', exact: true }).getByLabel('Answered', { exact: true });

const carting = ['abandoned-cart-v1', 'abandoned-cart-v2'];
const position = (page: Page): Locator => page.getByRole('slider', { name: 'Position', exact: true });
const column = (page: Page, name: string): Locator => page.getByRole('article', { name: `Processor ${name}` });
const visitors = (page: Page): Locator => page.getByRole('region', { name: /^Visitor \d{6}$/ });
/** What abandoned-cart-v1 remembers. */
const carts = (page: Page): Locator => column(page, 'abandoned-cart-v1').getByRole('list', { name: /^Entries of/ });
/** How many carts v2 has found. */
const found = async (page: Page): Promise<string | undefined> =>
  /([\d,]+) to derived-events/.exec((await column(page, 'abandoned-cart-v2').innerText()).replaceAll(/\s+/g, ' '))?.[1];

async function newProcessor(page: Page, sample: string): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await page.getByRole('button', { name: 'New processor' }).click();
  await dialog(page, 'New processor')
    .getByRole('radio', { name: new RegExp(`^${sample}`) })
    .check();
  await dialog(page, 'New processor').getByRole('button', { name: 'Create' }).click();
  await expect(page.getByRole('textbox', { name: `Source of ${sample}` })).toBeVisible();
}

/** From the editor. */
async function deploy(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Deploy…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Processors' })).toBeVisible();
}

async function deployAnew(page: Page, name: string): Promise<void> {
  await chooseInMenu(page, name, 'Deploy…');
  const asked = dialog(page, `Deploy ${name}`);
  await asked.getByRole('checkbox', { name: /^Begin anew/ }).check();
  await asked.getByRole('button', { name: 'Deploy', exact: true }).click();
  await expect(asked).toBeHidden();
}

/** What a busy machine may need to start a process again, milliseconds. */
const RESTARTED_MS = 30_000;

async function killProcess(page: Page, name: string): Promise<void> {
  await chooseInMenu(page, name, 'Kill its process');
  await expect(column(page, name)).toContainText('1 restart', { timeout: RESTARTED_MS });
  await expect(column(page, name).getByText('running', { exact: true })).toBeVisible({ timeout: RESTARTED_MS });
}

async function chooseInMenu(page: Page, name: string, item: string): Promise<void> {
  await column(page, name).getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
}

/** Types over what is found. */
async function replaceInSource(page: Page, name: string, pairs: [string, string][]): Promise<void> {
  const source = page.getByRole('textbox', { name: `Source of ${name}` });
  let text = readFileSync(path.join(root, 'resources/processors', `${name}.ts`), 'utf8');
  for (const [before, after] of pairs) {
    expect(text).toContain(before);
    text = text.replace(before, after);
  }
  await source.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

async function sendKeyed(page: Page, stream: string, key: string, value: string): Promise<void> {
  await openStream(page, stream);
  await fillIn(page, { key, value });
  await send(page);
}

async function openShop(page: Page): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await page.getByRole('main').getByRole('button', { name: 'Nile shop' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Nile' })).toBeVisible();
}

async function putIntoCart(page: Page, visitor: number, product: string): Promise<void> {
  await visitors(page)
    .nth(visitor)
    .getByRole('button', { name: `Put into the cart: ${product}`, exact: true })
    .click();
}

async function chooseDurability(page: Page, name: string): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('radiogroup', { name: 'Durability' }).getByText(name, { exact: true }).click();
  await expect(page.getByRole('contentinfo')).toContainText(`${name.toLowerCase()} durability`);
}

const lessonsFolder = path.join(root, 'resources/lessons');
for (const id of readdirSync(lessonsFolder)) {
  const { title, steps } = JSON.parse(readFileSync(path.join(lessonsFolder, id, 'lesson.json'), 'utf8')) as Lesson;

  test(`“${title}”, from its first step to its last`, async ({ page, lab, context }) => {
    test.setTimeout(120_000);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const { deeds } = courses[id]!;
    const titles = steps.map((step) => step.title);
    expect(titles).toEqual(expect.arrayContaining(Object.keys(deeds)));
    await openLab(page, lab, '#/lessons');
    await page
      .getByRole('list', { name: 'Lessons' })
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: title, exact: true }) })
      .getByRole('button', { name: 'Start' })
      .click();

    for (const [index, step] of steps.entries()) {
      await expect(panel(page).getByRole('region', { name: `Step ${index + 1}` })).toContainText(step.title);
      const last = index === steps.length - 1;
      const next = panel(page).getByRole('button', { name: last ? 'Finish' : 'Next' });
      await expect(checks(page)).toHaveCount(step.checks.length);
      const seen = checks(page).getByRole('img', { name: 'Seen:' });
      if (step.checks.length > 0) await expect(seen, 'nothing is ticked before the deed').not.toHaveCount(step.checks.length);
      await deeds[step.title]?.(page, await codesOf(page), lab);
      if (step.checks.length > 0) expect(deeds, `a deed for “${step.title}”`).toHaveProperty([step.title]);
      await expect(seen, step.title).toHaveCount(step.checks.length, { timeout: RESTARTED_MS });
      await next.click();
      if (!last)
        await expect(panel(page).getByRole('button', { name: `Step ${index + 1} of ${steps.length}: ${step.title}, done` })).toBeVisible();
    }
    await expect(panel(page)).toBeHidden();
    await navigation(page).getByRole('link', { name: 'Lessons' }).click();
    await expect(page.getByRole('main')).toContainText(`${steps.length} of ${steps.length} steps`);
  });
}

/** What the step says to copy, by its own buttons. */
async function codesOf(page: Page): Promise<string[]> {
  const codes: string[] = [];
  for (const copy of await panel(page).locator('pre').getByRole('button').all()) {
    await copy.click();
    await expect(copy).toHaveText('Copied');
    codes.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  return codes;
}

test('a lesson is left, taken up after a reload, and started again', async ({ page, lab, client }) => {
  await openLab(page, lab);
  await page.getByRole('button', { name: 'Start the lesson' }).click();
  await panel(page).getByRole('button', { name: 'Next' }).click();
  await expect(panel(page).getByRole('button', { name: 'Next' }), 'a student may look ahead').toBeEnabled();
  await makeStream(page, 'inn-events', 3);
  await expect(checks(page).getByRole('img', { name: 'Not yet:' }), 'three shards are not one').toHaveCount(1);
  await client.streams.delete({ name: 'inn-events' });
  await expect(navigation(page).getByRole('link', { name: 'inn-events' })).toHaveCount(0);
  await makeStream(page, 'inn-events', 1);
  await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(1);

  await page.reload();
  await expect(panel(page)).toContainText('A stream of your own');
  await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(1);
  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Leave the lesson' }).click();
  await expect(panel(page)).toBeHidden();
  await page.reload();
  await navigation(page).getByRole('link', { name: 'Lessons' }).click();
  await expect(page.getByRole('main')).toContainText('2 of 10 steps');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(panel(page)).toContainText('A stream of your own');

  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Start again…' }).click();
  const asked = dialog(page, 'Start the lesson again');
  await expect(asked).toContainText('inn-events, 0 events');
  await asked.getByRole('button', { name: 'Keep it as it is' }).click();
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['inn-events']);
  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Start again…' }).click();
  await asked.getByRole('button', { name: 'Delete 1 stream and start again' }).click();
  await expect(panel(page)).toContainText('Something happened');
  await expect.poll(() => client.streams.list({})).toEqual([]);
});
