import type { Locator, Page } from 'playwright/test';
import { expect } from '../lab.ts';
import { dialog, navigation } from '../screens.ts';
import { checks, followLesson } from './course.ts';
import { column, deploy, deployAnew, killProcess, newProcessor, replaceInSource } from './steps.ts';

const visitors = (page: Page): Locator => page.getByRole('region', { name: /^Visitor \d{6}$/ });
/** What abandoned-cart-v1 remembers. */
const carts = (page: Page): Locator => column(page, 'abandoned-cart-v1').getByRole('list', { name: /^Entries of/ });
/** How many carts v2 has found. */
const found = async (page: Page): Promise<string | undefined> =>
  /([\d,]+) to derived-events/.exec((await column(page, 'abandoned-cart-v2').innerText()).replaceAll(/\s+/g, ' '))?.[1];

async function openShop(page: Page): Promise<void> {
  await navigation(page).getByRole('link', { name: 'Processors' }).click();
  await page.getByRole('main').getByRole('button', { name: 'Nile shop' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Nile' })).toBeVisible();
}

async function putIntoCart(page: Page, visitor: number, product: string): Promise<void> {
  await visitors(page)
    .nth(visitor)
    .getByRole('button', { name: `Put into the cart: ${product}`, exact: true })
    .click();
}

followLesson('abandoned-cart', {
  async 'Open the shop'(page) {
    await openShop(page);
    await page.getByRole('button', { name: 'Set up the shop…' }).click();
    const asked = dialog(page, 'Set up the shop');
    await asked.getByText('30 min', { exact: true }).click();
    await asked.getByRole('button', { name: 'Set up' }).click();
    await expect(asked).toBeHidden();
  },
  async 'A cart left standing'(page) {
    const visitor = (await visitors(page).first().getAttribute('aria-label'))!.replace('Visitor ', '');
    await putIntoCart(page, 0, 'reading lamp');
    await expect(visitors(page).first().getByRole('group', { name: 'In the log' })).toContainText('added reading lamp');
    await page.getByRole('link', { name: 'Back to the lab' }).click();
    await expect(carts(page)).toContainText(visitor);
  },
  async 'Kill it in the middle'(page) {
    const before = await carts(page).innerText();
    await killProcess(page, 'abandoned-cart-v1');
    await expect(carts(page)).toHaveText(before.replaceAll(/\s+/g, ' '), { useInnerText: true });
  },
  async 'Less patience'(page, [thirty, every, ten, second]) {
    await column(page, 'abandoned-cart-v1').getByRole('link', { name: 'abandoned-cart-v1' }).click();
    await replaceInSource(page, 'abandoned-cart-v1', [
      [thirty!, ten!],
      [every!, second!],
    ]);
    await deploy(page);
    await expect(column(page, 'abandoned-cart-v1').getByText('v2')).toBeVisible();
    // Nobody types as fast as this test: the cart has not stood for ten seconds yet.
    await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(2);
  },
  async 'The coupon'(page) {
    await openShop(page);
    await expect(visitors(page).first().getByRole('group', { name: 'Coupon' })).toContainText('10 % off');
    await expect(page.getByRole('list', { name: 'The way of the coupon' })).toContainText('On your screen');
    await page.getByRole('button', { name: 'Second visitor' }).click();
    await putIntoCart(page, 1, 'iPad');
    await expect(visitors(page).nth(1).getByRole('group', { name: 'Coupon' })).toContainText('10 % off');
  },
  async 'Gone is gone'(page) {
    await visitors(page).nth(1).getByRole('button', { name: 'Leave the shop' }).click();
    await page.getByRole('button', { name: 'Come in as somebody new' }).click();
    await putIntoCart(page, 1, 'USB cable');
    await visitors(page).nth(1).getByRole('button', { name: 'Leave the shop' }).click();
    await expect(checks(page).getByRole('img', { name: 'Seen:' })).toHaveCount(2);
    await page.getByRole('link', { name: 'Back to the lab' }).click();
    await expect(column(page, 'coupon').getByRole('log')).toContainText('the session is over');
    await expect(column(page, 'coupon')).toContainText('2 to coupons');
  },
  async 'By event time'(page) {
    await newProcessor(page, 'abandoned-cart-v2');
    await deploy(page);
    await expect.poll(async () => Number(await found(page))).toBeGreaterThanOrEqual(40);
    // In all shards.
    await expect(column(page, 'abandoned-cart-v2').getByRole('table', { name: /^Lag/ })).not.toContainText(/behind|\?/);
    const before = await found(page);
    await killProcess(page, 'abandoned-cart-v2');
    await expect.poll(() => found(page)).toBe(before);
  },
  async 'The same answer'(page) {
    const before = await found(page);
    await deployAnew(page, 'abandoned-cart-v2');
    await expect.poll(() => found(page)).toBe(before);
  },
});
