/** Tells each event, and each punctuation of event time, as it comes to it. */
import { defineProcessor } from 'loglab';

export default defineProcessor({
  inputs: ['events', 'others'],
  outputs: ['ticks'],
  onEvent(event, ctx) {
    ctx.emit('ticks', { text: event.text ?? '', headers: event.headers });
  },
  punctuate: {
    every: '10s',
    run(_time, ctx) {
      ctx.emit('ticks', { text: 'punctuation' });
    },
  },
});
