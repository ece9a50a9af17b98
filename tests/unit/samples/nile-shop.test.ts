/** The sample's story adds up: what processors, lessons and other tests are told of it is so. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { describe, expect, test } from 'vitest';
import { generate, STREAM } from '../../../resources/samples/nile-shop/generate.ts';
import { PRODUCTS, SHOPPERS } from '../../../resources/samples/nile-shop/shop.ts';

interface RecordJson {
  stream: string;
  timestamp: string;
  key: string;
  value: string;
  headers: [string, string][];
}

interface Item {
  product: { sku: string; name: string };
  quantity: number;
}

interface ShopEvent {
  event: string;
  shopper: { id: string; name: string; ipAddress?: string };
  product?: Item['product'];
  items?: Item[];
  cart?: { id: string };
  order?: { id: string; value: number; items: Item[] };
  timestamp: string;
}

const folder = new URL('../../../resources/samples/nile-shop/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const sample = JSON.parse(read('sample.json')) as {
  id: string;
  title: string;
  summary: string;
  stream: string;
  shards: number;
  events: number;
};
const text = read('events.ndjson');
const records = text
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordJson);

const DATE_TIME = /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const ADDRESSES = /^(203\.0\.113|198\.51\.100|192\.0\.2|10\.\d+\.\d+)\.\d+$|^2001:db8:/;
const HALF_AN_HOUR = 30 * 60;
const FROM = Date.UTC(2018, 9, 15, 9) / 1000;
const UNTIL = Date.UTC(2018, 9, 15, 11) / 1000;

const parsed = records.map((record) => ({ record, event: parse(record.value) }));
const notJson = parsed.filter(({ event }) => event === null);
const whole = parsed.flatMap(({ record, event }) => (event === null ? [] : [{ record, event }]));
const withoutAddress = whole.filter(({ event }) => event.shopper.ipAddress === undefined);
const withoutTime = whole.filter(({ event }) => !DATE_TIME.test(event.timestamp));
const good = whole
  .filter(({ event }) => event.shopper.ipAddress !== undefined && DATE_TIME.test(event.timestamp))
  .map(({ record, event }) => ({ record, event, at: Date.parse(event.timestamp) / 1000 }));
const byEventTime = [...good].sort((one, other) => one.at - other.at);

function parse(value: string): ShopEvent | null {
  try {
    return JSON.parse(value) as ShopEvent;
  } catch {
    return null;
  }
}

interface Cart {
  shopper: string;
  items: Map<string, number>;
  lastAddAt: number;
  order?: { at: number; items: Item[]; value: number };
}

const carts = new Map<string, Cart>();
const odd: string[] = [];
for (const { event, at } of byEventTime) {
  if (!event.cart) continue;
  const cart = carts.get(event.cart.id) ?? { shopper: event.shopper.id, items: new Map<string, number>(), lastAddAt: at };
  carts.set(event.cart.id, cart);
  if (cart.shopper !== event.shopper.id) odd.push(`cart ${event.cart.id} has two shoppers`);
  if (cart.order) odd.push(`something follows the order of cart ${event.cart.id}`);
  if (event.order) cart.order = { at, items: event.order.items, value: event.order.value };
  for (const { product, quantity } of event.items ?? []) {
    cart.items.set(product.sku, (cart.items.get(product.sku) ?? 0) + quantity);
    cart.lastAddAt = at;
  }
}

test('the generator writes the committed file, byte for byte', () => {
  expect(generate()).toBe(text);
  expect(sample).toMatchObject({ id: 'nile-shop', stream: STREAM, shards: 3, events: 2318 });
});

describe('records', () => {
  test('there are 2,318, as JSON lines of one shape, without shard and offset', () => {
    expect(records).toHaveLength(2318);
    for (const record of records) {
      expect(Object.keys(record)).toEqual(['stream', 'timestamp', 'key', 'value', 'headers']);
      expect(record).toMatchObject({ stream: STREAM, headers: [] });
      expect(new Date(record.timestamp).toISOString()).toBe(record.timestamp);
    }
    expect(records[0]).toMatchObject({ timestamp: '2018-10-15T09:00:02.200Z', key: '789' });
  });

  test('they stand in order of arrival, all within the two hours', () => {
    const arrivals = records.map((record) => Date.parse(record.timestamp) / 1000);
    expect(arrivals).toEqual([...arrivals].sort((one, other) => one - other));
    expect(arrivals[0]).toBeGreaterThanOrEqual(FROM);
    expect(arrivals.at(-1)).toBeLessThan(UNTIL);
  });

  test('the key is the shopper, and every shopper comes', () => {
    for (const { record, event } of whole) expect(event.shopper.id).toBe(record.key);
    expect(new Set(records.map((record) => record.key))).toEqual(new Set(SHOPPERS.map((shopper) => shopper.id)));
    expect(SHOPPERS).toHaveLength(40);
    expect(SHOPPERS.map((shopper) => shopper.id)).toEqual(
      expect.arrayContaining(['123', '456', '789', '204', '317', '561', '642', '875', '930']),
    );
  });
});

describe('bad and late events', () => {
  test('12 are bad, each in one way: 8 without address, 3 without a time, 1 not JSON', () => {
    expect([withoutAddress.length, withoutTime.length, notJson.length]).toEqual([8, 3, 1]);
    expect(good).toHaveLength(2318 - 12);
    for (const { event } of withoutTime) expect(Date.parse(event.timestamp)).toBeNaN();
  });

  test('bad ones are looks, so that carts add up with and without them', () => {
    for (const { event } of [...withoutAddress, ...withoutTime]) expect(event.event).toBe('SHOPPER_VIEWED_PRODUCT');
    expect(notJson[0]!.record.value).toContain('SHOPPER_VIEWED_PRODUCT');
  });

  test('20 arrive 20 to 900 s late and out of order, all others 0.2 s after they happened', () => {
    const delays = good.map(({ record, at }) => Date.parse(record.timestamp) / 1000 - at);
    const late = delays.filter((delay) => Math.abs(delay - 0.2) > 0.001);
    expect(late).toHaveLength(20);
    expect(Math.min(...late)).toBe(20);
    expect(Math.max(...late)).toBe(900);
    const overtaken = good.filter(({ at }, n) => good.slice(0, n).some((before) => before.at > at));
    expect(overtaken).toHaveLength(20);
  });

  test('two adds arrive after the order that holds them, and one order when half an hour has passed', () => {
    const arrival = (record: RecordJson): number => Date.parse(record.timestamp) / 1000;
    const orders = good.filter(({ event }) => event.order);
    const overtaken = orders.filter(({ record, event }) =>
      good.some((add) => add.event.items && add.event.cart!.id === event.cart!.id && arrival(add.record) > arrival(record)),
    );
    expect(overtaken).toHaveLength(2);
    const tooLate = orders.filter(({ record, event, at }) => {
      const { lastAddAt } = carts.get(event.cart!.id)!;
      return at - lastAddAt <= HALF_AN_HOUR && arrival(record) - lastAddAt > HALF_AN_HOUR;
    });
    expect(tooLate).toHaveLength(1);
  });
});

describe('events', () => {
  test('only the three, each with exactly its fields', () => {
    const fields: Record<string, string[]> = {
      SHOPPER_VIEWED_PRODUCT: ['event', 'shopper', 'product', 'timestamp'],
      SHOPPER_ADDED_ITEM: ['event', 'shopper', 'product', 'items', 'cart', 'timestamp'],
      SHOPPER_PLACED_ORDER: ['event', 'shopper', 'order', 'cart', 'timestamp'],
    };
    for (const { event } of whole) {
      expect(Object.keys(event)).toEqual(fields[event.event]);
      expect(Object.keys(event.shopper)).toEqual(event.shopper.ipAddress === undefined ? ['id', 'name'] : ['id', 'name', 'ipAddress']);
      if (event.items) expect(event.items.map((item) => item.product)).toEqual([event.product]);
    }
    expect(new Set(whole.map(({ event }) => event.event))).toEqual(new Set(Object.keys(fields)));
  });

  test('products are those of the shop, and a shopper keeps the name', () => {
    const names = new Map(PRODUCTS.map((product) => [product.sku, product.name]));
    const shoppers = new Map(SHOPPERS.map((shopper) => [shopper.id, shopper.name]));
    for (const { event } of whole) {
      expect(event.shopper.name).toBe(shoppers.get(event.shopper.id));
      if (event.product) expect(event.product.name).toBe(names.get(event.product.sku));
    }
  });

  test('addresses are documentation or private ones, with 203.0.113.9 and version 6 among them', () => {
    const addresses = new Set(good.map(({ event }) => event.shopper.ipAddress!));
    for (const address of addresses) {
      expect(isIP(address), address).not.toBe(0);
      expect(address).toMatch(ADDRESSES);
    }
    expect(addresses).toContain('203.0.113.9');
    expect([...addresses].some((address) => address.startsWith('2001:db8::'))).toBe(true);
    expect([...addresses].filter((address) => address.startsWith('10.')).length).toBeGreaterThanOrEqual(2);
  });
});

describe('carts', () => {
  test('each has one shopper, and its order is the last of it', () => {
    expect(odd).toEqual([]);
  });

  test('an order holds what was added to its cart before, at the price of the shop', () => {
    const cents = new Map(PRODUCTS.map((product) => [product.sku, product.cents]));
    const ordered = [...carts.values()].flatMap((cart) => (cart.order ? [{ cart, order: cart.order }] : []));
    expect(ordered).toHaveLength(60);
    for (const { cart, order } of ordered) {
      expect(new Map(order.items.map((item) => [item.product.sku, item.quantity]))).toEqual(cart.items);
      expect(order.at).toBeGreaterThan(cart.lastAddAt);
      expect(Math.round(order.value * 100)).toBe(order.items.reduce((sum, item) => sum + cents.get(item.product.sku)! * item.quantity, 0));
    }
    expect(new Set(byEventTime.flatMap(({ event }) => event.order?.id ?? [])).size).toBe(60);
  });

  test('many are abandoned, and how one looks decides how many', () => {
    expect(carts.size).toBe(115);
    const sinceAdd = [...carts.values()].filter(
      ({ lastAddAt, order }) => Math.min(order?.at ?? Infinity, UNTIL) - lastAddAt > HALF_AN_HOUR,
    );
    expect(sinceAdd).toHaveLength(50);
    const sessionOver = [...carts.values()].filter((cart) => {
      const end = sessionEnd(cart);
      return end + HALF_AN_HOUR < UNTIL && !(cart.order && cart.order.at <= end);
    });
    expect(sessionOver).toHaveLength(46);
  });

  test('some shoppers come back after 10 to 20 minutes and order', () => {
    const back = [...carts.values()].filter(({ shopper, lastAddAt, order }) => {
      if (!order || order.at - lastAddAt > HALF_AN_HOUR) return false;
      const times = byEventTime
        .filter(({ event, at }) => event.shopper.id === shopper && at >= lastAddAt && at <= order.at)
        .map(({ at }) => at);
      return times.some((at, n) => n > 0 && at - times[n - 1]! >= 10 * 60 && at - times[n - 1]! <= 20 * 60);
    });
    expect(back.length).toBeGreaterThanOrEqual(10);
  });

  test('shopper 789 leaves a cart at 10:14, comes back at 10:48 and orders another', () => {
    const story = byEventTime.filter(
      ({ event }) => event.shopper.id === '789' && event.event !== 'SHOPPER_VIEWED_PRODUCT' && event.timestamp > '2018-10-15T10',
    );
    expect(story.map(({ event }) => `${event.timestamp.slice(11, 19)} ${event.event}`)).toEqual([
      '10:14:20 SHOPPER_ADDED_ITEM',
      '10:52:35 SHOPPER_ADDED_ITEM',
      '10:54:10 SHOPPER_PLACED_ORDER',
    ]);
    expect(story[1]!.event.cart).not.toEqual(story[0]!.event.cart);
    expect(story[2]!.event.cart).toEqual(story[1]!.event.cart);
  });

  /** When the session in which the cart was last added to ends: no event of the shopper follows for half an hour. */
  function sessionEnd(cart: Cart): number {
    let end = cart.lastAddAt;
    for (const { event, at } of byEventTime) if (event.shopper.id === cart.shopper && at >= end && at - end <= HALF_AN_HOUR) end = at;
    return end;
  }
});
