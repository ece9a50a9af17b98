/** A stream of words, some of them bad, and programs that count them. */
import type { Event } from './rehearsing.ts';

export const SHARDS = 3;
export const EVENTS = 240;
export const WORDS: Event[] = Array.from({ length: EVENTS }, (_, at) => ({
  ...{ shard: (at * 7) % SHARDS, at: at + (at % 5), key: `w${at % 11}` },
  value: at % 50 === 49 ? 'bad' : { at },
}));

export const source = (
  parts: string,
  { inputs = ['words'], outputs = ['counts'] } = {},
): string => `import { defineProcessor } from 'loglab';
let module = 0;
export default defineProcessor({
  inputs: ${JSON.stringify(inputs)},
  outputs: ${JSON.stringify(outputs)},
  stores: ['seen'],
  ${parts}
});
`;
export const COUNTING = `if (event.text === 'bad') return ctx.bad('It is said to be bad.');
    const seen = ctx.store('seen');
    export const count = (seen.get(event.key) ?? 0) + 1;
    seen.set(event.key, count);`;
export const count = (by = 'count', streams = {}): string =>
  source(
    `onEvent(event, ctx) {\n${COUNTING}\nctx.emit('counts', { value: { word: event.key, count: ${by}, chance: ctx.random() } });\n}`,
    streams,
  );
export const COUNT = count();
