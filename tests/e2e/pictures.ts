/** A screen looked at in both themes and both sizes, and by axe. Its pictures are in test-results/look. */
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright/test';
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
    const axe = new AxeBuilder({ page }).setLegacyMode();
    const { violations } = await (except === undefined ? axe : axe.exclude(except)).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
