import { expect, it } from 'vitest';
import { QueueMemory } from '../../../main/log/queueMemory.ts';

it('gives places that do not lie over one another, first the ones near the start, and takes them back in any order', () => {
  const memory = new QueueMemory(100);
  expect([memory.take(40), memory.take(30), memory.take(30), memory.take(1)]).toEqual([0, 40, 70, null]);
  memory.giveBack(40, 30);
  expect([memory.take(31), memory.take(10), memory.take(20)]).toEqual([null, 40, 50]);
  memory.giveBack(50, 20);
  memory.giveBack(0, 40);
  memory.giveBack(70, 30);
  memory.giveBack(40, 10);
  expect([memory.take(101), memory.take(100)]).toEqual([null, 0]);
});

it('holds what is written into it, whatever comes and goes', () => {
  const memory = new QueueMemory(10_000);
  const held: { at: number; bytes: Buffer }[] = [];
  let seed = 1;
  const below = (limit: number): number => (seed = (seed * 48_271) % 2_147_483_647) % limit;
  let refused = 0;
  for (let turn = 0; turn < 5_000; turn++) {
    const bytes = Buffer.alloc(1 + below(900), turn);
    const at = memory.take(bytes.length);
    if (at === null) refused++;
    else {
      memory.bytes.fill(bytes, at, at + bytes.length);
      held.push({ at, bytes });
    }
    if (at !== null && below(20) > 0 && held.length < 15) continue;
    const [gone] = held.splice(below(held.length), 1);
    expect(memory.bytes.subarray(gone!.at, gone!.at + gone!.bytes.length)).toEqual(gone!.bytes);
    memory.giveBack(gone!.at, gone!.bytes.length);
  }
  for (const { at, bytes } of held) memory.giveBack(at, bytes.length);
  expect(refused).toBeGreaterThan(0);
  expect(memory.take(10_000)).toBe(0);
});
