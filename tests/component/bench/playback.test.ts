import { expect, it } from 'vitest';
import type { RehearsalRow } from '../../../main/api/rehearsalPositions.ts';
import { GAP_MS_MAX, Playback } from '../../../renderer/src/features/bench/playback.ts';

const rows = (from: number, ...times: (number | null)[]): RehearsalRow[] =>
  times.map((timestamp, at) => ({
    ...{ position: from + at, stream: 's', shard: 0, offset: BigInt(at), timestamp, key: null, value: null, headers: 0, problem: null },
  }));

it('goes on by the times of the events, at its pace', () => {
  const playback = new Playback(10, 1_000);
  const ahead = rows(1, 1_100, 1_200, 2_000);
  expect(playback.next(5, 0, 3, ahead)).toEqual({ at: 'position', position: 0 });
  // 20 ms of the wall are 200 of the rehearsal.
  expect(playback.next(20, 0, 3, ahead)).toEqual({ at: 'position', position: 2 });
});

it('passes events without a time, and those whose time lies behind the clock, at once', () => {
  expect(new Playback(1, 1_000).next(1, 0, 4, rows(1, null, 400, 1_000, 5_000))).toEqual({ at: 'position', position: 3 });
});

it('waits for no night: a gap lasts a moment', () => {
  const playback = new Playback(1, 0);
  const ahead = rows(1, 8 * 3_600_000);
  expect(playback.next(GAP_MS_MAX - 1, 0, 1, ahead)).toEqual({ at: 'position', position: 0 });
  expect(playback.next(GAP_MS_MAX, 0, 1, ahead)).toEqual({ at: 'position', position: 1 });
});

it('asks for a time where more passes than the rows at hand tell', () => {
  expect(new Playback(1_000, 0).next(1_000, 0, 100, rows(1, 1, 2))).toMatchObject({ at: 'time' });
});

it('as fast as it goes: all of it in a bounded number of frames, and never beyond the end', () => {
  const playback = new Playback('max', null);
  expect(playback.next(16, 0, 12_000, [])).toEqual({ at: 'position', position: 10 });
  expect(playback.next(16, 11_995, 12_000, [])).toEqual({ at: 'position', position: 12_000 });
});
