/** What time travel is tried with: processors of each kind, and random events, orders and walks. */
import fc from 'fast-check';
import type { RehearsalOrder } from '../../../../main/api/rehearsals.ts';
import { START } from './rehearsing.ts';

export const SHARDS = 3;

function processor(parts: string, inputs = ['in'], outputs = ['out']): string {
  return `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ${JSON.stringify(inputs)}, outputs: ${JSON.stringify(outputs)}, stores: ['kept', 'other'],
${parts}
});`;
}

const COUNT = `const kept = ctx.store('kept');
  const n = (kept.get(event.key ?? '') ?? 0) + event.value.n;
  if (n % 5 === 0) kept.delete(event.key ?? ''); else kept.set(event.key ?? '', n);
  if (event.value.n === 3) ctx.store('other').set('three', [event.offset, ctx.random()]);
  ctx.emit('out', { value: [n, ctx.streamTime, ctx.random()] });`;

/** One of each kind. */
export const KINDS: Record<string, string> = {
  'per event': processor(`onEvent(event, ctx) {
  if (event.value.n % 3 === 0) return ctx.bad('It is a third.');
  if (event.value.n % 4 === 0) throw new Error('It is a fourth.');
  for (let n = 0; n < event.value.n % 3; n++) ctx.emit('out', { value: { n, from: event.offset }, headers: [['n', String(n)]] });
  ctx.log('seen', event.value.n);
}`),
  stateful: processor(`onEvent(event, ctx) { ${COUNT} if (event.value.n === 7) throw new Error('Seven.'); }`),
  window: processor(`onEvent(event, ctx) { ${COUNT} },
window: { every: '10s', run(time, ctx) {
  const kept = ctx.store('kept');
  if (kept.size > 2) throw new Error('Too many.');
  for (const [key, n] of kept.range()) { ctx.emit('out', { key, value: [time, n] }); if (n > 4) kept.delete(key); }
} }`),
  punctuation: processor(`onEvent(event, ctx) { ${COUNT} },
punctuate: { every: '7s', run(time, ctx) { const kept = ctx.store('kept'); kept.set('punctuated', time); ctx.emit('out', { value: [time, kept.size] }); } }`),
};
export const BEHIND = processor(
  `onEvent(event, ctx) { const kept = ctx.store('kept'); kept.set('n', [event.stream, event.shard, event.offset, (kept.get('n') ?? [0, 0, 0, 0])[3] + 1]);
  if (event.headers.length > 0) ctx.store('other').set(event.headers[0][1] ?? '', event.value); ctx.emit('last', { value: kept.get('n') }); },
window: { every: '15s', run(time, ctx) { ctx.emit('last', { value: [time, ctx.store('kept').get('n') ?? null] }); } }`,
  ['out'],
  ['last'],
);

export interface Event {
  shard: number;
  timestamp: bigint;
  key: string | null;
  n: number;
}

const event: fc.Arbitrary<Event> = fc.record({
  shard: fc.integer({ min: 0, max: SHARDS - 1 }),
  timestamp: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 }).map((seconds) => BigInt(START + seconds * 1_000)) },
    { weight: 1, arbitrary: fc.constant(-1n) },
  ),
  key: fc.constantFrom(null, 'a', 'b', 'ö', '\u{1f6d2}', '\uffee'),
  n: fc.integer({ min: 0, max: 9 }),
});
const order: fc.Arbitrary<RehearsalOrder> = fc.oneof(
  fc.constantFrom<RehearsalOrder>({ by: 'append' }, { by: 'event-time' }, { by: 'shards' }),
  fc.integer().map((seed): RehearsalOrder => ({ by: 'shuffled', seed })),
);

/** `chunk`: positions of a chunk; `moves`: steps of the walk, or jumps. */
export interface Case {
  kind: string;
  events: Event[];
  batch: number;
  order: RehearsalOrder;
  chunk: number;
  moves: (number | { to: number })[];
}
export const aCase: fc.Arbitrary<Case> = fc.record({
  kind: fc.constantFrom(...Object.keys(KINDS)),
  events: fc.array(event, { minLength: 1, maxLength: 40 }),
  batch: fc.integer({ min: 1, max: 12 }),
  order,
  chunk: fc.integer({ min: 1, max: 50 }),
  moves: fc.array(fc.oneof(fc.constantFrom(1, -1, 2), fc.record({ to: fc.nat(45) })), { minLength: 5, maxLength: 25 }),
});
