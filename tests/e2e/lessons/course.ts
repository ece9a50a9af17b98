/**
 * A lesson, followed as a student would: by the words of its steps, on the real page. What a step says to paste is taken from the step. A check
 * ticks after the deed and not before.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import type { Lesson } from '../../../main/api/lessons.ts';
import { expect, type Lab, root, test } from '../lab.ts';
import { navigation, openLab } from '../screens.ts';

export const lessonsFolder = path.join(root, 'resources/lessons');

export const panel = (page: Page): Locator => page.getByRole('complementary', { name: 'Lesson' });
export const checks = (page: Page): Locator =>
  panel(page).getByRole('list', { name: 'What the lab is waiting to see' }).getByRole('listitem');

/** What the student does in a step; `codes` are the texts that the step says to copy. */
type Deed = (page: Page, codes: string[], lab: Lab) => Promise<void>;

/** `deeds`: by the titles of the steps. A step that is only read has none. */
export function followLesson(id: string, deeds: Record<string, Deed>): void {
  const { title, steps } = JSON.parse(readFileSync(path.join(lessonsFolder, id, 'lesson.json'), 'utf8')) as Lesson;

  test(`“${title}”, from its first step to its last`, async ({ page, lab, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const titles = steps.map((step) => step.title);
    expect(titles).toEqual(expect.arrayContaining(Object.keys(deeds)));
    await openLab(page, lab, '#/lessons');
    await page
      .getByRole('list', { name: 'Lessons' })
      .getByRole('listitem')
      .filter({ has: page.getByRole('heading', { name: title, exact: true }) })
      .getByRole('button', { name: 'Start' })
      .click();

    for (const [index, step] of steps.entries()) {
      await expect(panel(page).getByRole('region', { name: `Step ${index + 1}` })).toContainText(step.title);
      const last = index === steps.length - 1;
      const next = panel(page).getByRole('button', { name: last ? 'Finish' : 'Next' });
      await expect(checks(page)).toHaveCount(step.checks.length);
      const seen = checks(page).getByRole('img', { name: 'Seen:' });
      if (step.checks.length > 0) await expect(seen, 'nothing is ticked before the deed').not.toHaveCount(step.checks.length);
      await deeds[step.title]?.(page, await codesOf(page), lab);
      if (step.checks.length > 0) expect(deeds, `a deed for “${step.title}”`).toHaveProperty([step.title]);
      await expect(seen, step.title).toHaveCount(step.checks.length);
      await next.click();
      if (!last)
        await expect(panel(page).getByRole('button', { name: `Step ${index + 1} of ${steps.length}: ${step.title}, done` })).toBeVisible();
    }
    await expect(panel(page)).toBeHidden();
    await navigation(page).getByRole('link', { name: 'Lessons' }).click();
    await expect(page.getByRole('main')).toContainText(`${steps.length} of ${steps.length} steps`);
  });
}

/** What the step says to copy, by its own buttons. */
async function codesOf(page: Page): Promise<string[]> {
  const codes: string[] = [];
  for (const copy of await panel(page).locator('pre').getByRole('button').all()) {
    await copy.click();
    await expect(copy).toHaveText('Copied');
    codes.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  return codes;
}
