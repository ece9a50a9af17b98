/** Counts each event and tells the count, and only then throws at those that say so. */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['events'],
  outputs: ['counts'],
  stores: ['counts'],
  onEvent(event, ctx) {
    const counts = ctx.store<number>('counts');
    const count = (counts.get('all') ?? 0) + 1;
    counts.set('all', count);
    ctx.emit('counts', { value: count });
    if (event.text === 'throw') throw new Error('thrown');
  },
});
