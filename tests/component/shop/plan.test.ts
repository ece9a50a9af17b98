/** What the shop needs, what of it is there, and how long a cart may stand. */
import { expect, test } from 'vitest';
import type { ProcessorState, ProcessorSummary } from '../../../main/api/processors.ts';
import { SAMPLE_PATIENCE, SAMPLE_WINDOW, withPatience } from '../../../renderer/src/features/shop/patience.ts';
import { type KnownLab, shopPlan, standingOf } from '../../../renderer/src/features/shop/shopPlan.ts';
import v1 from '../../../resources/processors/abandoned-cart-v1.ts?raw';
import { streamSummary } from '../fakeLab.ts';

function processor(
  name: string,
  inputs: string[],
  output: string,
  state: ProcessorState = 'running',
  windowMs: number | null = null,
): ProcessorSummary {
  const current = { version: 1, deployedAt: 0, inputs, outputs: [output], stores: [], windowMs, punctuateMs: null };
  return { name, file: `${name}.ts`, state, message: null, current, streams: {} } as unknown as ProcessorSummary;
}
const cart = (state?: ProcessorState, name = 'abandoned-cart-v1') => processor(name, ['raw-events'], 'derived-events', state, 30_000);
const coupon = (state?: ProcessorState) => processor('coupon', ['raw-events', 'derived-events'], 'coupons', state);
const known = (processors: ProcessorSummary[], shards: Record<string, number> = { 'raw-events': 3 }): KnownLab => ({
  streams: Object.entries(shards).map(([name, count]) => streamSummary(name, new Array<number>(count).fill(0))),
  streamsKnown: true,
  processors,
  processorsKnown: true,
});

test('how it stands', () => {
  expect(standingOf({ ...known([]), processorsKnown: false }).is).toBe('unknown');
  expect(standingOf(known([], {})).is).toBe('closed');
  expect(standingOf(known([]))).toEqual({ is: 'unwatched', missing: ['abandoned-cart-v1', 'coupon'] });
  expect(standingOf(known([coupon()]))).toEqual({ is: 'unwatched', missing: ['abandoned-cart-v1'] });
  expect(standingOf(known([cart(), coupon('paused')]))).toMatchObject({ is: 'still', worker: { name: 'coupon' } });
  expect(standingOf(known([cart('starting'), coupon('parked')])).is).toBe('open');
  // One of another name does as well. One without a window comes too late, and one that rests is passed over for one that works.
  expect(standingOf(known([cart('running', 'mine'), coupon()])).is).toBe('open');
  expect(standingOf(known([processor('abandoned-cart-v2', ['raw-events'], 'derived-events'), coupon()])).is).toBe('unwatched');
  expect(standingOf(known([cart('paused'), cart('running', 'mine'), coupon()])).is).toBe('open');
});

test('who came with a workspace does the work of the shop where its streams are those of the shop here', () => {
  const renamed = (one: ProcessorSummary, streams: Record<string, string>): ProcessorSummary => ({ ...one, streams });
  const elsewhere = renamed(cart(), { 'raw-events': 'raw-events-2', 'derived-events': 'derived-events-2' });
  expect(standingOf(known([elsewhere, coupon()]))).toEqual({ is: 'unwatched', missing: ['abandoned-cart-v1'] });
  expect(shopPlan(known([elsewhere, coupon()])).problem).toContain('There is a processor abandoned-cart-v1 that does not read');
  const other = renamed(processor('mine', ['raw'], 'derived', 'running', 30_000), { raw: 'raw-events', derived: 'derived-events' });
  expect(standingOf(known([other, coupon()])).is).toBe('open');
});

test('the plan says what is there, what is made, and what is run again', () => {
  const empty = shopPlan(known([], {}));
  expect(empty.parts.map(({ kind, name, isThere }) => [kind, name, isThere])).toEqual([
    ['stream', 'raw-events', false],
    ['stream', 'derived-events', false],
    ['stream', 'coupons', false],
    ['processor', 'abandoned-cart-v1', false],
    ['processor', 'coupon', false],
  ]);
  expect(empty).toMatchObject({ asksPatience: true, problem: null });
  const shards = { 'raw-events': 3, 'derived-events': 3, coupons: 3 };
  const whole = shopPlan(known([cart(), coupon()], shards));
  expect(whole.parts.every(({ isThere }) => isThere)).toBe(true);
  expect(whole.asksPatience).toBe(false);
  expect(shopPlan(known([cart('paused'), coupon()], shards)).parts.at(-2)!.says).toBe('is paused; it is run again');
});

test('what stands in the way is said', () => {
  expect(shopPlan(known([cart('untrusted')])).problem).toContain('Look at its source');
  expect(shopPlan(known([processor('coupon', ['orders'], 'codes')])).problem).toContain('There is a processor coupon that does not read');
  expect(shopPlan(known([], { 'raw-events': 3, 'derived-events': 1 })).problem).toContain('They have 3 and 1.');
});

test('patience is a number in the program; the sample has it once, and its window', () => {
  for (const place of [SAMPLE_PATIENCE, SAMPLE_WINDOW]) expect(v1.split(place)).toHaveLength(2);
  expect(withPatience(v1, SAMPLE_PATIENCE)).toBe(v1);
  const short = withPatience(v1, '10_000');
  expect(short).toContain('const ABANDONED_AFTER_MS = 10_000;');
  expect(short).toContain(`every: '1s'`);
});
