import { expect, test } from 'vitest';
import { byBroker } from '../../../main/cluster/shardPlace.ts';

test('places, and what goes to them, by broker, in their order', () => {
  const place = (number: number, brokerId: number) => ({ number, brokerId, shardId: number });
  const [a, b, c] = [place(0, 2), place(1, 1), place(2, 2)];
  expect(byBroker([a, b, c])).toEqual([
    [2, [a, c]],
    [1, [b]],
  ]);
  const parcel = { place: b, bytes: new Uint8Array() };
  expect(byBroker([parcel])).toEqual([[1, [parcel]]]);
  expect(byBroker<typeof a>([])).toEqual([]);
});
