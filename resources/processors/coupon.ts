/**
 * The coupon: who leaves a cart standing and is still in the shop gets one, once in a session. Who has left, or was silent for half an hour,
 * would not see it, and gets none.
 *
 * It reads what happens in the shop, to know who is there, and the carts that were abandoned. Both must meet in one store, so both streams need the
 * same number of shards: a shopper's key leads to the same shard in each.
 */
import { defineProcessor, type Context, type Store } from 'loglab';

/** A shopper of whom nothing is heard for so long has gone. */
const SESSION_ENDS_AFTER_MS = 30 * 60_000;
const PERCENT_OFF = 10;
/** Without those that are taken for another: 0 and O, 1 and I. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

interface ShopEvent {
  event: string;
  shopper: { id: string };
  items?: unknown[];
  timestamp: string;
}

interface Session {
  /** Its first event and its last, milliseconds. */
  from: number;
  until: number;
  /** The shopper has said goodbye. */
  hasLeft: boolean;
}

interface Coupon {
  id: string;
  percentOff: number;
}

export default defineProcessor<ShopEvent>({
  inputs: ['raw-events', 'derived-events'],
  outputs: ['coupons'],
  stores: ['sessions', 'coupons'],

  onEvent({ stream, shard, offset, value }, ctx) {
    const { event: what, shopper, timestamp } = value;
    const at = Date.parse(timestamp);
    if (Number.isNaN(at)) return ctx.bad(`timestamp is no time: ${timestamp}`);
    const sessions: Store<Session> = ctx.store('sessions');
    const session = sessions.get(shopper.id);
    const isOver = session === undefined || session.hasLeft || at - session.until >= SESSION_ENDS_AFTER_MS;

    if (stream === 'raw-events') {
      // What comes late says nothing of who is there now.
      if (session && at < session.until) return;
      sessions.set(shopper.id, { from: isOver ? at : session.from, until: at, hasLeft: what === 'SHOPPER_LEFT_SHOP' });
      return;
    }
    if (what !== 'SHOPPER_ABANDONED_CART') return;
    if (isOver) return ctx.log(`no coupon for ${shopper.id}: the session is over`);
    const coupon: Coupon = { id: newCode(ctx), percentOff: PERCENT_OFF };
    // Put on the condition that none was given in this session: whatever comes twice, the coupon does not.
    const given: Store<Coupon & { session: number }> = ctx.store('coupons');
    const isFirst = given.setIf(shopper.id, { ...coupon, session: session.from }, (last) => last?.session !== session.from);
    if (!isFirst) return ctx.log(`no coupon for ${shopper.id}: one was given in this session`);
    const because = { stream, shard, offset };
    const event = { event: 'SHOPPER_GOT_COUPON', shopper, coupon, items: value.items, because, timestamp: new Date(ctx.now).toISOString() };
    ctx.emit('coupons', { key: shopper.id, value: event, timestamp: ctx.now });
  },

  /** Sessions that are over are forgotten, with their coupons. */
  punctuate: {
    every: '10m',
    run(time, ctx) {
      const sessions: Store<Session> = ctx.store('sessions');
      for (const [id, { until }] of sessions.range()) {
        if (time - until < SESSION_ENDS_AFTER_MS) continue;
        sessions.delete(id);
        ctx.store('coupons').delete(id);
      }
    },
  },
});

function newCode(ctx: Context): string {
  let code = 'NILE-';
  for (let place = 0; place < 5; place++) code += LETTERS[Math.floor(ctx.random() * LETTERS.length)];
  return code;
}
