/** How many events each key has had. An event without a key or a value is not counted. */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['raw-events'],
  outputs: ['counts'],
  stores: ['counts'],
  onEvent(event, ctx) {
    if (event.key === null || event.text === null) return;
    const counts = ctx.store<number>('counts');
    const count = (counts.get(event.key) ?? 0) + 1;
    counts.set(event.key, count);
    ctx.emit('counts', { value: count, headers: event.headers });
  },
});
