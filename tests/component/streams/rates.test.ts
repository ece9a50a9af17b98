import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RATE_SAMPLE_MS, ratePoints, ratesOf, sampleRates } from '../../../renderer/src/features/streams/rates.svelte.ts';
import { LabState } from '../../../renderer/src/state/lab.svelte.ts';
import { FakeLab, streamSummary } from '../fakeLab.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first sample is a line already; where nothing moved there is none', () => {
  expect(ratePoints([5], 90, 18)).toBe('88.5,1.0 90.0,1.0');
  expect(ratePoints([0, 5], 90, 18)).toBe('88.5,17.0 90.0,1.0');
  expect(ratePoints([0, 0], 90, 18)).toBe('');
  expect(ratePoints([], 90, 18)).toBe('');
});

test('the rates of a lab are sampled for as long as its page is there, and known to each screen', () => {
  const lab = new LabState(new FakeLab().connect);
  lab.streams = [{ ...streamSummary('orders', [1]), eventsPerSecond: 7 }];
  const stop = sampleRates(lab);
  vi.advanceTimersByTime(3 * RATE_SAMPLE_MS);
  expect(ratesOf(lab).of('orders')).toEqual([7, 7, 7]);
  stop();
  vi.advanceTimersByTime(RATE_SAMPLE_MS);
  expect(ratesOf(lab).of('orders')).toHaveLength(3);
  lab.close();
});
