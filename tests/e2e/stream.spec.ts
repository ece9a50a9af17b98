/** One stream: its grid, ways to go in it, the event in detail, the live tail, two readers, and a million events. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { shardForKey } from '../../main/api/murmur2.ts';
import { chromiumOptions } from '../chromium.ts';
import { expect, type Lab, root, test } from './lab.ts';
import { appendViews, record, view, views } from './records.ts';
import { cell, choose, detail, dialog, fromPalette, grid, openLab, row, visibleRows } from './screens.ts';

// A scroll bar that can be dragged.
test.use({ launchOptions: { ...chromiumOptions(), ignoreDefaultArgs: ['--hide-scrollbars'] } });

/** Opens a stream of 300 views in three shards, at its end. */
async function openViews(page: Page, lab: Lab, client: LabClient): Promise<void> {
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: views(0, 300) });
  await openLab(page, lab, '#/streams/orders');
  await expect(row(grid(page), 300)).toBeVisible();
}

const headings = (page: Page): Promise<string[]> => grid(page).getByRole('columnheader').allInnerTexts();
const tools = (page: Page) => page.getByRole('toolbar', { name: 'Position' });

test('the grid has a row per event and a column per field', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  await expect(grid(page)).toHaveAttribute('aria-rowcount', '300');
  await expect.poll(() => headings(page)).toEqual(['Shard', 'Offset', 'Timestamp', 'Key', 'Event', 'N', 'Id', 'Name']);
  const { rows } = await client.events.window({ stream: 'orders', from: 299, limit: 1 });
  await expect(row(grid(page), 300).getByRole('gridcell')).toHaveText([
    ...[String(rows[0]!.shard), String(rows[0]!.offset), '2018-10-15 09:04:59.000', '299'],
    ...['SHOPPER_VIEWED_PRODUCT', '299', '299', 'AvidReader'],
  ]);

  await page.getByRole('button', { name: 'Columns' }).click();
  const columns = page.getByRole('dialog', { name: 'Columns' });
  await columns.getByRole('checkbox', { name: 'Event', exact: true }).uncheck();
  await columns.getByRole('checkbox', { name: 'Value', exact: true }).check();
  await columns.getByRole('button', { name: 'Name up' }).click();
  await page.keyboard.press('Escape');
  const chosen = ['Shard', 'Offset', 'Timestamp', 'Key', 'N', 'Name', 'Id', 'Value'];
  await expect.poll(() => headings(page)).toEqual(chosen);
  await page.reload();
  await expect(row(grid(page), 300)).toBeVisible();
  await expect.poll(() => headings(page)).toEqual(chosen);
});

test('odd values are told apart: null, empty, no key, no JSON, no text', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'odd', shards: 1 });
  const odd = [
    record({ value: null }),
    record({ key: '', value: '' }),
    record({ value: 'plain words' }),
    { ...record(), value: Uint8Array.of(0xff, 0x00, 0xc3) },
  ];
  await client.produce.append({ stream: 'odd', records: odd });
  await openLab(page, lab, '#/streams/odd');
  await expect(cell(grid(page), 1, 3)).toHaveText('–');
  await expect(cell(grid(page), 1, 4)).toHaveText('null');
  await expect(cell(grid(page), 2, 3)).toHaveText('empty');
  await expect(cell(grid(page), 2, 4)).toHaveText('empty');
  await expect(cell(grid(page), 3, 4)).toHaveText('plain words');
  await expect(cell(grid(page), 4, 4)).toHaveText(/hex\s*ff ?00 ?c3/i);
});

test('Beginning, End, an offset and the lanes lead where they say', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect(row(grid(page), 1)).toBeVisible();
  await expect(tools(page)).toContainText('Paused');
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await expect(row(grid(page), 300)).toBeVisible();
  await expect(tools(page)).toContainText('Live');

  const { row: number } = await client.events.rowOf({ stream: 'orders', shard: 1, offset: 42n });
  await page.keyboard.press('Control+G');
  const asked = dialog(page, 'Go to offset');
  await expect(asked.getByRole('textbox', { name: 'Offset' })).toBeFocused();
  await choose(asked, /^Shard/, '1');
  await asked.getByRole('textbox', { name: 'Offset' }).fill('forty');
  await expect(asked).toContainText(/An offset is a whole number. Shard 1 holds 0 … \d+\./);
  await expect(asked.getByRole('button', { name: 'Go', exact: true })).toBeDisabled();
  await asked.getByRole('textbox', { name: 'Offset' }).fill('100000');
  await expect(asked).toContainText(/100,000 is not among them: shard 1 holds 0 … \d+\./);
  await expect(asked.getByRole('button', { name: 'Go', exact: true })).toBeDisabled();
  await asked.getByRole('textbox', { name: 'Offset' }).fill('42');
  await page.keyboard.press('Enter');
  await expect(asked).toBeHidden();
  await expect(row(grid(page), number + 1)).toHaveAttribute('aria-selected', 'true');
  await expect(cell(grid(page), number + 1, 0)).toHaveText('1');
  await expect(cell(grid(page), number + 1, 1)).toHaveText('42');

  const lane = page.getByRole('slider', { name: 'Position in shard 2' });
  await lane.focus();
  await page.keyboard.press('Home');
  const first = await client.events.rowOf({ stream: 'orders', shard: 2, offset: 0n });
  await expect(row(grid(page), first.row + 1)).toHaveAttribute('aria-selected', 'true');
  await expect(cell(grid(page), first.row + 1, 1)).toHaveText('0');
});

test('a choice of shards shows these alone', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  const { endRow } = await client.events.window({ stream: 'orders', shards: [2], from: 'end', limit: 1 });
  await page.getByRole('button', { name: 'Shards all' }).click();
  await page.getByRole('button', { name: 'Only shard 2' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Shards 2' })).toBeVisible();
  await expect(tools(page)).toContainText(`of ${endRow}`);
  const shards = () => grid(page).locator('[role=row][aria-rowindex] [role=gridcell]:first-child').allInnerTexts();
  await expect.poll(async () => [...new Set(await shards())]).toEqual(['2']);
  const offsets = await grid(page).locator('[role=row][aria-rowindex] [role=gridcell]:nth-child(2)').allInnerTexts();
  const numbers = offsets.map((offset) => Number(offset.replaceAll(',', '')));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  await fromPalette(page, 'show all shards');
  await expect(tools(page)).toContainText('of 300');
});

test('the keyboard goes through the events and the detail goes with it', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  await grid(page).focus();
  const selected = grid(page).locator('[role=row][aria-selected=true]');
  const at = (number: number) => expect(selected).toHaveAttribute('aria-rowindex', String(number));
  await page.keyboard.press('Home');
  await at(1);
  await page.keyboard.press('Enter');
  await expect(detail(page)).toContainText('2018-10-15 09:00:00.000 UTC');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowDown');
  await at(3);
  await expect(detail(page)).toContainText('2018-10-15 09:00:02.000 UTC');
  await page.keyboard.press('k');
  await at(2);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await at(1);
  await page.keyboard.press('PageDown');
  await expect.poll(async () => Number(await selected.getAttribute('aria-rowindex'))).toBeGreaterThan(10);
  await page.keyboard.press('End');
  await at(300);
  await expect(detail(page)).toContainText('2018-10-15 09:04:59.000 UTC');
  await expect(grid(page)).toHaveAttribute('aria-activedescendant', (await selected.getAttribute('id'))!);
  await page.keyboard.press('Escape');
  await expect(detail(page)).toBeHidden();
  await expect(grid(page)).toBeFocused();
});

test('the detail tells why an event is where it is, and all its bytes', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'orders', shards: 3 });
  const key = '789';
  const shard = shardForKey(Buffer.from(key), 3);
  const sent = {
    ...record({ key, value: '{"event":"é"}', time: '2018-10-15T10:52:35.123Z' }),
    headers: [
      ['trace', Buffer.from('7')],
      ['none', null],
    ] as [string, Uint8Array | null][],
  };
  await client.produce.append({ stream: 'orders', records: [sent, sent] });
  await client.produce.append({ stream: 'orders', records: [record({ key, shard: (shard + 1) % 3 }), record()] });
  await openLab(page, lab, '#/streams/orders');
  await row(grid(page), 2).click();

  await expect(detail(page)).toContainText(`murmur2("789") % 3 = ${shard}`);
  await expect(detail(page)).toContainText('The key decides: equal keys share a shard and keep their order.');
  await expect(detail(page)).toContainText('2018-10-15 10:52:35.123 UTC');
  await expect(detail(page)).toContainText('2 records');
  await expect(detail(page)).toContainText('offsets 0 … 1, this one is number 2');
  await expect(detail(page)).toContainText('CRC good');
  await expect(detail(page)).toContainText('key 3, value 14, headers 2');
  await expect(detail(page)).toContainText('trace');
  await expect(detail(page)).toContainText('"é"');

  await detail(page).getByRole('tab', { name: 'Raw' }).click();
  await expect(
    detail(page)
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: 'key', exact: true }) }),
  ).toContainText('37 38 39');
  await detail(page).getByRole('tab', { name: 'Raw' }).press('ArrowRight');
  await expect(detail(page).getByRole('tab', { name: 'Hex' })).toHaveAttribute('aria-selected', 'true');
  await expect(detail(page)).toContainText('14 bytes');
  await expect(detail(page)).toContainText(/7b 22 65 76 65 6e 74 22/);
  await expect(detail(page)).toContainText(/c3 a9 22 7d/);
  await detail(page).getByText('Key', { exact: true }).click();
  await expect(detail(page)).toContainText('37 38 39');

  await detail(page).getByRole('tab', { name: 'Event' }).click();
  const elsewhere = (shard + 1) % 3;
  const { row: number } = await client.events.rowOf({ stream: 'orders', shard: elsewhere, offset: 0n });
  await row(grid(page), number + 1).click();
  await expect(detail(page)).toContainText(`murmur2("789") % 3 = ${shard}`);
  await expect(detail(page)).toContainText(`The key would choose shard ${shard}; it is in ${elsewhere}.`);
});

test('an event is copied as what it is needed for', async ({ page, lab, client, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await client.streams.create({ name: 'orders', shards: 1 });
  const headers: [string, Uint8Array | null][] = [
    ['trace', Buffer.from('7')],
    ['bytes', Uint8Array.of(0xff)],
    ['none', null],
  ];
  const odd = { ...record({ key: 'a"b\nü', time: '2018-10-15T10:52:35.123Z' }), value: Uint8Array.of(0xff, 0xfe), headers };
  const old = { ...record({ key: null, value: '\uFEFF{"a": 1}' }), timestamp: BigInt(Date.parse('-000043-03-15T12:00:00Z')) };
  await client.produce.append({ stream: 'orders', records: [odd, old, record({ key: '1', value: null })] });
  const lines = lab.loglab(['consume', 'orders', '--until', 'now', '--json']).trimEnd().split('\n');
  await openLab(page, lab, '#/streams/orders');

  const copied = async (what: string): Promise<string> => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await detail(page).getByRole('button', { name: 'Copy as' }).click();
    await page.getByRole('menuitem', { name: what }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('');
    return await page.evaluate(() => navigator.clipboard.readText());
  };
  for (const [index, line] of lines.entries()) {
    await row(grid(page), index + 1).click();
    await expect(detail(page)).toContainText(`0 · ${index}`);
    expect(await copied('JSON record')).toBe(line);
  }
  await row(grid(page), 1).click();
  await expect(detail(page)).toContainText('0 · 0');
  expect(await copied('Key')).toBe('a"b\nü');
  expect(await copied('Value')).toBe('fffe');
  expect(await copied('Timestamp, epoch ms')).toBe('1539600755123');
  const begins = `npm --prefix ${root} run -s loglab --`;
  const command = await copied('loglab command');
  expect(command).toBe(`${begins} consume orders --shard 0 --from offset:0 --until offset:1 --json --lab '${lab.workspace}'`);
  // As pasted, while the lab runs, and once it has let go of its workspace.
  const program = `'${process.execPath}' '${path.join(root, 'dist/main/loglab.js')}'`;
  const pasted = (): string => execFileSync('sh', ['-c', command.replace(begins, program)], { encoding: 'utf8', stdio: 'pipe' }).trimEnd();
  expect(pasted()).toBe(lines[0]);
  await lab.stop();
  expect(pasted()).toBe(lines[0]);
});

test('the tail follows; who scrolls up stays, is told how many are newer, and can go on', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  await client.produce.append({ stream: 'orders', records: views(300, 10) });
  await expect(row(grid(page), 310)).toBeVisible();

  await grid(page).hover();
  const [atEnd] = (await visibleRows(grid(page))) as [number];
  await page.mouse.wheel(0, -500);
  await expect(tools(page)).toContainText('Paused');
  await expect.poll(async () => (await visibleRows(grid(page)))[0], 'twenty rows of 25 pixels, smoothly').toBe(atEnd - 20);
  const stood = await visibleRows(grid(page));
  lab.loglab(['produce', 'orders', '--key', '1'], '{"n":1}\n'.repeat(25));
  await expect(tools(page)).toContainText('25 newer events');
  await expect.poll(() => visibleRows(grid(page)), 'the rows stay where they are').toEqual(stood);

  await page.getByRole('button', { name: 'Play live' }).click();
  await expect(row(grid(page), 335)).toBeVisible();
  await expect(tools(page)).toContainText('Live');
  await page.keyboard.press('p');
  await expect(tools(page)).toContainText('Paused');
  await client.produce.append({ stream: 'orders', records: views(0, 5) });
  await expect(tools(page)).toContainText('5 newer events');
  await page.keyboard.press('p');
  await expect(row(grid(page), 340)).toBeVisible();
});

test('a second reader stands elsewhere, and neither moves the other', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  await page.getByRole('button', { name: 'Second reader' }).click();
  const [a, b] = [page.getByRole('region', { name: 'Reader A' }), page.getByRole('region', { name: 'Reader B' })];
  const gridB = page.getByRole('grid', { name: 'Events of reader B' });
  await expect(row(gridB, 300)).toBeVisible();
  await a.getByRole('button', { name: 'Beginning' }).click();
  await expect(row(grid(page), 1)).toBeVisible();
  await expect(row(gridB, 300)).toBeVisible();
  await expect.poll(async () => (await visibleRows(grid(page)))[0]).toBe(1);
  const stoodA = await visibleRows(grid(page));

  await b.getByRole('button', { name: 'Go to offset…' }).click();
  await choose(dialog(page, 'Go to offset'), /^Shard/, '0');
  await dialog(page, 'Go to offset').getByRole('textbox', { name: 'Offset' }).fill('50');
  await page.keyboard.press('Enter');
  const { row: number } = await client.events.rowOf({ stream: 'orders', shard: 0, offset: 50n });
  await expect(row(gridB, number + 1)).toHaveAttribute('aria-selected', 'true');
  expect(await visibleRows(grid(page))).toEqual(stoodA);

  await b.getByRole('button', { name: 'End', exact: true }).click();
  await client.produce.append({ stream: 'orders', records: views(300, 3) });
  await expect(row(gridB, 303)).toBeVisible();
  expect(await visibleRows(grid(page))).toEqual(stoodA);
  await expect(async () => {
    const positions = await readerPositions(client);
    expect(positions).toHaveLength(2);
    expect(positions.find(({ name }) => name === 'A')!.shard0).toBeLessThan(positions.find(({ name }) => name === 'B')!.shard0 - 50n);
  }).toPass();

  await page.getByRole('button', { name: 'Close reader B' }).click();
  await expect(b).toBeHidden();
  const first = async () => (await visibleRows(grid(page)))[0];
  await expect.poll(first, 'the last may be another where the tools take less room').toBe(stoodA[0]);
  await expect.poll(async () => (await readerPositions(client)).length).toBe(1);
});

async function readerPositions(client: LabClient): Promise<{ name: string; shard0: bigint }[]> {
  for await (const readers of client.readers.watch({})) {
    return readers.map(({ name, positions }) => ({ name, shard0: positions.find(({ shard }) => shard === 0)?.offset ?? 0n }));
  }
  return [];
}

test('a million events: by scroll bar, wheel and offset, and every row is the right one', async ({ page, lab, client }) => {
  const events = 1_000_000;
  await client.streams.create({ name: 'big', shards: 3 });
  await appendViews(client, 'big', events);
  await openLab(page, lab, '#/streams/big');
  await expect(row(grid(page), events)).toBeVisible();
  await expect(grid(page)).toHaveAttribute('aria-rowcount', String(events));

  const box = (await grid(page).boundingBox())!;
  const bar = box.x + box.width - 6;
  await page.mouse.move(bar, box.y + box.height - (await belowThumb(page)));
  await page.mouse.down();
  await page.mouse.move(bar, box.y + box.height * 0.75, { steps: 5 });
  await page.mouse.move(bar, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await expect(tools(page)).toContainText('Paused');
  await expect.poll(async () => (await visibleRows(grid(page)))[0]).toBeGreaterThan(events * 0.4);
  expect((await visibleRows(grid(page)))[0]).toBeLessThan(events * 0.6);
  await rowsAreRight(page, client);

  const [before] = (await visibleRows(grid(page))) as [number];
  await grid(page).hover();
  await page.mouse.wheel(0, 250);
  await expect.poll(async () => (await visibleRows(grid(page)))[0], 'ten rows of 25 pixels').toBe(before + 10);
  await rowsAreRight(page, client);

  const { row: number } = await client.events.rowOf({ stream: 'big', shard: 2, offset: 200_000n });
  await page.keyboard.press('Control+G');
  await choose(dialog(page, 'Go to offset'), /^Shard/, '2');
  await dialog(page, 'Go to offset').getByRole('textbox', { name: 'Offset' }).fill('200000');
  await page.keyboard.press('Enter');
  await expect(row(grid(page), number + 1)).toHaveAttribute('aria-selected', 'true');
  await expect(cell(grid(page), number + 1, 1)).toHaveText('200,000');
  await rowsAreRight(page, client);

  await grid(page).focus();
  await page.keyboard.press('Home');
  await expect(cell(grid(page), 1, 5)).toHaveText('0');
  await page.keyboard.press('End');
  await expect(cell(grid(page), events, 5)).toHaveText(String(events - 1));
  await rowsAreRight(page, client);

  await page.getByRole('button', { name: 'End', exact: true }).click();
  await client.produce.append({ stream: 'big', records: [view(events)] });
  await expect(cell(grid(page), events + 1, 5)).toHaveText(String(events));
});

/** From the grid's lower edge up into the thumb of a scroll bar that is at its end: past the horizontal bar and the arrow. */
async function belowThumb(page: Page): Promise<number> {
  return await grid(page).evaluate(
    (element: HTMLElement) => element.offsetHeight - element.clientHeight + (element.offsetWidth - element.clientWidth) + 8,
  );
}

/** All visible rows have come, follow one another, and are what the log holds there. */
async function rowsAreRight(page: Page, client: LabClient): Promise<void> {
  await expect.poll(async () => await shownCells(page)).not.toContainEqual(expect.arrayContaining(['']));
  const numbers = await visibleRows(grid(page));
  const from = numbers[0]! - 1;
  const { rows } = await client.events.window({ stream: 'big', from, limit: numbers.length });
  expect(numbers).toEqual(rows.map(({ row: number }) => number + 1));
  for (const { row: number, shard, offset, fields } of [rows[0]!, rows[Math.floor(rows.length / 2)]!, rows.at(-1)!]) {
    await expect(cell(grid(page), number + 1, 0)).toHaveText(String(shard));
    await expect(cell(grid(page), number + 1, 1)).toHaveText(offset.toLocaleString('en'));
    await expect(cell(grid(page), number + 1, 5)).toHaveText(fields['n']!);
  }
}

async function shownCells(page: Page): Promise<string[][]> {
  return await grid(page).evaluate((element) =>
    [...element.querySelectorAll('[role=row][aria-rowindex]')].map((each) =>
      [...each.querySelectorAll('[role=gridcell]')].map((one) => one.textContent ?? ''),
    ),
  );
}

test('the tail goes on while the window changes its size', async ({ page, lab, client }) => {
  await openViews(page, lab, client);
  // An open menu measures itself as the window changes: the browser then scrolls the grid before the grid knows its size.
  await page.getByRole('button', { name: 'Columns' }).click();
  await expect(page.getByRole('checkbox', { name: 'Offset', exact: true })).toBeVisible();
  for (const [index, height] of [1080, 600, 1080, 800].entries()) {
    await page.setViewportSize({ width: 1280, height });
    await expect(row(grid(page), 300 + index)).toBeInViewport();
    await client.produce.append({ stream: 'orders', records: [view(300 + index)] });
    await expect(row(grid(page), 301 + index)).toBeInViewport();
    await expect(tools(page)).toContainText('Live');
  }
});
