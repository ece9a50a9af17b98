import { expect, it } from 'vitest';
import { parseDuration } from '../../../main/api/duration.ts';

it.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['30 m', 1_800_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['0s', 0],
  ['0.5ms', null],
  ['1', null],
  ['s', null],
  ['-1s', null],
  ['1 year', null],
  ['1  s', null],
])('%s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
