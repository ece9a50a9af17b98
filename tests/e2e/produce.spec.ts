/** The produce sheet: what is typed becomes an event, and nothing that is typed is lost. */
import type { Locator, Page } from 'playwright/test';
import { shardForKey } from '../../main/api/murmur2.ts';
import { expect, type Lab, test } from './lab.ts';
import { record } from './records.ts';
import { cell, choose, dialog, grid, openLab, row } from './screens.ts';

const CONTROL_A = process.platform === 'darwin' ? 'Meta+A' : 'Control+A';
const sheet = (page: Page): Locator => dialog(page, 'Produce');
const value = (page: Page): Locator => sheet(page).getByRole('textbox', { name: 'Value', exact: true });
const key = (page: Page): Locator => sheet(page).getByRole('textbox', { name: 'Key', exact: true });
const sent = (page: Page): Locator => sheet(page).getByRole('list', { name: 'Sent' });
const part = (page: Page, name: string): Locator => sheet(page).getByRole('radiogroup', { name });

async function openSheet(page: Page, lab: Lab, stream = 'orders'): Promise<void> {
  await openLab(page, lab, `#/streams/${stream}`);
  await pressProduce(page, stream);
  await expect(key(page)).toBeFocused();
}

/** By its keys, once the page is connected and it can be done. */
async function pressProduce(page: Page, stream: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: stream }).waitFor();
  await expect(page.getByRole('main').getByRole('button', { name: 'Produce' })).toBeEnabled();
  await page.keyboard.press('Shift+P');
}

/** Events of a stream as `loglab consume --json` prints them. */
function consumed(
  lab: Lab,
  stream = 'orders',
): { shard: number; offset: string; timestamp: string | null; key: string | null; value: string | null; headers: [string, string][] }[] {
  return lab
    .loglab(['consume', stream, '--until', 'now', '--json'])
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test.beforeEach(async ({ client }) => {
  await client.streams.create({ name: 'orders', shards: 3 });
});

test('an event with key, JSON and headers is written by keyboard and lands where the sheet says', async ({ page, lab }) => {
  await openSheet(page, lab);
  const shard = shardForKey(Buffer.from('789'), 3);
  await page.keyboard.type('789');
  await expect(sheet(page)).toContainText(`murmur2("789") % 3 = ${shard}`);

  await value(page).focus();
  await page.keyboard.insertText('{ "event": "ORDER_PLACED", }');
  await expect(sheet(page)).toContainText('Line 1, column 28: The comma before } has no field after it.');
  await page.keyboard.press('Control+Enter');
  const asked = sheet(page).getByRole('alert');
  await expect(asked).toContainText('Not sent: the value is not JSON.');
  expect(consumed(lab)).toEqual([]);
  await asked.getByRole('button', { name: 'Go on editing' }).click();
  await value(page).fill('{ "event": "ORDER_PLACED" }');
  await expect(sheet(page)).toContainText('27 bytes');

  await sheet(page).getByRole('button', { name: 'Add header' }).click();
  await expect(sheet(page).getByRole('textbox', { name: 'Name of header 1' })).toBeFocused();
  await page.keyboard.type('trace');
  await page.keyboard.press('Tab');
  await page.keyboard.type('7');
  await page.keyboard.press('Control+Enter');
  await expect(sent(page)).toContainText(`Appended at shard ${shard}, offset 0`);
  expect(consumed(lab)).toMatchObject([{ shard, key: '789', value: '{ "event": "ORDER_PLACED" }', headers: [['trace', '7']] }]);
  await expect(cell(grid(page), 1, 3)).toHaveText('789');
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
});

test('what is no JSON goes as text when asked to', async ({ page, lab }) => {
  await openSheet(page, lab);
  await value(page).fill("{'single': 1}");
  await sheet(page).getByRole('button', { name: 'Send', exact: true }).click();
  await sheet(page).getByRole('button', { name: 'Send as text anyway' }).click();
  await expect(sent(page)).toContainText('offset 0');
  expect(consumed(lab)).toMatchObject([{ key: null, value: "{'single': 1}" }]);
});

test('a chosen shard wins over the key, and the sheet says what that means', async ({ page, lab }) => {
  await openSheet(page, lab);
  const byKey = shardForKey(Buffer.from('789'), 3);
  const other = (byKey + 1) % 3;
  await key(page).fill('789');
  await value(page).fill('{}');
  await part(page, 'How the shard is found').getByText('Chosen').click();
  await choose(sheet(page), /^Shard/, `Shard ${other}`);
  await expect(sheet(page)).toContainText(`The key would choose shard ${byKey}`);
  await sheet(page).getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sent(page)).toContainText(`Appended at shard ${other}, offset 0`);
  expect(consumed(lab)).toMatchObject([{ shard: other, key: '789' }]);
});

test('a time in AD 718, a day that does not exist, and no time', async ({ page, lab }) => {
  await openSheet(page, lab);
  await value(page).fill('{"event":"GUEST_ARRIVED"}');
  await part(page, 'Timestamp of the event').getByText('At', { exact: true }).click();
  const time = sheet(page).getByRole('textbox', { name: 'Time' });
  await expect(time).toBeFocused();
  const send = sheet(page).getByRole('button', { name: 'Send', exact: true });
  for (const wrong of ['2018-02-30', 'yesterday', '2018-10-15T25:00:00Z']) {
    await time.fill(wrong);
    await expect(time, wrong).toHaveAttribute('aria-invalid', 'true');
    await expect(send).toBeDisabled();
  }
  await time.fill('0718-01-01T00:00:00Z');
  await expect(sheet(page)).toContainText('Stored as 0718-01-01T00:00:00.000Z');
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(1);
  await time.fill('-1');
  await expect(sheet(page)).toContainText('the event has no time');
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(2);
  expect(
    consumed(lab)
      .map(({ timestamp }) => timestamp)
      .sort(),
  ).toEqual(['0718-01-01T00:00:00.000Z', null]);
  await expect(grid(page)).toContainText('0718-01-01 00:00:00.000');
});

test('a null value, an empty value, an empty key and no key are four things', async ({ page, lab }) => {
  await openSheet(page, lab);
  const send = sheet(page).getByRole('button', { name: 'Send', exact: true });
  await part(page, 'Kind of key').getByText('Text').click();
  await expect(sheet(page)).toContainText('An empty key: text of no bytes, a key like any other.');
  await part(page, 'Kind of value').getByText('Null').click();
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(1);
  await part(page, 'Kind of value').getByText('Text').click();
  await part(page, 'Kind of key').getByText('No key').click();
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(2);
  const found = consumed(lab).map((event) => [event.key, event.value]);
  expect(found).toHaveLength(2);
  expect(found).toContainEqual(['', null]);
  expect(found).toContainEqual([null, '']);
});

test('the tail, and what pauses it, stay in reach while one produces, beside a lesson too', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/lessons');
  await page.getByRole('button', { name: 'Start', exact: true }).first().click();
  await client.produce.append({ stream: 'orders', records: [record()] });
  for (const inLesson of [true, false]) {
    await openSheet(page, lab);
    // What is covered can not be clicked.
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Play live' }).click();
    await row(grid(page), 1).click();
    await page.keyboard.press('Escape');
    const [screen, produce] = [await page.getByRole('main').boundingBox(), await sheet(page).boundingBox()];
    expect(screen!.x + screen!.width).toBeLessThanOrEqual(produce!.x + 1);
    await sheet(page).getByRole('button', { name: 'Close' }).click();
    if (!inLesson) continue;
    await page.getByRole('button', { name: 'Lesson menu' }).click();
    await page.getByRole('menuitem', { name: 'Leave the lesson' }).click();
  }
});

test('Send n counts {{n}} up in key and value', async ({ page, lab }) => {
  await openSheet(page, lab);
  await key(page).fill('visitor-{{n}}');
  await value(page).fill('{"visitor": {{n}}, "name": "visitor-{{n}}"}');
  await expect(sheet(page).getByRole('checkbox', { name: 'Number {{n}}' }), 'ticks itself').toBeChecked();
  const count = sheet(page).getByRole('spinbutton', { name: 'Count' });
  await count.fill('100001');
  await expect(sheet(page).getByRole('alert')).toContainText('1 to 100,000 events');
  await count.fill('300');
  await sheet(page).getByRole('button', { name: 'Send 300' }).click();
  await expect(sent(page)).toContainText(/Appended \d+ events at shard 0/);
  await expect(page.getByRole('main')).toContainText('300 events');
  const events = consumed(lab);
  expect(events).toHaveLength(300);
  for (const { key: name, value: text, shard } of events) {
    expect(JSON.parse(text!)).toEqual({ visitor: Number(name!.slice(8)), name });
    expect(shard).toBe(shardForKey(Buffer.from(name!), 3));
  }
  expect(new Set(events.map((event) => event.key)).size).toBe(300);

  await sheet(page).getByRole('checkbox', { name: 'Number {{n}}' }).uncheck();
  await count.fill('5');
  await part(page, 'Kind of value').getByText('Text').click();
  await sheet(page).getByRole('button', { name: 'Send 5' }).click();
  await expect(page.getByRole('main')).toContainText('305 events');
  expect(
    consumed(lab).filter((event) => event.key === 'visitor-{{n}}'),
    'without the tick it is text',
  ).toHaveLength(5);
});

test('the same event sent twice is two events', async ({ page, lab }) => {
  await openSheet(page, lab);
  await key(page).fill('789');
  await value(page).fill('{"order":1}');
  const send = sheet(page).getByRole('button', { name: 'Send', exact: true });
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(1);
  await send.click();
  await expect(sent(page).getByRole('listitem')).toHaveCount(2);
  await expect(sent(page)).toContainText('offset 1');
  expect(consumed(lab).map(({ key: name, value: text, offset }) => [name, text, offset])).toEqual([
    ['789', '{"order":1}', '0'],
    ['789', '{"order":1}', '1'],
  ]);
});

test('an event is kept, taken up, sent again and forgotten', async ({ page, lab }) => {
  await openSheet(page, lab);
  await key(page).fill('789');
  await value(page).fill('{"event":"SHOPPER_VIEWED_PRODUCT"}');
  await sheet(page).getByRole('button', { name: 'Keep…' }).click();
  const kept = sheet(page).getByRole('region', { name: 'Kept events' });
  await kept.getByRole('textbox').fill('a view');
  await page.keyboard.press('Enter');
  await expect(kept.getByRole('listitem')).toHaveText([/a view/]);
  await key(page).fill('434');
  await value(page).fill('"something else"');

  await page.reload();
  await page.getByRole('button', { name: 'Produce' }).click();
  await sheet(page).getByRole('button', { name: 'Kept 1' }).click();
  await kept.getByRole('button', { name: 'Send again: a view' }).click();
  await expect(sent(page)).toContainText('offset 0');
  expect(consumed(lab)).toMatchObject([{ key: '789', value: '{"event":"SHOPPER_VIEWED_PRODUCT"}' }]);
  await expect(key(page), 'the form is left alone').toHaveValue('434');
  await kept.getByTitle('Put it into the form').click();
  await expect(key(page)).toHaveValue('789');
  await expect(value(page)).toHaveText('{"event":"SHOPPER_VIEWED_PRODUCT"}');
  await kept.getByRole('button', { name: 'Forget a view' }).click();
  await expect(kept.getByRole('listitem')).toHaveCount(0);
});

test('a draft outlives the sheet, another screen and a reload, for each stream its own', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'other', shards: 1 });
  await openSheet(page, lab);
  await key(page).fill('789');
  await value(page).fill('{"half": ');
  await part(page, 'Timestamp of the event').getByText('At', { exact: true }).click();
  await sheet(page).getByRole('textbox', { name: 'Time' }).fill('0718');
  await page.reload();
  await pressProduce(page, 'orders');
  await expect(key(page)).toHaveValue('789');
  await expect(value(page)).toHaveText('{"half": ');
  await expect(sheet(page).getByRole('textbox', { name: 'Time' })).toHaveValue('0718');
  await page.keyboard.press('Escape');

  await openLab(page, lab, '#/streams/other');
  await pressProduce(page, 'other');
  await expect(key(page)).toHaveValue('');
});

test('a value over the limit is refused with the limit, and the text stays', async ({ page, lab, client }) => {
  await client.lab.changeSettings({ valueBytesMax: 64 * 1024 });
  await openSheet(page, lab);
  const text = `"${'x'.repeat(70_000)}"`;
  await value(page).focus();
  await page.keyboard.insertText(text);
  await expect(sheet(page)).toContainText('70,002 bytes, more than the limit of 64 KiB in Settings');
  await sheet(page).getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sheet(page).getByRole('alert')).toContainText(/64 KiB|65,536/);
  await expect(sheet(page)).toContainText('70,002 bytes');
  expect(consumed(lab)).toEqual([]);

  await page.getByRole('navigation', { name: 'Lab' }).getByRole('link', { name: 'Settings' }).click();
  const limit = page.getByRole('spinbutton', { name: 'Largest value, KiB' });
  await limit.fill('128');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Values of up to 128 KiB are accepted from now on.')).toBeVisible();
  await openSheet(page, lab);
  await expect(sheet(page)).toContainText('70,002 bytes');
  await sheet(page).getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sent(page)).toContainText('offset 0');
  expect(consumed(lab)[0]!.value).toBe(text);
});

test('what is pasted arrives byte for byte, and another stream can be chosen', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'other', shards: 1 });
  await openSheet(page, lab);
  const text = '{\n  "name": "Zoë 🛒",\n  "tab": "\\t"\n}';
  await value(page).focus();
  await page.keyboard.insertText('old');
  await page.keyboard.press(CONTROL_A);
  await page.keyboard.insertText(text);
  await choose(sheet(page), /^Stream/, 'other');
  await sheet(page).getByRole('button', { name: 'Send', exact: true }).click();
  await expect(sent(page)).toContainText('Appended at shard 0, offset 0');
  await sent(page).getByRole('link', { name: 'other' }).click();
  await expect(row(grid(page), 1)).toContainText('Zoë 🛒');
  expect(consumed(lab, 'other')[0]!.value).toBe(text);
});

test('Ctrl+Enter sends from every place in the sheet', async ({ page, lab }) => {
  await openSheet(page, lab);
  await page.keyboard.press('Control+Enter');
  await expect(sheet(page).getByRole('alert'), 'an empty form says what it lacks').toContainText('There is no value yet.');
  await value(page).fill('{}');
  const places = [
    key(page),
    value(page),
    sheet(page).getByRole('spinbutton', { name: 'Count' }),
    sheet(page).getByRole('combobox', { name: /^Stream/ }),
  ];
  for (const [index, place] of places.entries()) {
    await place.focus();
    await page.keyboard.press('Control+Enter');
    await expect(sent(page).getByRole('listitem')).toHaveCount(index + 1);
  }
});

test('the keyboard stays where it was while the lab works', async ({ page, lab }) => {
  await openSheet(page, lab);
  await value(page).fill('{}');
  const send = sheet(page).getByRole('button', { name: 'Send', exact: true });
  await send.focus();
  for (const count of [1, 2, 3]) {
    await page.keyboard.press('Enter');
    await expect(sent(page).getByRole('listitem')).toHaveCount(count);
    await expect(send).toBeFocused();
  }
  await page.keyboard.press('Escape');
  await expect(sheet(page)).toBeHidden();
});
