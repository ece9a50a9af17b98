/**
 * The abandoned cart, first version: a store, and a window of the wall clock. What a shopper puts into a cart is remembered with its time; an
 * order empties the cart; every 30 seconds the carts are looked through, and one that nothing was put into for 30 minutes is abandoned.
 *
 * It looks at the clock on the wall, so its answer depends on when events arrive, and on when it runs. abandoned-cart-v2.ts does not.
 */
import { defineProcessor, type Store } from 'loglab';

const ABANDONED_AFTER_MS = 30 * 60_000;

interface Shopper {
  id: string;
}

interface Item {
  product: { sku: string; name: string };
  quantity: number;
}

interface ShopEvent {
  event: string;
  shopper: Shopper;
  items?: Item[];
  timestamp: string;
}

interface Cart {
  shopper: Shopper;
  items: Item[];
  /** When something was put into it last, milliseconds. */
  at: number;
}

export default defineProcessor<ShopEvent>({
  inputs: ['raw-events'],
  outputs: ['derived-events'],
  stores: ['carts'],

  onEvent(event, ctx) {
    const carts: Store<Cart> = ctx.store('carts');
    const { event: what, shopper, items = [], timestamp } = event.value;
    if (what === 'SHOPPER_ADDED_ITEM') {
      const at = Date.parse(timestamp);
      if (Number.isNaN(at)) return ctx.bad(`timestamp is no time: ${timestamp}`);
      const before = carts.get(shopper.id)?.items ?? [];
      carts.set(shopper.id, { shopper, items: [...before, ...items], at });
    } else if (what === 'SHOPPER_PLACED_ORDER') {
      carts.delete(shopper.id);
    }
  },

  window: {
    every: '30s',
    run(time, ctx) {
      const carts: Store<Cart> = ctx.store('carts');
      for (const [id, { shopper, items, at }] of carts.range()) {
        if (time - at < ABANDONED_AFTER_MS) continue;
        const timestamp = new Date(time).toISOString();
        ctx.emit('derived-events', { key: id, value: { event: 'SHOPPER_ABANDONED_CART', shopper, items, timestamp } });
        carts.delete(id);
      }
    },
  },
});
