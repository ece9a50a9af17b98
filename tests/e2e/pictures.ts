/** A screen looked at in both themes and both sizes, and by axe. Its pictures are in test-results/look. */
import path from 'node:path';
import type { Page } from 'playwright/test';
import { violations } from './axe.ts';
import { expect, root } from './lab.ts';

const SIZES = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 800 },
];

/** `except`: a selector of what axe leaves out, since it is looked at elsewhere. */
export async function picture(page: Page, name: string, except?: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.screenshot({
        path: path.join(root, `test-results/look/${name}-${size.width}-${colorScheme}.png`),
        animations: 'disabled',
      });
    }
    expect(await violations(page, except === undefined ? {} : { except })).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
