/** The screen of a stream where there is little room: beside a sheet and a lesson, and with two readers. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import App from '../../../renderer/src/App.svelte';
import { dialogs } from '../../../renderer/src/state/dialogs.svelte.ts';
import { LogLab } from './logLab.ts';

const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role=grid] [data-row]')];
const box = (of: { element: () => Element }): DOMRect => of.element().getBoundingClientRect();
const { style } = document.documentElement;

beforeEach(async () => {
  localStorage.clear();
  location.hash = '#/streams/raw-events';
  await page.viewport(1280, 800);
  render(App, { connectWith: new LogLab(3000).connect });
  await expect.poll(() => rows().length).toBeGreaterThan(5);
});
afterEach(() => {
  dialogs.close();
  style.removeProperty('--sheet');
});

test('beside a sheet and a lesson the title stays whole, and what is done seldom is in menus', async () => {
  style.setProperty('--sheet', '652px');
  await expect.element(page.getByRole('button', { name: 'Go to', exact: true })).toBeVisible();
  const title = page.getByRole('heading', { level: 1 }).element();
  expect(title.scrollWidth).toBeLessThanOrEqual(title.clientWidth);
  await page.getByRole('button', { name: 'More' }).click();
  await expect.element(page.getByRole('menuitem', { name: 'Export…' })).toBeVisible();
  await page.getByRole('menuitem', { name: 'Import…' }).click();
  await expect.element(page.getByRole('dialog', { name: 'Import' })).toBeVisible();
  dialogs.close();
  await page.getByRole('button', { name: 'Go to', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Beginning' }).click();
  await expect.poll(() => rows().find((row) => row.ariaSelected === 'true')?.ariaRowIndex).toBe('1');
  await expect.poll(() => document.activeElement?.getAttribute('role')).toBe('grid');
});

test('below two readers the event has the width of both', async () => {
  await page.getByRole('button', { name: 'Second reader' }).click();
  await userEvent.click(rows()[2]!);
  const detail = page.getByRole('region', { name: 'Event', exact: true });
  const [a, b] = [page.getByRole('grid', { name: 'Events', exact: true }), page.getByRole('grid', { name: 'Events of reader B' })];
  await expect.poll(() => box(detail).top).toBeGreaterThanOrEqual(box(a).bottom);
  expect(box(a).width).toBeGreaterThan(480);
  expect(box(b).width).toBeGreaterThan(480);
  expect(box(a).height).toBeGreaterThan(100);
});

test('the ways to other times fit beside the bars', async () => {
  const time = page.getByRole('slider', { name: 'Time', exact: true });
  const choose = async (): Promise<void> => {
    (time.element() as HTMLElement).focus();
    await userEvent.keyboard('{Home}{ArrowRight}{Shift>}{ArrowRight}{ArrowRight}{ArrowRight}{/Shift}');
  };
  await choose();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await choose();
  await expect.element(page.getByRole('button', { name: 'All times' })).toBeVisible();
  const zoom = box(page.getByRole('button', { name: 'Zoom in' }));
  expect(zoom.left).toBeGreaterThanOrEqual(box(time).right);
  expect(zoom.top).toBe(box(page.getByRole('button', { name: 'All times' })).top);
});
