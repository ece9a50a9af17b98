/** The shop: set up by one button, a cart is left standing, and the coupon pops up for who left it, and for nobody else. */
import type { Locator, Page } from 'playwright/test';
import type { LabClient } from '../../main/api/index.ts';
import { expect, test } from './lab.ts';
import { dialog, fromPalette, openLab } from './screens.ts';

const visit = (page: Page, at = 0): Locator => page.getByRole('region', { name: /^Visitor \d{6}$/ }).nth(at);
const coupon = (within: Locator): Locator => within.getByRole('group', { name: 'Coupon' });
const cart = (within: Locator): Locator => within.getByRole('group', { name: 'Cart' });
const inTheLog = (within: Locator): Locator => within.getByRole('group', { name: 'In the log' });
const putIntoCart = (within: Locator, product: string): Promise<void> =>
  within.getByRole('button', { name: `Put into the cart: ${product}`, exact: true }).click();
const idOf = async (within: Locator): Promise<string> => (await within.getAttribute('aria-label'))!.replace('Visitor ', '');

async function setUp(page: Page, patience = '10 s'): Promise<void> {
  await page.getByRole('button', { name: 'Set up the shop…' }).click();
  const asked = dialog(page, 'Set up the shop');
  await asked.getByRole('radiogroup', { name: 'A cart may stand for' }).getByText(patience, { exact: true }).click();
  await asked.getByRole('button', { name: 'Set up' }).click();
  await expect(asked).toBeHidden();
  await expect(visit(page)).toBeVisible();
}

async function eventsOf(client: LabClient, stream: string): Promise<{ key: string; value: Record<string, unknown> & { event: string } }[]> {
  const { rows } = await client.events.window({ stream, from: 'end', limit: 50 });
  const all = rows.map(({ shard, offset }) => client.events.get({ stream, shard, offset }));
  return (await Promise.all(all)).map(({ key, value }) => ({
    key: Buffer.from(key!).toString(),
    value: JSON.parse(Buffer.from(value!).toString()) as { event: string },
  }));
}
const names = async (client: LabClient, stream: string, key: string): Promise<string[]> =>
  (await eventsOf(client, stream)).filter((event) => event.key === key).map(({ value }) => value.event);

test('set up, a cart is left, the coupon pops up with its way in milliseconds, and counts for the order', async ({ page, lab, client }) => {
  await openLab(page, lab, '#/processors');
  await page.getByRole('button', { name: 'Nile shop' }).click();
  await expect(page.getByText('The shop is closed')).toBeVisible();
  await page.screenshot({ path: test.info().outputPath('closed.png') });
  await page.getByRole('button', { name: 'Set up the shop…' }).first().click();
  const parts = dialog(page, 'Set up the shop').getByRole('list', { name: 'What the shop needs' }).getByRole('listitem');
  await expect(parts).toHaveText([/raw-events is made/, /derived-events is made/, /coupons is made/, /abandoned-cart-v1/, /coupon/]);
  await page.screenshot({ path: test.info().outputPath('set-up.png') });
  await page.keyboard.press('Escape');
  await setUp(page);
  const mine = visit(page);
  const id = await idOf(mine);

  await mine.getByRole('button', { name: 'AvidReader', exact: true }).click();
  await mine.getByRole('button', { name: 'Put into the cart', exact: true }).click();
  await mine.getByRole('button', { name: 'All products' }).click();
  await putIntoCart(mine, 'reading lamp');
  await expect(cart(mine)).toContainText('168.50');
  await expect(inTheLog(mine).getByRole('listitem')).toHaveCount(3);
  expect(await names(client, 'raw-events', id)).toEqual(['SHOPPER_VIEWED_PRODUCT', 'SHOPPER_ADDED_ITEM', 'SHOPPER_ADDED_ITEM']);
  await page.screenshot({ path: test.info().outputPath('cart.png') });

  await expect(coupon(mine)).toContainText('10 % off');
  const way = coupon(mine).getByRole('list', { name: 'The way of the coupon' });
  await expect(way.getByRole('listitem')).toHaveText([
    /The cart was left/,
    /[\d,]+ ms\s*Found abandoned/,
    /\d+ ms\s*Coupon written/,
    /\d+ ms\s*On your screen/,
  ]);
  const took = [...(await way.innerText()).matchAll(/([\d,]+) ms/g)].map(([, ms]) => Number(ms!.replace(',', '')));
  expect(took[0]).toBeGreaterThanOrEqual(10_000);
  // From the last that was put into it until the log had it.
  const [added] = (await eventsOf(client, 'raw-events'))
    .filter(({ key, value }) => key === id && value.event === 'SHOPPER_ADDED_ITEM')
    .slice(-1);
  const { rows } = await client.events.window({ stream: 'derived-events', from: 'end', limit: 50 });
  const { appendedAt } = await client.events.get({ stream: 'derived-events', shard: rows[0]!.shard, offset: rows[0]!.offset });
  expect(took[0]).toBe(appendedAt - Date.parse(added!.value['timestamp'] as string));
  await page.screenshot({ path: test.info().outputPath('coupon.png') });
  const [given] = await eventsOf(client, 'coupons');
  expect(given).toMatchObject({ key: id, value: { event: 'SHOPPER_GOT_COUPON', shopper: { id }, coupon: { percentOff: 10 } } });
  const { id: code } = given!.value['coupon'] as { id: string };
  await expect(coupon(mine)).toContainText(code);
  await expect.poll(() => names(client, 'raw-events', id)).toContain('SHOPPER_SAW_COUPON');

  await coupon(mine).getByRole('button', { name: 'Use it' }).click();
  await expect(cart(mine)).toContainText('−16.85');
  await expect(cart(mine)).toContainText('151.65');
  await page.screenshot({ path: test.info().outputPath('used.png') });
  // It goes on after a reload: the visitor, the cart, the coupon.
  await page.reload();
  await expect(cart(mine)).toContainText('151.65');
  expect(await idOf(mine)).toBe(id);
  await cart(mine).getByRole('button', { name: 'Order' }).click();
  await expect(cart(mine)).toContainText('Nothing in it yet');
  const ordered = (await eventsOf(client, 'raw-events')).find(
    ({ value }) => value.event === 'SHOPPER_PLACED_ORDER' && (value['cart'] as { id: string }).id === `${id}-1`,
  );
  expect(ordered!.value).toMatchObject({ order: { value: 151.65, items: [{ quantity: 1 }, { quantity: 1 }] }, coupon: { id: code } });
});

test('two tabs are two visitors, and neither sees the other’s coupon; one who has left gets none', async ({
  page,
  lab,
  client,
  context,
}) => {
  await openLab(page, lab, '#/shop');
  await setUp(page);
  const [other] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Open in a tab of its own' }).click()]);
  const [mine, theirs] = [visit(page), visit(other)];
  const [myId, theirId] = [await idOf(mine), await idOf(theirs)];
  expect(myId).not.toBe(theirId);
  // A third, beside the second, leaves before the coupon could come.
  await other.getByRole('button', { name: 'Second visitor' }).click();
  const third = visit(other, 1);
  const thirdId = await idOf(third);
  await other.bringToFront();
  await putIntoCart(theirs, 'iPad');
  await putIntoCart(third, 'USB cable');
  await third.getByRole('button', { name: 'Leave the shop' }).click();
  await expect(other.getByRole('heading', { name: / has left$/ })).toBeVisible();
  await expect(coupon(theirs)).toContainText('10 % off');
  await other.screenshot({ path: test.info().outputPath('side-by-side.png') });
  await page.bringToFront();
  await putIntoCart(mine, 'thinkpad');
  await expect(coupon(mine)).toContainText('10 % off');
  const codes = await Promise.all([mine, theirs].map(async (one) => /NILE-\w+/.exec(await coupon(one).innerText())![0]));
  expect(codes[0]).not.toBe(codes[1]);
  const given = await eventsOf(client, 'coupons');
  expect(given.map(({ key }) => key)).toEqual([theirId, myId]);
  await expect.poll(() => names(client, 'derived-events', thirdId)).toEqual(['SHOPPER_ABANDONED_CART']);

  // Another cart in the same session: abandoned, and no second coupon.
  await coupon(mine).getByRole('button', { name: 'Not now' }).click();
  await putIntoCart(mine, 'USB cable');
  await expect.poll(() => names(client, 'derived-events', myId)).toHaveLength(2);
  await expect
    .poll(async () =>
      (await client.processors.list({}))
        .find(({ name }) => name === 'coupon')!
        .tasks.every(({ inputs }) => inputs.every(({ lag }) => lag === 0)),
    )
    .toBe(true);
  expect(await eventsOf(client, 'coupons')).toHaveLength(2);
});

test('it says why no coupon will come, and what to do; it is taken down, from the palette too', async ({ page, lab, client }) => {
  await client.streams.create({ name: 'raw-events', shards: 3 });
  await openLab(page, lab, '#/shop');
  const state = page.getByRole('status', { name: 'State of the shop' });
  await expect(state).toContainText('abandoned-cart-v1 and coupon are not there');
  await page.screenshot({ path: test.info().outputPath('unwatched.png') });
  await putIntoCart(visit(page), 'iPad');
  await expect(cart(visit(page))).toContainText('329.00');
  await setUp(page);
  await expect(state).toBeEmpty();
  expect((await client.streams.list({})).map(({ name, shards }) => [name, shards.length])).toEqual(
    expect.arrayContaining([
      ['raw-events', 3],
      ['derived-events', 3],
      ['coupons', 3],
    ]),
  );
  await client.processors.pause({ name: 'coupon' });
  await expect(state).toContainText('coupon is paused');
  await page.screenshot({ path: test.info().outputPath('paused.png') });
  await state.getByRole('button', { name: 'Run coupon' }).click();
  await expect(state).toBeEmpty();

  await fromPalette(page, 'Take the shop down');
  const asked = dialog(page, 'Take the shop down');
  await expect(asked).toContainText('abandoned-cart-v1 and coupon');
  await asked.getByRole('checkbox', { name: /^Delete derived-events/ }).check();
  await page.screenshot({ path: test.info().outputPath('take-down.png') });
  await asked.getByRole('button', { name: 'Take it down' }).click();
  await expect(state).toContainText('are not there');
  expect(await client.processors.list({})).toEqual([]);
  // The streams go after the processors.
  await expect
    .poll(async () =>
      (await client.streams.list({}))
        .filter(({ isInternal }) => !isInternal)
        .map(({ name }) => name)
        .sort(),
    )
    .toEqual(['bad', 'raw-events']);
});
