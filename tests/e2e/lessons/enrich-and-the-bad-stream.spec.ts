import { expect } from '../lab.ts';
import { detail, grid, navigation, openStream, row } from '../screens.ts';
import { followLesson } from './course.ts';
import { column, deploy, deployAnew, newProcessor, replaceInSource, sendKeyed } from './steps.ts';

followLesson('enrich-and-the-bad-stream', {
  async 'A morning of raw events'(page) {
    await navigation(page).getByRole('link', { name: 'Streams' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Open the sample shop' }).click();
    await expect(row(grid(page), 2318)).toBeVisible();
    await row(grid(page), 2318).click();
    await expect(detail(page)).toContainText('ipAddress');
  },
  async 'A program over a stream'(page) {
    await newProcessor(page, 'validate-and-enrich');
    const test = page.getByRole('region', { name: 'Test' });
    await test.getByRole('button', { name: 'Newest of raw-events' }).click();
    await test.getByRole('button', { name: 'Run' }).click();
    await expect(test.getByRole('status')).toHaveText('20 events emitted');
  },
  async 'In = good + bad'(page) {
    await deploy(page);
    await expect(column(page, 'validate-and-enrich')).toContainText('2,318 in = 2,306 good + 12 bad');
  },
  async 'Where it came from'(page, [key, value]) {
    await sendKeyed(page, 'raw-events', key!, value!);
    await openStream(page, 'enriched-events');
    await expect(row(grid(page), 2307)).toContainText('Linköping');
  },
  async 'All that is wrong with it'(page, [key, value]) {
    await sendKeyed(page, 'raw-events', key!, value!);
    await openStream(page, 'bad');
    await row(grid(page), 13).click();
    await expect(detail(page)).toContainText('timestamp missing');
    await expect(detail(page)).toContainText('shopper.ipAddress is no address: home');
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await expect(column(page, 'validate-and-enrich')).toContainText('2,320 in = 2,307 good + 13 bad');
  },
  async 'Mend the program'(page, [before, after, key, value]) {
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await column(page, 'validate-and-enrich').getByRole('link', { name: 'validate-and-enrich' }).click();
    await replaceInSource(page, 'validate-and-enrich', [[before!, after!]]);
    await deploy(page);
    await expect(column(page, 'validate-and-enrich').getByText('v2')).toBeVisible();
    await sendKeyed(page, 'raw-events', key!, value!);
  },
  async 'Read it again, with other eyes'(page) {
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await deployAnew(page, 'validate-and-enrich');
    await expect(column(page, 'validate-and-enrich')).toContainText('2,321 in = 2,316 good + 5 bad');
  },
});
