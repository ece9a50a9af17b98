/** One visit to the shop: its deeds as events, its cart, its coupon. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LabError } from '../../../main/api/errors.ts';
import { PRODUCTS, productOf } from '../../../renderer/src/features/shop/catalogue.ts';
import { wayOf } from '../../../renderer/src/features/shop/couponWay.ts';
import { ShopVisit } from '../../../renderer/src/features/shop/visit.svelte.ts';
import { type SavedVisit, VisitStore } from '../../../renderer/src/features/shop/visitStore.ts';
import type { LabState } from '../../../renderer/src/state/lab.svelte.ts';
import { PRODUCTS as SAMPLE_PRODUCTS } from '../../../resources/samples/nile-shop/shop.ts';
import { ShopLab } from './shopLab.ts';

const [reader, lamp] = [productOf('reader-1')!, productOf('lamp-1')!];
let lab: ShopLab;
let page: LabState;
let saved: SavedVisit | null;
let now: number;
const visitOf = (): ShopVisit =>
  new ShopVisit(page, {
    store: { load: () => saved, save: (visit) => (saved = structuredClone(visit)) },
    now: () => now,
    random: () => 0.5,
  });

beforeEach(async () => {
  lab = new ShopLab();
  page = await lab.page();
  saved = null;
  now = 1_000;
});
afterEach(() => page.close());

test('it sells what the sample sells, at its prices', () => {
  expect(PRODUCTS.map(({ sku, name, cents }) => ({ sku, name, cents }))).toEqual(
    SAMPLE_PRODUCTS.map(({ sku, name, cents }) => ({ sku, name, cents })),
  );
});

test('deeds are events of the sample’s shape, one after the other, under the shopper’s key', async () => {
  const visit = visitOf();
  const { id, name, ipAddress } = visit.visitor;
  const shopper = { id, name, ipAddress };
  const timestamp = '1970-01-01T00:00:01.000Z';
  await Promise.all([visit.look(reader), visit.add(reader), visit.add(lamp), visit.add(reader), visit.order()]);
  const item = (product: { sku: string; name: string }, quantity = 1) => ({ product: { sku: product.sku, name: product.name }, quantity });
  const cart = { id: `${id}-1` };
  const added = (product: typeof reader) => {
    const { product: shown } = item(product);
    return { event: 'SHOPPER_ADDED_ITEM', shopper, product: shown, items: [item(product)], cart, timestamp };
  };
  const order = { id: `${id}-1`, value: 297.5, items: [item(reader, 2), item(lamp)] };
  expect(lab.said).toEqual([
    { event: 'SHOPPER_VIEWED_PRODUCT', shopper, product: item(reader).product, timestamp },
    ...[added(reader), added(lamp), added(reader)],
    { event: 'SHOPPER_PLACED_ORDER', shopper, order, cart, timestamp },
  ]);
  expect(lab.appended.map(({ key, timestamp: at }) => [new TextDecoder().decode(key!), at])).toEqual(lab.appended.map(() => [id, 1_000n]));
  expect(visit.items).toEqual([]);
  expect(visit.heard.map(({ words, place }) => `${place.offset} ${words}`)).toEqual([
    `4 ordered cart ${id}-1`,
    '3 added AvidReader',
    '2 added reading lamp',
    '1 added AvidReader',
    '0 viewed AvidReader',
  ]);
  await visit.add(lamp);
  expect(lab.said.at(-1)).toMatchObject({ cart: { id: `${id}-2` } });
});

test('what the log has not acknowledged is not in the cart', async () => {
  const visit = visitOf();
  lab.failure = new LabError('broker-down', 'Broker 1 is down.');
  await visit.add(reader);
  expect(visit.items).toEqual([]);
  expect(visit.heard).toEqual([]);
  expect(page.notices.list.map(({ message }) => (message as LabError).message)).toEqual(['Broker 1 is down.']);
  await visit.add(reader);
  expect(visit.items).toHaveLength(1);
  expect(page.notices.list).toEqual([]);
});

test('a coupon of its own is offered once, and seen with its way; those of others are not', async () => {
  const visit = visitOf();
  const stop = visit.listen();
  await visit.add(reader);
  lab.give('999999', 'NILE-OTHER');
  lab.give(visit.visitor.id, 'NILE-NONE', 'SOMETHING_ELSE');
  lab.give(visit.visitor.id, 'NILE-MINE');
  await vi.waitFor(() => expect(visit.coupon).toMatchObject({ id: 'NILE-MINE', percentOff: 10, state: 'offered', way: null }));
  now = 11_020;
  await Promise.all([visit.wasSeen(), visit.wasSeen()]);
  expect(lab.said.map(({ event }) => event)).toEqual(['SHOPPER_ADDED_ITEM', 'SHOPPER_SAW_COUPON']);
  expect(lab.said.at(-1)).toMatchObject({ coupon: { id: 'NILE-MINE' } });
  expect(wayOf(visit.coupon!.way!).map(({ says, afterMs }) => [says, afterMs])).toEqual([
    ['The cart was left', null],
    ['Found abandoned', 10_003],
    ['Coupon written', 5],
    ['On your screen', 12],
  ]);
  visit.decide('declined');
  expect(visit.centsToPay).toBe(129_00);
  visit.decide('taken');
  expect(visit.centsToPay).toBe(116_10);
  stop();

  // After a reload the stream is read from the visit's beginning: the coupon that is known does not pop up again.
  const again = visitOf();
  const stopAgain = again.listen();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(again.coupon).toMatchObject({ id: 'NILE-MINE', state: 'taken', isSeen: true });
  expect(again.items).toEqual(visit.items);
  await again.order();
  expect(lab.said.at(-1)).toMatchObject({ order: { value: 116.1 }, coupon: { id: 'NILE-MINE' } });
  expect(again.coupon!.state).toBe('spent');
  again.decide('taken');
  expect(again.coupon!.state).toBe('spent');
  stopAgain();
});

test('who has left does nothing more; who comes in then is somebody else', async () => {
  const visit = visitOf();
  await visit.add(reader);
  await visit.leave();
  await visit.add(lamp);
  expect(lab.said.map(({ event }) => event)).toEqual(['SHOPPER_ADDED_ITEM', 'SHOPPER_LEFT_SHOP']);
  expect(visitOf().hasLeft).toBe(true);
  visit.comeIn();
  expect(visit).toMatchObject({ hasLeft: false, items: [], heard: [], coupon: null });
});

test('a visit is kept by its name; what is kept and broken is none', () => {
  const store = new VisitStore('test', sessionStorage);
  const visit = new ShopVisit(page, { store });
  expect(new VisitStore('test', sessionStorage).load()?.visitor).toEqual(visit.visitor);
  expect(new VisitStore('other', sessionStorage).load()).toBeNull();
  sessionStorage.setItem('lab.shop.test', '{');
  expect(store.load()).toBeNull();
});
