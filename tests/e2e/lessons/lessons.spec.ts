/** What all lessons have in common; each is followed by the spec that has its name. */
import { readdirSync } from 'node:fs';
import { expect, test } from '../lab.ts';
import { dialog, navigation, openLab } from '../screens.ts';
import { checks, lessonsFolder, panel } from './course.ts';
import { makeStream } from './steps.ts';

test('each lesson is followed', () => {
  const specs = readdirSync(import.meta.dirname);
  expect(specs).toEqual(expect.arrayContaining(readdirSync(lessonsFolder).map((id) => `${id}.spec.ts`)));
});

test('a lesson is left, taken up after a reload, and started again', async ({ page, lab, client }) => {
  await openLab(page, lab);
  await page.getByRole('button', { name: 'Start the lesson' }).click();
  await panel(page).getByRole('button', { name: 'Next' }).click();
  await expect(panel(page).getByRole('button', { name: 'Next' }), 'a student may look ahead').toBeEnabled();
  await makeStream(page, 'inn-events', 3);
  await expect(checks(page).getByRole('img', { name: 'Not yet:' }), 'three shards are not one').toHaveCount(1);
  await client.streams.delete({ name: 'inn-events' });
  await expect(navigation(page).getByRole('link', { name: 'inn-events' })).toHaveCount(0);
  await makeStream(page, 'inn-events', 1);
  await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(1);

  await page.reload();
  await expect(panel(page)).toContainText('A stream of your own');
  await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(1);
  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Leave the lesson' }).click();
  await expect(panel(page)).toBeHidden();
  await page.reload();
  await navigation(page).getByRole('link', { name: 'Lessons' }).click();
  await expect(page.getByRole('main')).toContainText('2 of 10 steps');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(panel(page)).toContainText('A stream of your own');

  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Start again…' }).click();
  const asked = dialog(page, 'Start the lesson again');
  await expect(asked).toContainText('inn-events, 0 events');
  await asked.getByRole('button', { name: 'Keep it as it is' }).click();
  expect((await client.streams.list({})).map(({ name }) => name)).toEqual(['inn-events']);
  await panel(page).getByRole('button', { name: 'Lesson menu' }).click();
  await page.getByRole('menuitem', { name: 'Start again…' }).click();
  await asked.getByRole('button', { name: 'Delete 1 stream and start again' }).click();
  await expect(panel(page)).toContainText('Something happened');
  await expect.poll(() => client.streams.list({})).toEqual([]);
});
