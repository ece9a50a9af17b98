/** The page as a user finds their way on it: by roles and names. */
import { expect, type Locator, type Page } from 'playwright/test';
import type { Lab } from './lab.ts';

export const navigation = (page: Page): Locator => page.getByRole('navigation', { name: 'Lab' });
export const grid = (page: Page): Locator => page.getByRole('grid', { name: 'Events', exact: true });
export const detail = (page: Page): Locator => page.getByRole('region', { name: 'Event', exact: true });
export const jobs = (page: Page): Locator => page.getByRole('region', { name: 'Jobs' });
export const connectionState = (page: Page): Locator => page.getByRole('status', { name: 'State of the connection' });
export const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name, exact: true });

/** The row of an event by its number, from 1. */
export const row = (within: Locator, number: number): Locator => within.locator(`[role=row][aria-rowindex="${number}"]`);
export const cell = (within: Locator, number: number, column: number): Locator => row(within, number).getByRole('gridcell').nth(column);

export async function openLab(page: Page, lab: Lab, place = ''): Promise<void> {
  await page.goto(`${lab.url}${place}`);
}

export async function openStream(page: Page, name: string): Promise<void> {
  await navigation(page).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** Opens the palette, types, and takes the first thing found, once it is the one with all these words: what can be done is told by the lab. */
export async function fromPalette(page: Page, typed: string): Promise<void> {
  await page.keyboard.press('Control+K');
  await page.getByRole('combobox', { name: 'Find an action' }).fill(typed);
  const first = page.getByRole('listbox', { name: 'Actions' }).getByRole('option', { selected: true });
  for (const word of typed.split(' ')) await expect(first).toContainText(word, { ignoreCase: true });
  await page.keyboard.press('Enter');
}

/** The choices of a select by its name, as read on it. */
export async function choose(within: Page | Locator, label: string | RegExp, option: string | RegExp): Promise<void> {
  const page = 'keyboard' in within ? within : within.page();
  await within.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

/** Rows that are within the grid's own box, by their numbers. */
export async function visibleRows(of: Locator): Promise<number[]> {
  return await of.evaluate((element) => {
    const box = element.getBoundingClientRect();
    const head = element.querySelector('[role=row]:not([aria-rowindex])')?.getBoundingClientRect().bottom ?? box.top;
    return [...element.querySelectorAll('[role=row][aria-rowindex]')]
      .filter((each) => {
        const { top, bottom } = each.getBoundingClientRect();
        return top >= head - 1 && bottom <= box.bottom + 1;
      })
      .map((each) => Number(each.getAttribute('aria-rowindex')));
  });
}
