/**
 * The abandoned cart, second version: sessions in event time. Events of a shopper that lie less than 30 minutes apart are one session; a session
 * that ends with something in the cart is an abandoned one. A session has ended when event time has passed its end, so the answer is the same
 * whenever the events arrive and however often they are read. An event that comes after its session was told is late, and dropped.
 */
import { defineProcessor, type Context, type Store } from 'loglab';

const GAP_MS = 30 * 60_000;

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

interface Session {
  /** As the last event tells it: in event time, here too. */
  shopper: Shopper;
  /** The first and the last event, milliseconds. */
  from: number;
  until: number;
  /** What was put into the cart, and when an order emptied it: in event time, whatever came first. */
  added: { at: number; items: Item[] }[];
  orderedAt: number;
}

export default defineProcessor<ShopEvent>({
  inputs: ['raw-events'],
  outputs: ['derived-events'],
  stores: ['sessions'],

  onEvent(event, ctx) {
    const { event: what, shopper, items = [], timestamp } = event.value;
    const at = Date.parse(timestamp);
    if (Number.isNaN(at)) return ctx.bad(`timestamp is no time: ${timestamp}`);
    if (ctx.streamTime !== null && at + GAP_MS <= ctx.streamTime) return ctx.log(`late: ${what} of ${shopper.id} at ${timestamp}`);
    const sessions: Store<Session[]> = ctx.store('sessions');
    let session: Session = { shopper, from: at, until: at, added: [], orderedAt: -Infinity };
    if (what === 'SHOPPER_ADDED_ITEM') session.added.push({ at, items });
    if (what === 'SHOPPER_PLACED_ORDER') session.orderedAt = at;
    const apart: Session[] = [];
    for (const other of sessions.get(shopper.id) ?? []) {
      if (at - other.until < GAP_MS && other.from - at < GAP_MS) session = merged(session, other);
      else apart.push(other);
    }
    sessions.set(shopper.id, [...apart, session]);
  },

  punctuate: {
    every: '10s',
    run(time, ctx) {
      const sessions: Store<Session[]> = ctx.store('sessions');
      for (const [id, all] of sessions.range()) {
        const open = all.filter(({ until }) => until + GAP_MS > time);
        if (open.length === all.length) continue;
        for (const session of all) if (!open.includes(session)) tell(session, ctx);
        if (open.length > 0) sessions.set(id, open);
        else sessions.delete(id);
      }
    },
  },
});

function merged(one: Session, other: Session): Session {
  return {
    shopper: one.until >= other.until ? one.shopper : other.shopper,
    from: Math.min(one.from, other.from),
    until: Math.max(one.until, other.until),
    added: [...other.added, ...one.added].sort((a, b) => a.at - b.at),
    orderedAt: Math.max(one.orderedAt, other.orderedAt ?? -Infinity),
  };
}

function tell({ shopper, added, until, orderedAt }: Session, ctx: Context): void {
  const items = added.filter(({ at }) => at > (orderedAt ?? -Infinity)).flatMap((each) => each.items);
  if (items.length === 0) return;
  const endMs = until + GAP_MS;
  const value = { event: 'SHOPPER_ABANDONED_CART', shopper, items, timestamp: new Date(endMs).toISOString() };
  ctx.emit('derived-events', { key: shopper.id, value, timestamp: endMs });
}
