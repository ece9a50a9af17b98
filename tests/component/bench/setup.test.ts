import { expect, it } from 'vitest';
import type { ProcessorSummary } from '../../../main/api/processors.ts';
import {
  chained,
  columnsOf,
  emptyWords,
  inChainOrder,
  onlyWords,
  rangesOf,
  wired,
} from '../../../renderer/src/features/bench/benchSetup.ts';
import { shapeHere } from '../../../renderer/src/features/bench/processorChoice.ts';
import { changeLines } from '../../../renderer/src/features/bench/parts/changeLines.ts';

const shape = (name: string, inputs: string[], outputs: string[]) => ({ name, inputs, outputs });
const cart = shape('cart', ['raw'], ['derived']);
const coupon = shape('coupon', ['derived'], ['coupons']);

it('a processor that reads what another one emits follows it, one that reads the stream does not', () => {
  expect(chained('raw', [cart, coupon])).toEqual([null, 1]);
  expect(chained('raw', [cart, shape('both', ['raw', 'derived'], [])])).toEqual([null, null]);
});

it('each comes after the one whose output it reads', () => {
  const ordered = inChainOrder('raw', [{ shape: coupon }, { shape: cart }]);
  expect(ordered.map(({ shape: { name } }) => name)).toEqual(['cart', 'coupon']);
});

it('asks for the streams that are read, and for columns by their places', () => {
  const setup = {
    ...{ stream: 'raw', from: '1000', until: null, order: { by: 'append' } as const },
    processors: [
      { name: 'cart', version: 2, source: null },
      { name: 'coupon', version: null, source: 'changed' },
    ],
  };
  expect(rangesOf(setup, [cart, coupon])).toEqual([{ stream: 'raw', from: { at: 'time', time: 1000n }, until: { at: 'end' } }]);
  expect(columnsOf(setup, [cart, coupon])).toEqual([
    { name: 'cart', version: 2, source: null, after: null },
    { name: 'coupon', version: null, source: 'changed', after: 1 },
  ]);
});

it('a change is told line by line, and what lies far from it is left out', () => {
  const told = (value: unknown) => ({ text: JSON.stringify(value), length: JSON.stringify(value).length });
  const before = told({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 });
  const after = told({ a: 1, b: 2, c: 3, d: 4, e: 5, f: 7 });
  expect(changeLines(before, after).map(({ kind, text }) => `${kind} ${text.trim()}`)).toEqual([
    'left-out …',
    'same "d": 4,',
    'same "e": 5,',
    'gone "f": 6',
    'new "f": 7',
    'same }',
  ]);
  expect(changeLines(null, told({ a: 1 })).every(({ kind }) => kind === 'new')).toBe(true);
});

it('streams are those that they are called here', () => {
  const streams: Record<string, string> = { raw: 'raw-2' };
  const lab = { processor: (name: string) => (name === 'cart' ? ({ streams } as ProcessorSummary) : undefined) };
  expect(shapeHere(lab, cart)).toEqual(shape('cart', ['raw-2'], ['derived']));
  expect(shapeHere(lab, coupon)).toEqual(coupon);
});

it('a range that a replay has chosen is asked for as it is, of the stream alone', () => {
  const only = { shards: [0, 2], fromOffset: '20', untilOffset: null, keys: { are: 'these' as const, keys: ['k1', 'k2', 'k3', 'k4'] } };
  const setup = {
    ...{ stream: 'raw', from: null, until: '2000', order: { by: 'append' } as const, only },
    processors: [{ name: 'cart', version: 2, source: null }],
  };
  const encoded = ['k1', 'k2', 'k3', 'k4'].map((key) => new TextEncoder().encode(key));
  expect(rangesOf(setup, [shape('cart', ['raw', 'prices'], [])])).toEqual([
    {
      ...{ stream: 'raw', shards: [0, 2], from: { at: 'offset', offset: 20n }, until: { at: 'time', time: 2000n } },
      keys: { are: 'these', keys: encoded },
    },
    { stream: 'prices', from: { at: 'beginning' }, until: { at: 'time', time: 2000n } },
  ]);
  expect(onlyWords(only)).toBe('shards 0, 2, from offset 20, keys k1, k2, k3 and 1 more');
});

it('one with a single input reads the stream whatever it calls it, but not where another one emits that', () => {
  const processor = (name: string) => ({ name, version: 1, source: null, reads: 'raw' });
  const other = shape('other', ['called-otherwise'], ['out']);
  const chosen = [cart, coupon, other].map((each) => ({ processor: processor(each.name), shape: each }));
  const found = wired('raw', chosen);
  expect(found.map((each) => each.shape.inputs)).toEqual([['raw'], ['derived'], ['raw']]);
  expect(found.map((each) => each.processor.reads)).toEqual([undefined, undefined, 'raw']);
});

it('an empty range is named', () => {
  const setup = { stream: 'raw', from: null, until: null, order: { by: 'append' } as const, processors: [] };
  const words = (rest: Partial<Parameters<typeof emptyWords>[0]>) => emptyWords({ ...setup, ...rest }, (ms) => `t${ms}`);
  expect(words({ from: '1', until: '2' })).toBe('There is no event between t1 and t2 in raw.');
  expect(words({ from: '1' })).toBe('There is no event from t1 on in raw.');
  expect(words({ until: '2' })).toBe('There is no event before t2 in raw.');
  expect(words({})).toBe('There is no event in raw.');
  const keys = { are: 'these' as const, keys: ['a'] };
  expect(words({ until: '2', only: { shards: [1], fromOffset: null, untilOffset: null, keys } })).toBe(
    'There is no event before t2 in raw, shard 1, key a.',
  );
});
