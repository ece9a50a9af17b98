/**
 * Counts words. Each event's text is cut into words, and for each word its new count goes out, under the word as key: the last event of a key
 * is the count as of now. Try it on the lines of any text file.
 */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['lines'],
  outputs: ['counts'],
  stores: ['counts'],
  onEvent(event, ctx) {
    const counts = ctx.store<number>('counts');
    for (const [word] of (event.text ?? '').toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
      const count = (counts.get(word) ?? 0) + 1;
      counts.set(word, count);
      ctx.emit('counts', { key: word, value: count });
    }
  },
});
