import type { Locator, Page } from 'playwright/test';
import { startReader, startWriter } from '../kafkaPrograms.ts';
import { expect, type Lab } from '../lab.ts';
import { detail, dialog, grid, navigation, openStream, row } from '../screens.ts';
import { followLesson } from './course.ts';
import { makeStream } from './steps.ts';

const produces = (page: Page): Locator => page.getByRole('table', { name: 'Requests' }).getByRole('button', { name: 'Produce' });
const answered = (page: Page): Locator =>
  page.getByRole('region', { name: 'Request', exact: true }).getByLabel('Answered', { exact: true });

/** What the code of Connect does, in the name of its client. */
async function runProgram(name: string, lab: Lab, key = '789'): Promise<void> {
  const program = await startWriter(name, lab.kafka);
  await program.send('till-events', { key, value: '{"event":"SHOPPER_VIEWED_PRODUCT"}' });
  await program.close();
}

followLesson('many-programs', {
  async 'The first program'(page, [name], lab) {
    await makeStream(page, name!, 3);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Connect a Kafka client…' }).click();
    await dialog(page, 'Connect').getByRole('tab', { name: 'Node' }).click();
    await expect(dialog(page, 'Connect').getByRole('group', { name: 'Write an event' })).toContainText(lab.kafka[0]!);
    await page.keyboard.press('Escape');
    await runProgram('my-node', lab);
    await expect(row(grid(page), 1)).toContainText('789');
  },
  async 'What it asked'(page, _codes, lab) {
    await navigation(page).getByRole('link', { name: 'Requests' }).click();
    await runProgram('my-node', lab);
    await produces(page).nth(1).waitFor();
    await produces(page).first().click();
    await expect(answered(page)).toContainText(/"baseOffset": "?1"?/);
  },
  async 'A second program'(page, _codes, lab) {
    await runProgram('my-python', lab);
    await expect(produces(page)).toHaveCount(3);
    await openStream(page, 'till-events');
    await expect(row(grid(page), 3)).toContainText('789');
  },
  async 'Another key'(page, [key], lab) {
    await runProgram('my-python', lab, key);
    await row(grid(page), 4).click();
    await expect(detail(page)).toContainText('2 · 0');
    await runProgram('my-node', lab, key);
    await expect(row(grid(page), 5)).toBeVisible();
  },
  async 'Two readers'(_page, _codes, lab) {
    for (const name of ['my-kcat', 'my-python']) {
      const reader = startReader(name, lab.kafka);
      expect(await reader.fetch('till-events', 1, 0n)).toBe(3);
      expect(await reader.fetch('till-events', 2, 0n)).toBe(2);
      await reader.close();
    }
  },
});
