/** What a visitor does, as the events of the Nile shop tell it: a subject, a verb, its objects, and the time. */
import type { CartItem, Product } from './catalogue.ts';
import type { Visitor } from './visitor.ts';

export type Deed =
  | { does: 'look'; product: Product }
  | { does: 'add'; product: Product; cart: string }
  | { does: 'order'; id: string; items: readonly CartItem[]; cents: number; cart: string; coupon: string | null }
  | { does: 'see'; coupon: string }
  | { does: 'leave' };

/** The value of its event; `at`: milliseconds. */
export function shopEvent({ id, name, ipAddress }: Visitor, deed: Deed, at: number): object {
  const shopper = { id, name, ipAddress };
  const timestamp = new Date(at).toISOString();
  switch (deed.does) {
    case 'look':
      return { event: 'SHOPPER_VIEWED_PRODUCT', shopper, product: shown(deed.product), timestamp };
    case 'add': {
      const product = shown(deed.product);
      return { event: 'SHOPPER_ADDED_ITEM', shopper, product, items: [{ product, quantity: 1 }], cart: { id: deed.cart }, timestamp };
    }
    case 'order': {
      const items = deed.items.map(({ product, quantity }) => ({ product: shown(product), quantity }));
      const coupon = deed.coupon === null ? {} : { coupon: { id: deed.coupon } };
      const order = { id: deed.id, value: deed.cents / 100, items };
      return { event: 'SHOPPER_PLACED_ORDER', shopper, order, cart: { id: deed.cart }, ...coupon, timestamp };
    }
    case 'see':
      return { event: 'SHOPPER_SAW_COUPON', shopper, coupon: { id: deed.coupon }, timestamp };
    case 'leave':
      return { event: 'SHOPPER_LEFT_SHOP', shopper, timestamp };
  }
}

/** In a few words, behind the visitor's name. */
export function deedWords(deed: Deed): string {
  switch (deed.does) {
    case 'look':
      return `viewed ${deed.product.name}`;
    case 'add':
      return `added ${deed.product.name}`;
    case 'order':
      return `ordered cart ${deed.cart}`;
    case 'see':
      return `saw coupon ${deed.coupon}`;
    case 'leave':
      return 'left the shop';
  }
}

const shown = ({ sku, name }: Product): object => ({ sku, name });
