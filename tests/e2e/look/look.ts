/**
 * How the lab looks: each screen and dialog, light and dark, is free of what axe finds, and fits its window. The pictures in
 * test-results/look are for eyes; nothing compares them.
 */
import path from 'node:path';
import type { Page } from 'playwright/test';
import type { LabClient } from '../../../main/api/index.ts';
import { violations } from '../axe.ts';
import { expect, root } from '../lab.ts';
import { views } from '../records.ts';

const sizes = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 800 },
];

/** Rows are all alike: a few of them stand for the rest. */
const ALIKE = '[role=rowgroup] [role=row]:nth-child(n + 5)';

/**
 * Takes pictures, measures and lets axe look, in both themes. Problems are gathered, so that one run tells of all.
 * @param part selector of what is new, where what is around it was looked at before
 */
export async function look(page: Page, name: string, part = 'body'): Promise<void> {
  await wear(page, 'light');
  // A dialog lies over a screen that was measured in all sizes.
  for (const size of part === 'body' ? sizes : sizes.slice(-1)) {
    await page.setViewportSize(size);
    const beyond = () =>
      page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
    await expect.soft.poll(beyond, `${name} fits ${size.width}×${size.height}`).toEqual([0, 0]);
    await picture(page, `${name}-${size.width}`);
  }
  expect.soft(await violations(page, { part, except: ALIKE }), name).toEqual([]);
  await wear(page, 'dark');
  await picture(page, `${name}-dark`);
  // The theme changes colours alone.
  expect.soft(await violations(page, { part, except: ALIKE, rules: ['color-contrast'] }), `${name}, dark`).toEqual([]);
  await wear(page, 'light');
}

async function wear(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', colorScheme);
}

export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(root, 'test-results/look', `${name}.png`), animations: 'disabled' });
}

export async function full(client: LabClient): Promise<void> {
  await client.samples.load({ id: 'nile-shop' });
  await client.streams.create({ name: 'orders', shards: 3 });
  await client.produce.append({ stream: 'orders', records: views(0, 500) });
  await client.streams.create({ name: 'empty', shards: 1 });
  await expect.poll(async () => (await client.streams.list({})).find(({ name }) => name === 'raw-events')?.events).toBe(2318);
}
