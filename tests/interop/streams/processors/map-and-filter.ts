/** Of what shoppers put into carts, the first item under its product. */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['raw-events'],
  outputs: ['added'],
  onEvent(event, ctx) {
    const { event: what, shopper, items } = event.value;
    if (what !== 'SHOPPER_ADDED_ITEM') return;
    const sku = items?.[0]?.product?.sku;
    if (typeof sku !== 'string') return ctx.bad('no item with a product');
    if (typeof shopper?.id !== 'string') return ctx.bad('no shopper with an id');
    const { quantity } = items[0];
    const value = { shopper: shopper.id, quantity: typeof quantity === 'number' ? quantity : null };
    ctx.emit('added', { key: sku, value, headers: event.headers });
  },
});
