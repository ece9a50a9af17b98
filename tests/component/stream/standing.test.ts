/** Where a reader stands on the screen of a stream: the mark on a row, the keyboard, and how true "live" is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import App from '../../../renderer/src/App.svelte';
import { eventsBehind, Liveness } from '../../../renderer/src/features/stream/liveness.svelte.ts';
import { dialogs } from '../../../renderer/src/state/dialogs.svelte.ts';
import { streamSummary } from '../fakeLab.ts';
import { LogLab } from './logLab.ts';
import { row } from './rows.ts';

let lab: LogLab;
const detail = page.getByRole('region', { name: 'Event', exact: true });
const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role=grid] [data-row]')];
const selected = (): string | null | undefined => document.querySelector('[role=row][aria-selected=true]')?.getAttribute('aria-rowindex');

async function open(events: number): Promise<void> {
  lab = new LogLab(events);
  render(App, { connectWith: lab.connect });
  await expect.poll(() => rows().length).toBeGreaterThan(2);
}

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
});
afterEach(() => dialogs.close());

test('from the beginning the arrow keys go on at once', async () => {
  await open(3000);
  await page.getByRole('button', { name: 'Beginning' }).click();
  await expect.poll(selected).toBe('1');
  await userEvent.keyboard('{ArrowDown}{ArrowDown}');
  await expect.poll(selected).toBe('3');
  await expect.element(detail).not.toBeInTheDocument();
});

test('with the event its mark goes; the keyboard goes on from there', async () => {
  await open(3000);
  await userEvent.click(rows().at(-4)!);
  await expect.element(detail).toBeVisible();
  const at = Number(selected());
  await userEvent.keyboard('{Escape}');
  await expect.element(detail).not.toBeInTheDocument();
  expect(selected()).toBeUndefined();
  await userEvent.keyboard('{ArrowUp}');
  await expect.poll(selected).toBe(String(at - 1));
});

test('an empty field, one that is null and one that says “null” are told apart from a missing one', async () => {
  lab = new LogLab(4);
  const texts: Record<string, string | null>[] = [{ note: 'null' }, { note: null }, { note: '' }, { other: 'x' }];
  lab.rowAt = (number) => row(number, { fields: texts[number]! });
  render(App, { connectWith: lab.connect });
  await expect.poll(() => rows().length).toBe(4);
  const cells = rows().map((one) => one.querySelectorAll('[role=gridcell]')[4]!);
  expect(cells.map((cell) => cell.textContent)).toEqual(['null', 'null', '""', '']);
  expect(cells.map((cell) => cell.querySelector('span')?.className.split(' ')[0])).toEqual([undefined, 'json-value', 'faint', undefined]);
});

describe('live', () => {
  test('says how many events are not in the view yet', async () => {
    await open(5_000);
    await expect.element(page.getByText('Live', { exact: true })).toBeVisible();
    lab.frame.streams.set([streamSummary('raw-events', [20_000, 20_000, 10_123])]);
    await expect.element(page.getByText('Follows, 45,000 behind')).toBeVisible();
    lab.append(45_130);
    await expect.element(page.getByText('Live', { exact: true })).toBeVisible();
  });

  test('counts the shards that are shown', () => {
    const summary = streamSummary('s', [5_000, 70_000]);
    expect(eventsBehind(summary, null, { firstRow: 0, endRow: 75_000 })).toBe(0);
    expect(eventsBehind(summary, [0], { firstRow: 0, endRow: 4_500 })).toBe(0);
    expect(eventsBehind(summary, [1], { firstRow: 10, endRow: 10 })).toBe(70_000);
    // A second's worth is on its way.
    expect(eventsBehind({ ...summary, eventsPerSecond: 80_000 }, [1], { firstRow: 0, endRow: 0 })).toBe(0);
  });

  test('with gaps: where rows go by unseen again and again, not once, nor as it begins to follow', () => {
    const liveness = new Liveness();
    const view = (first: number) => ({ firstVisible: first, endVisible: first + 20 });
    liveness.saw(view(0), true, 0);
    liveness.saw(view(5_000), true, 500);
    liveness.saw(view(6_000), true, 2_000);
    expect(liveness.gaps).toBe(false);
    liveness.saw(view(6_020), true, 2_100);
    expect(liveness.gaps).toBe(false);
    liveness.saw(view(7_000), true, 2_200);
    expect(liveness.gaps).toBe(true);
    liveness.saw(view(7_000), false, 2_300);
    expect(liveness.gaps).toBe(false);
  });
});
