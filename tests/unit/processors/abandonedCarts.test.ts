/** The samples of the abandoned cart, where their events are strange: what tests/interop/streams has found. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { resources } from '../openLab.ts';
import { at, runProcessor, START } from './running.ts';

const MINUTE_S = 60;
const sample = (version: string): string => readFileSync(path.join(resources, `processors/abandoned-cart-${version}.ts`), 'utf8');
const iso = (seconds: number): string => new Date(Number(START) + seconds * 1_000).toISOString();

/** Something is put into the cart; `rest`: what is different in the value. */
const added = (seconds: number, rest: object = {}): Record<string, unknown> => ({
  event: 'SHOPPER_ADDED_ITEM',
  shopper: { id: '7' },
  items: [{ product: { sku: 'lamp-1', name: 'reading lamp' }, quantity: 1 }],
  timestamp: iso(seconds),
  ...rest,
});

it('v1: what does not say when it was put into a cart is bad, and makes no cart that was abandoned at once', async () => {
  const events = [at(0, added(0)), at(1, added(1, { timestamp: undefined })), at(2, added(2, { timestamp: 'soon' }))];
  const { emitted } = await runProcessor(sample('v1'), events, { runOnMs: 31 * MINUTE_S * 1_000 });
  expect(emitted.map(({ output, headers }) => [output, headers])).toEqual([
    ['bad', [['loglab.reason', 'timestamp is no time: undefined']]],
    ['bad', [['loglab.reason', 'timestamp is no time: soon']]],
    ['derived-events', []],
  ]);
  expect(JSON.parse(emitted[2]!.text!)).toMatchObject({ items: [{ quantity: 1 }] });
});

it('v2: a session tells its shopper as its last event does, whichever of them came last', async () => {
  const [first, last] = [added(0, { shopper: { id: '7', name: 'then' } }), added(5 * MINUTE_S, { shopper: { id: '7', name: 'now' } })];
  const end = at(60 * MINUTE_S, added(60 * MINUTE_S, { event: 'END', shopper: { id: 'end' } }));
  for (const events of [
    [first, last],
    [last, first],
  ]) {
    const { emitted } = await runProcessor(sample('v2'), [...events.map((value) => at(5 * MINUTE_S, value)), end]);
    expect(emitted.map(({ output, text }) => [output, (JSON.parse(text!) as { shopper: object }).shopper])).toEqual([
      ['derived-events', { id: '7', name: 'now' }],
    ]);
  }
});
