import { expect, test } from '../lab.ts';
import { dialog, openLab } from '../screens.ts';
import { look } from './look.ts';

test('the shop: closed, unwatched, empty, with a coupon, a coupon that counts, two visitors, beside a lesson', async ({
  page,
  lab,
  client,
}) => {
  await openLab(page, lab, '#/shop');
  await expect(page.getByText('The shop is closed')).toBeVisible();
  await look(page, 'shop-closed');
  await page.getByRole('button', { name: 'Set up the shop…' }).click();
  await expect(dialog(page, 'Set up the shop')).toBeVisible();
  await look(page, 'shop-set-up', '[role=dialog]');
  await dialog(page, 'Set up the shop').getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('list', { name: 'Products' })).toBeVisible();
  await expect(page.getByRole('status', { name: 'Notices' })).toContainText('The shop is open.');
  // It goes by itself.
  await expect(page.getByRole('status', { name: 'Notices' })).toBeEmpty();
  await look(page, 'shop-empty');

  for (const product of ['AvidReader', 'AvidReader cover', 'AvidReader'])
    await page.getByRole('button', { name: `Put into the cart: ${product}`, exact: true }).click();
  const way = page.getByRole('list', { name: 'The way of the coupon' });
  await expect(way).toBeVisible();
  await look(page, 'shop-coupon');
  await page.getByRole('button', { name: 'Use it' }).click();
  await expect(page.getByRole('group', { name: 'Cart' })).toContainText('NILE-');
  await look(page, 'shop-coupon-taken');
  await page.getByRole('button', { name: 'iPad', exact: true }).click();
  await look(page, 'shop-product');
  await page.getByRole('button', { name: 'Second visitor' }).click();
  await page
    .getByRole('region', { name: /^Visitor/ })
    .nth(1)
    .getByRole('button', { name: 'Put into the cart: USB cable' })
    .click();
  await expect(page.getByRole('group', { name: 'Coupon' }).nth(1)).toContainText('10 % off');
  await look(page, 'shop-two-visitors');
  await client.lessons.start({ id: 'abandoned-cart' });
  await client.lessons.go({ step: 5 });
  await expect(page.getByRole('complementary', { name: 'Lesson' })).toContainText('The coupon');
  await look(page, 'shop-lesson');
  await client.lessons.leave({});
  await client.processors.pause({ name: 'abandoned-cart-v1' });
  await expect(page.getByRole('status', { name: 'State of the shop' })).toContainText('paused');
  await page.getByRole('button', { name: 'One visitor' }).click();
  await look(page, 'shop-paused');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Take the shop down…' }).click();
  await look(page, 'shop-take-down', '[role=dialog]');
  await dialog(page, 'Take the shop down').getByRole('button', { name: 'Take it down' }).click();
  await expect(page.getByText('Nobody watches the carts.')).toBeVisible();
  await look(page, 'shop-unwatched');
});
