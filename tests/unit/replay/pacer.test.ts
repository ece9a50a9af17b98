import { expect, it } from 'vitest';
import { Pacer } from '../../../main/replay/pacer.ts';

/** A pacer with a clock that is set by hand. */
function pacerOf(speed: number | null, waitMsMax: number | null = null) {
  const clock = { now: 1_000_000 };
  const pacer = new Pacer({ speed, waitMsMax, now: () => clock.now });
  /** Waits until the event is due and sends it; answers how long that was. */
  const send = (timestamp: bigint): number => {
    const wait = pacer.waitMs(timestamp);
    clock.now += wait;
    pacer.sent(timestamp);
    return wait;
  };
  return { pacer, clock, send };
}

it('sends events as far apart as they came, the first at once', () => {
  const { send } = pacerOf(1);
  expect([5_000n, 5_100n, 5_100n, 7_000n].map(send)).toEqual([0, 100, 0, 1_900]);
});

it('is so many times as fast, or as slow', () => {
  expect([0n, 1_000n, 3_000n].map(pacerOf(10).send)).toEqual([0, 100, 200]);
  expect([0n, 1_000n].map(pacerOf(0.5).send)).toEqual([0, 2_000]);
  expect([0n, 1_000n, 3_000n].map(pacerOf(null).send)).toEqual([0, 0, 0]);
});

it('sends what is late, and what has no time, at once', () => {
  const { send } = pacerOf(1);
  expect([1_000n, 2_000n, 1_500n, -1n, 2_500n].map(send)).toEqual([0, 1_000, 0, 0, 500]);
});

it('catches up where sending takes long', () => {
  const { send, clock } = pacerOf(1);
  send(0n);
  clock.now += 700;
  expect([500n, 1_000n].map(send)).toEqual([0, 300]);
});

it('shortens a wait that is longer than it may be, once, and goes on from there', () => {
  const { send, pacer, clock } = pacerOf(10, 2_000);
  send(0n);
  expect(pacer.waitMs(1_000_000n)).toBe(2_000);
  clock.now += 500;
  expect(pacer.waitMs(1_000_000n)).toBe(1_500);
  expect(send(1_000_000n)).toBe(1_500);
  expect(send(1_001_000n)).toBe(100);
  expect(pacer.shortened).toEqual({ waits: 1, ms: 98_000 });
});

it('takes another speed from where event time stands', () => {
  const { send, pacer, clock } = pacerOf(1);
  send(0n);
  expect(pacer.waitMs(10_000n)).toBe(10_000);
  clock.now += 4_000;
  pacer.setSpeed(2);
  expect(pacer.waitMs(10_000n)).toBe(3_000);
  pacer.setSpeed(null);
  expect(pacer.waitMs(10_000n)).toBe(0);
  send(10_000n);
  clock.now += 50_000;
  pacer.setSpeed(1);
  expect(send(10_500n)).toBe(500);
});
