/** Keeps the keys of all events; one without a key has them told in the order of the store. */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['events'],
  outputs: ['keys'],
  stores: ['kept'],
  onEvent(event, ctx) {
    const kept = ctx.store<string>('kept');
    if (event.key !== null) kept.set(event.key, '');
    else for (const [key] of kept.range()) ctx.emit('keys', { key, text: event.text ?? '' });
  },
});
