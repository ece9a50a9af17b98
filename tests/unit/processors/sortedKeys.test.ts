import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SortedKeys } from '../../../main/processors/realm/sortedKeys.ts';

function all(keys: SortedKeys, from: string): string[] {
  const found: string[] = [];
  for (let key = keys.atOrAfter(from); key !== undefined; key = keys.after(key)) found.push(key);
  return found;
}

it('keys are those of a sorted set, whatever was added and deleted', () => {
  const key = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3_000 }).map(String));
  const change = fc.record({ key, isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 3_000, size: 'max' }), key, (changes, from) => {
      const keys = new SortedKeys();
      const expected = new Set<string>();
      for (const { key: one, isAdded } of changes) {
        if (isAdded) {
          keys.add(one);
          expected.add(one);
        } else {
          keys.delete(one);
          expected.delete(one);
        }
      }
      const sorted = [...expected].sort((a, b) => (a < b ? -1 : 1));
      expect(all(keys, '')).toEqual(sorted);
      expect(all(keys, from)).toEqual(sorted.filter((one) => one >= from));
    }),
    { numRuns: 50 },
  );
});

it('many keys, in any order, stay in order', () => {
  const keys = new SortedKeys();
  for (let n = 0; n < 20_000; n++) keys.add(String((n * 7_919) % 20_000).padStart(5, '0'));
  expect(all(keys, '19990')).toEqual(Array.from({ length: 10 }, (_, n) => String(19_990 + n)));
  for (let n = 0; n < 20_000; n += 2) keys.delete(String(n).padStart(5, '0'));
  expect(all(keys, '')).toHaveLength(10_000);
});
