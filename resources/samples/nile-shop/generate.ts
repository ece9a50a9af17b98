/**
 * Makes events.ndjson, one morning at the Nile shop, as records in JSON. The seed decides everything, so the file comes
 * out the same, byte for byte:
 *
 *   node resources/samples/nile-shop/generate.ts
 *
 * 1. Visits are planned per shopper (visits.ts), and looks around filled in, evenly over the two hours, until there are EVENTS.
 * 2. A cart is the adds of one shopper up to an order, or up to a silence after which the shopper starts anew.
 * 3. The shop's server sends an event 0.2 s after it happened; a few are held up on their way (LATE_S), a few are broken (BAD).
 * 4. Records are in order of arrival; a record's timestamp is its arrival, the event's own is in its value.
 */
import { writeFileSync } from 'node:fs';
import { spoil, type Spoiled } from './bad.ts';
import { chance, type Chance } from './random.ts';
import { PRODUCTS, SHOPPERS, type Product } from './shop.ts';
import { CLOSES, OPENS, planVisits, SILENCE_S, type Beat, type Visit } from './visits.ts';

export const STREAM = 'raw-events';
const EVENTS = 2318;
const SEED = 718;
const MIDNIGHT = Date.UTC(2018, 9, 15);
const USUAL_DELAY_MS = 200;

/** Seconds by which late events arrive after they happened: looks, and three that change what a processor finds. */
const LATE_S = {
  looks: [20, 24, 31, 38, 45, 58, 73, 90, 120, 150, 180, 240, 300, 420, 540, 660],
  /** Adds that arrive when the shopper's own order has gone by. */
  overtakenBy: [15, 70],
  add: 41,
  /** An order that arrives when half an hour has passed since the last add, though it was placed in time. */
  order: 900,
};

interface Cart {
  id: string;
  items: { product: Product; quantity: number }[];
  orderedAt?: number;
}

interface Moment {
  beat: Beat;
  visit: Visit;
  cart?: Cart;
  arrivesMs: number;
  spoiled?: Spoiled;
}

/** The whole file. */
export function generate(): string {
  const by = chance(SEED);
  const visits = planVisits(by, SHOPPERS);
  lookAround(by, visits);
  const moments = inOrder(visits);
  fillCarts(moments);
  holdUp(by, moments);
  spoil(by, moments);
  return write(moments);
}

/** Adds looks within the visits, at even chance over the morning, until there are EVENTS. */
function lookAround(by: Chance, visits: Visit[]): void {
  const taken = new Set(visits.flatMap((visit) => visit.beats.map((beat) => `${visit.shopper.id} ${beat.at}`)));
  while (taken.size < EVENTS) {
    const at = by.between(OPENS, CLOSES);
    const open = visits.filter((visit) => visit.beats[0]!.at < at && at < visit.beats.at(-1)!.at);
    if (open.length === 0) continue;
    const visit = by.one(open);
    const crowded = [-2, -1, 0, 1, 2].some((near) => taken.has(`${visit.shopper.id} ${at + near}`));
    if (crowded) continue;
    taken.add(`${visit.shopper.id} ${at}`);
    const seen = visit.beats.filter((beat) => beat.does !== 'order').map((beat) => beat.product);
    visit.beats.push({ at, does: 'view', product: by.percent(35) ? by.one(seen) : by.weighted(PRODUCTS) });
    visit.beats.sort((one, other) => one.at - other.at);
  }
}

function inOrder(visits: Visit[]): Moment[] {
  return visits
    .flatMap((visit) => visit.beats.map((beat) => ({ beat, visit, arrivesMs: beat.at * 1000 + USUAL_DELAY_MS })))
    .sort((one, other) => one.beat.at - other.beat.at);
}

/** Gives each add and order its cart: a shopper who adds after a silence begins a new one. Carts are numbered as they are begun. */
function fillCarts(moments: Moment[]): void {
  const shoppers = new Map<string, { lastAt: number; wasSilent: boolean; cart?: Cart | undefined }>();
  let carts = 0;
  for (const moment of moments) {
    const { at } = moment.beat;
    const { id } = moment.visit.shopper;
    const shopper = shoppers.get(id) ?? { lastAt: at, wasSilent: false };
    shoppers.set(id, shopper);
    if (at - shopper.lastAt > SILENCE_S) shopper.wasSilent = true;
    shopper.lastAt = at;
    if (moment.beat.does === 'add') {
      if (!shopper.cart || shopper.wasSilent) shopper.cart = { id: String(++carts), items: [] };
      shopper.wasSilent = false;
      put(shopper.cart, moment.beat.product, moment.beat.quantity);
      moment.cart = shopper.cart;
    }
    if (moment.beat.does === 'order') {
      moment.cart = shopper.cart!;
      moment.cart.orderedAt = at;
      shopper.cart = undefined;
    }
  }
}

function put(cart: Cart, product: Product, quantity: number): void {
  const same = cart.items.find((item) => item.product === product);
  if (same) same.quantity += quantity;
  else cart.items.push({ product, quantity });
}

function holdUp(by: Chance, moments: Moment[]): void {
  const shuffled = by.shuffled(moments);
  const late = (seconds: (moment: Moment) => number | undefined): void => {
    for (const moment of shuffled) {
      const held = seconds(moment);
      if (held === undefined || moment.beat.at + held > CLOSES || moment.arrivesMs !== moment.beat.at * 1000 + USUAL_DELAY_MS) continue;
      moment.arrivesMs = (moment.beat.at + held) * 1000;
      return;
    }
    throw new Error('No event of this morning can be late in that way. Take another seed.');
  };
  const lastAdd = (cart: Cart): number => Math.max(...moments.filter((each) => each.cart === cart && each.beat.does === 'add').map((each) => each.beat.at));

  for (const seconds of LATE_S.looks) late(({ beat }) => (beat.does === 'view' ? seconds : undefined));
  for (const seconds of LATE_S.overtakenBy) {
    late(({ beat, cart }) => {
      const ahead = beat.does === 'add' && cart?.orderedAt ? cart.orderedAt - beat.at : Infinity;
      return ahead < 300 ? ahead + seconds : undefined;
    });
  }
  late(({ beat }) => (beat.does === 'add' ? LATE_S.add : undefined));
  late(({ beat, cart }) => {
    if (beat.does !== 'order') return undefined;
    const sinceAdd = beat.at - lastAdd(cart!);
    return sinceAdd < SILENCE_S && sinceAdd + LATE_S.order > SILENCE_S ? LATE_S.order : undefined;
  });
}

function write(moments: Moment[]): string {
  let orders = 1000;
  const values = new Map(moments.map((moment) => [moment, value(moment, () => String(++orders))]));
  return [...moments]
    .sort((one, other) => one.arrivesMs - other.arrivesMs)
    .map((moment) => ({
      stream: STREAM,
      timestamp: new Date(MIDNIGHT + moment.arrivesMs).toISOString(),
      key: moment.visit.shopper.id,
      value: values.get(moment),
      headers: [],
    }))
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('');
}

const shown = ({ sku, name }: Product) => ({ sku, name });

function value(moment: Moment, nextOrder: () => string): string {
  const { beat, visit, cart, spoiled } = moment;
  const { id, name } = visit.shopper;
  const shopper = { id, name, ...(spoiled?.by === 'no address' ? {} : { ipAddress: visit.address }) };
  const happened = new Date(MIDNIGHT + beat.at * 1000).toISOString().replace('.000Z', 'Z');
  const timestamp = spoiled?.by === 'no time' ? spoiled.timestamp(happened) : happened;
  const text = JSON.stringify(event());
  return spoiled?.by === 'cut short' ? text.slice(0, spoiled.characters) : text;

  function event(): object {
    if (beat.does === 'view') return { event: 'SHOPPER_VIEWED_PRODUCT', shopper, product: shown(beat.product), timestamp };
    const cartId = { id: cart!.id };
    if (beat.does === 'add') {
      const items = [{ product: shown(beat.product), quantity: beat.quantity }];
      return { event: 'SHOPPER_ADDED_ITEM', shopper, product: shown(beat.product), items, cart: cartId, timestamp };
    }
    const cents = cart!.items.reduce((sum, item) => sum + item.product.cents * item.quantity, 0);
    const items = cart!.items.map((item) => ({ product: shown(item.product), quantity: item.quantity }));
    return { event: 'SHOPPER_PLACED_ORDER', shopper, order: { id: nextOrder(), value: cents / 100, items }, cart: cartId, timestamp };
  }
}

if (import.meta.main) writeFileSync(new URL('events.ndjson', import.meta.url), generate());
