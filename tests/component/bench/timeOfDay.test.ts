import { expect, it } from 'vitest';
import { onDayOf } from '../../../renderer/src/features/bench/timeOfDay.ts';

const CLOCK = Date.UTC(2018, 9, 15, 9, 0, 2);

it.each([
  ['09:44:27', '2018-10-15T09:44:27Z'],
  ['9:44', '2018-10-15T09:44:00Z'],
  [' 09:44:27.2 ', '2018-10-15T09:44:27.2Z'],
])('a time of day is one of the day at the cursor: %s', (typed, day) => {
  expect(onDayOf(typed, CLOCK)).toBe(day);
});

it('of years with more digits, too', () => {
  expect(onDayOf('01:02', Date.UTC(12018, 0, 5))).toBe('+012018-01-05T01:02:00Z');
  expect(onDayOf('01:02', Date.parse('0718-10-15T00:00:00Z'))).toBe('0718-10-15T01:02:00Z');
});

it('all else stays as it is, also where there is no clock', () => {
  for (const typed of ['2018-10-15 09:44', '1539596667000', 'noon', '']) expect(onDayOf(typed, CLOCK)).toBe(typed);
  expect(onDayOf('09:44', null)).toBe('09:44');
});
