/** The order by event time on the screen of a stream. */
import axe from 'axe-core';
import { beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import App from '../../../renderer/src/App.svelte';
import { LogLab } from './logLab.ts';

let lab: LogLab;
const grid = page.getByRole('grid', { name: 'Events', exact: true });
const histogram = page.getByRole('region', { name: 'Events by time' });
const selected = (): Element | null => document.querySelector('[role=row][aria-selected=true]');

async function open(events: number, waiting = 0): Promise<void> {
  lab = new LogLab(events);
  lab.progress.set({ field: 'at', read: events - waiting, waiting, timeless: 0, generation: 1, problem: null });
  render(App, { connectWith: lab.connect });
  await expect.element(page.getByRole('heading', { name: 'raw-events' })).toBeVisible();
}

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
});

test('is offered where the stream says which field holds it, and goes when it does not any more', async () => {
  await open(100);
  await page.getByRole('button', { name: 'Order appended' }).click();
  await expect.element(grid).toHaveAttribute('aria-rowcount', '90');
  await expect.element(grid.getByRole('columnheader', { name: 'Event time' })).toBeVisible();
  await expect.element(histogram.getByText('Event times')).toBeVisible();
  await expect.element(histogram.getByText('10 without event time')).toBeVisible();
  const { violations } = await axe.run(document.body);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
  lab.progress.set({ ...lab.progress.value, field: null });
  await expect.element(grid).toHaveAttribute('aria-rowcount', '100');
  await expect.element(page.getByRole('button', { name: /^Order/ })).not.toBeInTheDocument();
});

test('keeps to the selected event, from one order to the other and while rows get other numbers', async () => {
  await open(1_000);
  await userEvent.click(grid.getByRole('row', { name: /09:16:36/ }));
  await page.getByRole('button', { name: 'Order appended' }).click();
  // Row 996 of 1,000 is the fourth from the end; of the three after it one has no event time.
  await expect.poll(() => selected()?.getAttribute('aria-rowindex')).toBe('3');
  const text = selected()?.textContent;
  lab.append(10);
  await expect.poll(() => selected()?.getAttribute('aria-rowindex')).toBe('12');
  await expect.poll(() => selected()?.textContent).toBe(text);
  await page.getByRole('button', { name: 'Order event time' }).click();
  await expect.poll(() => selected()?.getAttribute('aria-rowindex')).toBe('997');
});

test('goes to a time', async () => {
  await open(1_000);
  await page.getByRole('button', { name: 'Order appended' }).click();
  await page.getByRole('button', { name: 'Go to time…' }).click();
  await page.getByRole('textbox', { name: 'Time' }).fill('2018-10-15T08:59:51Z');
  await userEvent.keyboard('{Enter}');
  await expect.poll(() => selected()?.textContent).toContain('08:59:52');
});

test('says how far it is while it is made, and why it does not go on', async () => {
  await open(30_000, 20_000);
  await page.getByRole('button', { name: 'Order appended' }).click();
  await expect.element(histogram.getByText(/order made of 10,000, 20,000 to go/)).toBeVisible();
  await expect.element(histogram.getByRole('progressbar', { name: 'Order by event time' })).toHaveAttribute('aria-valuenow', '33');
  lab.progress.set({ ...lab.progress.value, problem: 'The disk is full.' });
  await expect.element(histogram.getByText('The disk is full.')).toBeVisible();
  lab.progress.set({ ...lab.progress.value, problem: null, waiting: 0 });
  await expect.element(histogram.getByRole('progressbar')).not.toBeInTheDocument();
});
