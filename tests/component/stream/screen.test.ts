/** The screen of a stream: what someone sees and does, by names and keys. */
import axe from 'axe-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import { LabError } from '../../../main/api/errors.ts';
import type { EventRow } from '../../../main/api/events.ts';
import App from '../../../renderer/src/App.svelte';
import { dialogs } from '../../../renderer/src/state/dialogs.svelte.ts';
import { PLACES_MAX, StreamPlaces } from '../../../renderer/src/features/stream/places.ts';
import { preferences } from '../../../renderer/src/state/preferences.svelte.ts';
import { LogLab } from './logLab.ts';
import { row } from './rows.ts';

let lab: LogLab;
const grid = page.getByRole('grid', { name: 'Events', exact: true });
const detail = page.getByRole('region', { name: 'Event', exact: true });
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role=grid] [data-row]')];
const selected = (): string | null | undefined => document.querySelector('[role=row][aria-selected=true]')?.getAttribute('aria-rowindex');

async function open(events: number): Promise<void> {
  lab = new LogLab(events);
  render(App, { connectWith: lab.connect });
  await expect.element(page.getByRole('heading', { name: 'raw-events' })).toBeVisible();
}
async function axeClean(): Promise<void> {
  const { violations } = await axe.run(document.body);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
});
afterEach(() => {
  dialogs.close();
  preferences.theme = 'light';
});

test('opens at the end, following, and asks only for the rows that it shows', async () => {
  await open(100_000);
  await expect.element(page.getByText(/of 100,000/)).toBeVisible();
  await expect.element(grid).toHaveAttribute('aria-rowcount', '100000');
  expect(rows().at(-1)?.getAttribute('aria-rowindex')).toBe('100000');
  expect(rows().length).toBeLessThan(80);
  expect(lab.windows[0]?.from).toBe('end');
  expect(lab.windows.every(({ limit }) => limit <= 100)).toBe(true);
  for (const theme of ['light', 'dark'] as const) {
    preferences.theme = theme;
    await new Promise((resolve) => setTimeout(resolve, 200)); // colours change softly
    await axeClean();
  }
});

test('beside sheet and lesson the event goes below its rows, and the bars of the lanes stay', async () => {
  await open(400);
  await expect.poll(() => rows().length).toBeGreaterThan(5);
  await userEvent.click(rows().at(-6)!);
  await expect.element(detail).toBeVisible();
  const box = (of: { element: () => Element }): DOMRect => of.element().getBoundingClientRect();
  const bar = page.getByRole('slider', { name: 'Position in shard 1' });
  const besides = (): void => {
    expect(box(detail).left).toBeGreaterThanOrEqual(box(grid).right);
    expect(box(grid).width).toBeGreaterThanOrEqual(440);
  };
  besides();
  const { style } = document.documentElement;
  try {
    for (const sheet of [480, 700]) {
      style.setProperty('--sheet', `${sheet}px`);
      await expect.poll(() => box(detail).top).toBeGreaterThanOrEqual(box(grid).bottom);
      expect(box(detail).width).toBe(box(grid).width);
      expect(box(grid).height).toBeGreaterThan(150);
      expect(selected()).toBe('395');
      await expect.poll(() => box(bar).width).toBeGreaterThan(100);
    }
    await axeClean();
  } finally {
    style.removeProperty('--sheet');
  }
  await expect.poll(() => box(detail).left).toBeGreaterThanOrEqual(box(grid).right);
  besides();
});

test('new events appear at the end; a pause says how many came since', async () => {
  await open(50);
  await expect.element(page.getByText('Live', { exact: true })).toBeVisible();
  lab.append(30);
  await expect.element(page.getByText(/of 80$/)).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  const last = rows().at(-1)?.getAttribute('aria-rowindex');
  lab.append(1234);
  await expect.element(page.getByText('Paused, 1,234 newer events')).toBeVisible();
  expect(rows().slice(0, -12).at(-1)?.getAttribute('aria-rowindex')).not.toBe('1314');
  expect(Number(last)).toBe(80);
  await page.getByRole('button', { name: 'Play live' }).click();
  await expect.poll(() => rows().at(-1)?.getAttribute('aria-rowindex')).toBe('1314');
});

test('walks by keyboard, opens the event, and keeps it while others arrive', async () => {
  await open(3000);
  await expect.element(page.getByText(/of 3,000/)).toBeVisible();
  (grid.element() as HTMLElement).focus();
  await userEvent.keyboard('{Home}');
  await expect.poll(selected).toBe('1');
  await userEvent.keyboard('{ArrowDown}{ArrowDown}jk{PageDown}');
  const at = Number(selected());
  expect(at).toBeGreaterThan(10);
  await userEvent.keyboard('{Enter}');
  await expect.element(detail.getByText(/murmur2\(/)).toBeVisible();
  await axeClean();
  lab.append(500);
  await expect.element(page.getByText(/of 3,500/)).toBeVisible();
  expect(selected()).toBe(String(at));
  await userEvent.keyboard('{End}');
  await expect.poll(selected).toBe('3500');
  await userEvent.keyboard('{Escape}');
  await expect.element(detail).not.toBeInTheDocument();
});

test('goes to an offset, typed as it is shown, and says where there is none', async () => {
  await open(6000);
  await userEvent.keyboard('{Control>}g{/Control}');
  const dialog = page.getByRole('dialog', { name: 'Go to offset' });
  await dialog.getByLabelText('Offset', { exact: true }).fill('99999');
  await expect.element(dialog.getByText('99,999 is not among them: shard 0 holds 0 … 1,999.')).toBeVisible();
  await expect.element(dialog.getByRole('button', { name: 'Go', exact: true })).toBeDisabled();
  await dialog.getByLabelText('Offset', { exact: true }).fill('1,500');
  await userEvent.keyboard('{Enter}');
  await expect.element(dialog).not.toBeInTheDocument();
  await expect.poll(selected).toBe('4501');
  await expect.poll(() => document.querySelector('[role=row][aria-selected=true]')?.textContent).toContain('1,500');
  await expect.element(page.getByRole('group', { name: 'Shards' }).getByText('0 … 1,999').first()).toBeVisible();
});

test('shows some shards only', async () => {
  await open(3000);
  await page.getByRole('button', { name: 'Shards all' }).click();
  await page.getByRole('button', { name: 'Only shard 1' }).click();
  await expect.element(page.getByText(/of 1,000/)).toBeVisible();
  expect(rows().every((row) => row.querySelector('[title="Shard 1"]'))).toBe(true);
});

test('two readers stand at different places, and the lanes tell', async () => {
  await open(3000);
  await page.getByRole('button', { name: 'Second reader' }).click();
  const second = page.getByRole('grid', { name: 'Events of reader B' });
  (second.element() as HTMLElement).focus();
  await userEvent.keyboard('{Home}');
  await expect
    .poll(() => lab.moves.find(({ id }) => id === 'reader-A')?.positions)
    .toEqual([0, 1, 2].map((shard) => ({ shard, offset: 1000n })));
  await expect.poll(() => lab.moves.filter(({ id }) => id === 'reader-B').at(-1)?.positions[0]?.offset).toBeLessThan(50n);
  const lane = page.getByRole('slider', { name: 'Position in shard 0' });
  expect(lane.element().textContent).toMatch(/A.*B|B.*A/s);
  await axeClean();
  await page.getByRole('button', { name: 'Close reader B' }).click();
  await expect.element(second).not.toBeInTheDocument();
});

test('a lane goes to the place that is clicked', async () => {
  await open(3000);
  const lane = page.getByRole('slider', { name: 'Position in shard 2' });
  await lane.click();
  await expect.poll(() => Number(selected())).toBeGreaterThan(1400);
  expect(Number(selected())).toBeLessThan(1600);
});

test('shows what is odd for what it is', async () => {
  lab = new LogLab(6);
  const known = lab.rowAt;
  const odd: Record<number, Partial<ReturnType<typeof known>>> = {
    1: { key: null },
    2: { key: { text: '', bytes: 0, kind: 'text' } },
    3: { value: null, fields: {} },
    4: { value: { text: '00ff', bytes: 2, kind: 'binary' }, fields: {} },
    5: { damaged: 'This record batch is damaged.', fields: {}, key: null, value: null },
  };
  lab.rowAt = (number) => ({ ...known(number), ...odd[number] });
  render(App, { connectWith: lab.connect });
  await expect.poll(() => rows().length).toBe(6);
  const text = (number: number): string => rows()[number]!.textContent!.replace(/\s+/g, ' ');
  expect(text(1)).toContain('–');
  expect(text(2)).toContain('empty');
  expect(text(3)).toContain('null');
  expect(text(4)).toMatch(/hex 00ff/);
  expect(text(5)).toMatch(/damaged This record batch is damaged/);
});

test('copies the event as a record, a command, its key', async () => {
  const write = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
  await open(30);
  await userEvent.click(grid.getByRole('row', { name: /2018-10-15 09:00:23/ }));
  await detail.getByRole('button', { name: 'Copy as' }).click();
  await page.getByRole('menuitem', { name: 'loglab command' }).click();
  expect(write).toHaveBeenCalledWith('loglab consume raw-events --shard 2 --from offset:7 --until offset:8 --json --lab /labs/nile');
  await expect.element(page.getByText('The command is copied.')).toBeVisible();
  write.mockRejectedValueOnce(new Error('denied'));
  await detail.getByRole('button', { name: 'Copy as' }).click();
  await page.getByRole('menuitem', { name: 'Key' }).click();
  await expect.element(page.getByText(/The key is not copied/)).toBeVisible();
  write.mockRestore();
});

test('an empty stream says what to do', async () => {
  await open(0);
  await expect.element(page.getByText('Nothing in this stream yet')).toBeVisible();
  await axeClean();
  lab.append(3);
  await expect.poll(() => rows().length).toBe(3);
});

test('a stream of which all was trimmed says so, and where its offsets go on', async () => {
  await open(300);
  await expect.poll(() => rows().length).toBeGreaterThan(0);
  lab.trimAll();
  await expect.element(page.getByText('All events of this stream are trimmed')).toBeVisible();
  await expect.element(page.getByText('Nothing in this stream yet')).not.toBeInTheDocument();
  expect([...document.querySelectorAll('.says .range')].map(({ textContent }) => textContent.trim())).toEqual([
    ...['empty, next 100', 'empty, next 100', 'empty, next 100'],
  ]);
  await axeClean();
});

test('a broker that is down keeps the rows and is waited for', async () => {
  await open(300);
  await expect.poll(() => rows().length).toBeGreaterThan(0);
  lab.failure = new LabError('broker-down', 'Broker 1 is down.');
  lab.append(3);
  await expect.element(page.getByText(/The rows read so far stay here/)).toBeVisible();
  expect(rows().length).toBeGreaterThan(0);
  lab.failure = null;
  await expect.poll(() => rows().at(-1)?.getAttribute('aria-rowindex'), { timeout: 5000 }).toBe('303');
  await expect.element(page.getByText(/The rows read so far stay here/)).not.toBeInTheDocument();
});

test('while the lab is lost nothing looks live, and what can not be done says why; it comes back as it was', async () => {
  await open(300);
  const position = page.getByRole('toolbar', { name: 'Position' });
  const bar = page.getByRole('contentinfo');
  const produce = page.getByRole('button', { name: 'Produce', exact: true });
  await expect.element(position.getByText('Live', { exact: true })).toBeVisible();
  lab.frame.reachable = false;
  lab.frame.cut();
  await expect.element(position.getByText('Not connected')).toBeVisible();
  await expect.element(bar.getByText('Not connected')).toBeVisible();
  await expect.element(position.getByText('Live', { exact: true })).not.toBeInTheDocument();
  expect(bar.element().textContent).toMatch(/– events\/s in.*append p99 –/s);
  for (const name of ['Produce', 'Import']) {
    const button = page.getByRole('button', { name, exact: true });
    await expect.element(button).toBeDisabled();
    await expect.element(button).toHaveAttribute('title', expect.stringMatching(/^The connection to the lab is lost\./));
  }
  await expect.element(page.getByText('The connection to the lab is lost.')).toBeVisible();
  expect(document.querySelectorAll('main .banner, main .note').length, 'it is said once').toBe(1);
  lab.frame.reachable = true;
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect.element(position.getByText('Live', { exact: true })).toBeVisible();
  await expect.element(produce).toBeEnabled();
});

test('while its broker is down a stream waits for it by name', async () => {
  await open(300);
  const position = page.getByRole('toolbar', { name: 'Position' });
  const up = lab.frame.status.value;
  lab.frame.status.set({ ...up, brokers: [{ id: 1, state: 'down', pid: null, restarts: 0, message: null, file: 'broker-1.sqlite' }] });
  await expect.element(position.getByText('Waiting for broker 1')).toBeVisible();
  await expect.element(page.getByRole('contentinfo').getByText('Waiting for broker 1')).toBeVisible();
  await expect
    .element(page.getByRole('button', { name: 'Import', exact: true }))
    .toHaveAttribute('title', expect.stringMatching(/^Broker 1 is down\./));
  await expect.element(page.getByText('Broker 1 is down.')).toBeVisible();
  expect(document.querySelectorAll('main .banner, main .note').length, 'it is said once').toBe(1);
  lab.frame.status.set(up);
  await expect.element(position.getByText('Live', { exact: true })).toBeVisible();
});

test('what is typed into the produce sheet outlives a lost connection', async () => {
  await open(300);
  await page.getByRole('button', { name: 'Produce', exact: true }).click();
  const sheet = page.getByRole('dialog', { name: 'Produce' });
  await sheet.getByLabelText('Key', { exact: true }).fill('half a thought');
  lab.frame.reachable = false;
  lab.frame.cut();
  await expect.element(page.getByText('The connection to the lab is lost.')).toBeVisible();
  await expect.element(sheet.getByLabelText('Key', { exact: true })).toHaveValue('half a thought');
  lab.frame.reachable = true;
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect.element(page.getByText('broker up')).toBeVisible();
  await expect.element(sheet.getByLabelText('Key', { exact: true })).toHaveValue('half a thought');
});

test('who comes back from another screen finds the stream as it was left', async () => {
  const top = (): string | null | undefined => {
    const head = document.querySelector('[role=grid] [role=row]:not([data-row])')!.getBoundingClientRect().bottom;
    return rows()
      .find((row) => row.getBoundingClientRect().bottom > head + 1)
      ?.getAttribute('aria-rowindex');
  };
  await open(3000);
  await expect.element(page.getByText(/of 3,000/)).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  grid.element().scrollTop = 25 * 1200 + 10;
  await expect.poll(top).toBe('1201');
  await expect.poll(() => rows().find((row) => row.dataset['row'] === '1204')?.textContent).toMatch(/401/);
  await userEvent.click(rows().find((row) => row.dataset['row'] === '1204')!);
  await expect.element(detail.getByText(/murmur2\(/)).toBeVisible();
  const pixels = grid.element().scrollTop;
  location.hash = '#/lessons';
  await expect.element(grid).not.toBeInTheDocument();
  lab.append(700);
  history.back();
  await expect.poll(() => selected()).toBe('1205');
  expect(top()).toBe('1201');
  expect(grid.element().scrollTop).toBe(pixels);
  await expect.element(detail.getByText(/murmur2\(/)).toBeVisible();
  await expect.element(page.getByText(/^Paused, 700 newer events$/)).toBeVisible();
  // A stream made anew under the name is another one: it is followed.
  location.hash = '#/lessons';
  await expect.element(grid).not.toBeInTheDocument();
  lab.events = 20;
  lab.tell();
  history.back();
  await expect.element(page.getByText('Live', { exact: true })).toBeVisible();
  await expect.poll(() => rows().at(-1)?.getAttribute('aria-rowindex')).toBe('20');
});

test('places are kept for a limited number of streams, those left last', () => {
  const places = new StreamPlaces();
  const place = { panes: [], active: 'A', detailOpen: false };
  for (let n = 0; n < PLACES_MAX; n++) places.keep(`stream-${n}`, place);
  places.keep('stream-0', place);
  places.keep('one-more', place);
  expect(places.get('stream-0')).toBe(place);
  expect(places.get('stream-1')).toBeUndefined();
  expect(places.get('stream-2')).toBe(place);
});

test('a stream that is deleted while one looks is gone, and there is a way on', async () => {
  await open(300);
  lab.frame.streams.set([]);
  await expect.element(page.getByText('There is no stream “raw-events”')).toBeVisible();
  await page.getByRole('button', { name: 'All streams' }).click();
  expect(location.hash).toBe('#/streams');
});

test('the palette shows the groups of its actions whole', async () => {
  await open(3);
  await userEvent.keyboard('{Control>}k{/Control}');
  await expect.element(page.getByRole('option', { name: /raw-events.*Go to the beginning/ })).toBeVisible();
  const groups = [...document.querySelectorAll<HTMLElement>('[role=option] > :first-child')];
  expect(groups.map((group) => group.textContent)).toContain('raw-events');
  for (const group of groups) expect(group.scrollWidth, group.textContent).toBeLessThanOrEqual(group.clientWidth);
  for (const theme of ['light', 'dark'] as const) {
    preferences.theme = theme;
    await new Promise((resolve) => setTimeout(resolve, 200)); // colours change softly
    await axeClean();
  }
});

test('the columns that are hidden are counted; a value without fields is set apart as the whole value', async () => {
  await open(0);
  const fields = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`f${at}`, String(at)]));
  const whole: EventRow['value'] = { text: '42', bytes: 2, kind: 'text' };
  lab.rowAt = (number) => row(number, number === 1 ? { fields: {}, value: whole } : { fields });
  lab.append(3);
  await expect.element(page.getByRole('button', { name: /^Columns\s*· 3 hidden$/ })).toBeVisible();
  const cells = [...rows()[1]!.querySelectorAll<HTMLElement>('[role=gridcell]')];
  expect(cells.map((cell) => cell.textContent?.trim()).slice(4)).toEqual(['value42']);
  expect(cells[4]!.ariaColSpan).toBe('6');
  await axeClean();
});

test('an event is told in a line; without a name by its place; how late it came is said', async () => {
  await open(0);
  lab.rowAt = (number) =>
    number === 0
      ? row(0, {
          value: { text: '{"event":"SHOPPER_ADDED_ITEM","shopper":{"id":"789"}}', bytes: 53, kind: 'json' },
        })
      : row(number, { fields: {}, value: { text: '42', bytes: 2, kind: 'text' } });
  lab.newestBefore = BigInt(Date.UTC(2018, 9, 15, 9) + 41_000);
  lab.append(2);
  const line = detail.getByRole('heading', { level: 2 }).first();
  await expect.poll(() => rows().length).toBe(2);
  await userEvent.click(rows()[0]!);
  await expect.element(line).toHaveTextContent('Shopper 789 added item at 09:00:00 Late by 41 s');
  for (const theme of ['light', 'dark'] as const) {
    preferences.theme = theme;
    await new Promise((resolve) => setTimeout(resolve, 200)); // colours change softly
    await axeClean();
  }
  lab.newestBefore = null;
  await userEvent.click(rows()[1]!);
  await expect.element(line).toHaveTextContent('Offset 0 of shard 1');
});
