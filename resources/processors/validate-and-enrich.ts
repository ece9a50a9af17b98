/**
 * Validate and enrich: each event comes out either good, with the place of its shopper, or bad, as it was, with all that is wrong with it. So in =
 * good + bad, and nothing is lost.
 */
import { defineProcessor } from 'loglab';

/** RFC 3339, as every event should have it: 2018-10-15T09:00:02Z. */
const DATE_TIME = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

interface ShopEvent {
  event?: unknown;
  shopper?: { id?: unknown; ipAddress?: unknown };
  timestamp?: unknown;
}

export default defineProcessor<ShopEvent>({
  inputs: ['raw-events'],
  outputs: ['enriched-events'],

  onEvent(event, ctx) {
    const { value } = event;
    // A value that is no JSON has thrown by now, which makes the event bad, too. The checks go on after the first, so that all is told at once.
    if (typeof value?.event !== 'string') ctx.bad('event missing');
    if (typeof value?.shopper?.id !== 'string') ctx.bad('shopper.id missing');
    if (typeof value?.timestamp !== 'string') ctx.bad('timestamp missing');
    else if (!DATE_TIME.test(value.timestamp)) ctx.bad(`timestamp is no date-time: ${value.timestamp}`);

    const address = value?.shopper?.ipAddress;
    if (typeof address !== 'string') return ctx.bad('shopper.ipAddress missing');
    const { kind, country, city } = ctx.geo.lookup(address);
    if (kind === 'malformed') return ctx.bad(`shopper.ipAddress is no address: ${address}`);

    // Of a private address, or one that the database does not know, both are null.
    ctx.emit('enriched-events', { value: { ...value, shopper: { ...value.shopper, country, city } } });
  },
});
