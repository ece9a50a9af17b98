import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright/test';
import { expect, root } from '../lab.ts';
import { choose, dialog, grid, navigation, openStream, row } from '../screens.ts';
import { followLesson, panel } from './course.ts';
import { column, deploy, newProcessor } from './steps.ts';

const carting = ['abandoned-cart-v1', 'abandoned-cart-v2'];
const position = (page: Page): Locator => page.getByRole('slider', { name: 'Position', exact: true });

followLesson('replay', {
  async 'A morning, and two programs'(page) {
    await navigation(page).getByRole('link', { name: 'Streams' }).click();
    await page.getByRole('main').getByRole('button', { name: 'Open the sample shop' }).click();
    await expect(row(grid(page), 2318)).toBeVisible();
    await newProcessor(page, 'abandoned-cart-v1');
    await newProcessor(page, 'abandoned-cart-v2');
    await deploy(page);
    await expect(column(page, 'abandoned-cart-v2')).toContainText('2,318 in = 2,314 good + 4 bad');
  },
  async 'On the bench'(page) {
    await panel(page).getByRole('link', { name: 'bench' }).click();
    for (const name of carting) await page.getByRole('checkbox', { name }).check();
    await page.getByRole('button', { name: 'Start the rehearsal' }).click();
    await expect(position(page)).toHaveAttribute('aria-valuemax', '2318');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
  },
  async 'The first difference'(page) {
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await expect(comparison.getByRole('status')).toContainText('up to event 2,318');
    await comparison.getByRole('button', { name: 'First difference' }).click();
    const second = page.getByRole('region', { name: 'abandoned-cart-v2 v1', exact: true });
    await expect(second.getByRole('group', { name: 'So far' })).toContainText('1 bad');
    await expect(second).toContainText('timestamp is no time: 15/10/2018 09:21');
    const there = Number(await position(page).getAttribute('aria-valuenow'));
    await page.getByRole('button', { name: 'Step back' }).click();
    await expect(position(page)).toHaveAttribute('aria-valuenow', String(there - 1));
    await expect(second.getByRole('group', { name: 'So far' })).toContainText('0 bad');
    await page.getByRole('button', { name: 'Step', exact: true }).click();
  },
  async 'A better program'(page, [before, after]) {
    const second = page.getByRole('region', { name: /^abandoned-cart-v2 (v1|changed)$/ });
    await second.getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Change its code…' }).click();
    const source = page.getByRole('textbox', { name: 'Source of abandoned-cart-v2 on the bench' });
    const text = readFileSync(path.join(root, 'resources/processors/abandoned-cart-v2.ts'), 'utf8');
    expect(text.split(before!)).toHaveLength(2);
    await expect(source).toContainText('GAP_MS');
    await source.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text.replace(before!, after!));
    const changed = page.getByRole('region', { name: 'abandoned-cart-v2 changed', exact: true });
    await expect(changed.getByRole('group', { name: 'So far' })).toContainText('0 bad');
    await page.getByRole('region', { name: 'Code of abandoned-cart-v2' }).getByRole('button', { name: 'Deploy…' }).click();
    await dialog(page, 'Deploy abandoned-cart-v2').getByRole('button', { name: 'Deploy', exact: true }).click();
    await expect(column(page, 'abandoned-cart-v2').getByText('v2', { exact: true })).toBeVisible();
  },
  async 'The same past'(page, [into]) {
    const found = async (): Promise<string | undefined> =>
      /([\d,]+) to derived-events/.exec((await column(page, 'abandoned-cart-v2').innerText()).replaceAll(/\s+/g, ' '))?.[1];
    await expect.poll(found).toBeDefined();
    const before = (await found())!;
    await openStream(page, 'raw-events');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    const setUp = dialog(page, 'Replay');
    await choose(setUp, /^Through/, 'abandoned-cart-v2');
    await setUp.getByRole('textbox', { name: 'Into the stream' }).fill(into!);
    await setUp.getByRole('button', { name: 'Start the replay' }).click();
    const replay = page.getByRole('article', { name: `Replay of raw-events into ${into}` });
    await expect(replay).toContainText('done');
    await expect(replay, 'as many carts as version 1 has found').toContainText(`${before} events sent, 1 bad`);
  },
  async 'Bad events go back'(page) {
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await column(page, 'abandoned-cart-v2').getByRole('link', { name: '4 bad', exact: true }).click();
    const groups = page.getByRole('list', { name: 'Groups of bad events' });
    await groups.getByRole('button', { name: /15\/10\/2018 09:21/ }).click();
    const group = page.getByRole('region', { name: 'Group', exact: true });
    await group.getByRole('button', { name: 'Send 1 back' }).click();
    await expect(group).toContainText('1 succeeded');
    await navigation(page).getByRole('link', { name: 'Processors' }).click();
    await expect(column(page, 'abandoned-cart-v2').getByRole('log')).toContainText('late');
  },
});
