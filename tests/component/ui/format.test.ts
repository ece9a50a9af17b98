import { expect, test } from 'vitest';
import { formatAgo, formatByteLimit, formatBytes, formatDuration, formatRate, formatTime } from '../../../renderer/src/ui/format.ts';

test('times of every kind, in UTC', () => {
  expect(formatTime(1539600755123n, 'utc')).toBe('2018-10-15 10:52:35.123 UTC');
  expect(formatTime(1539600755123n, 'utc', 'clock')).toBe('10:52:35.123');
  expect(formatTime(BigInt(Date.parse('0718-01-01T00:00:00Z')), 'utc', 'row')).toBe('0718-01-01 00:00:00.000');
  expect(formatTime(BigInt(Date.parse('-000043-03-15T12:00:00Z')), 'utc', 'date')).toBe('−0043-03-15');
  expect(formatTime(BigInt(Date.parse('+012000-01-01T00:00:00Z')), 'utc', 'date')).toBe('+12000-01-01');
  expect(formatTime(-1n, 'utc')).toBe('–');
  expect(formatTime(9_223_372_036_854_775_807n, 'utc')).toBe('9223372036854775807 ms');
  expect(formatTime(-1000n, 'epoch')).toBe('-1000 ms');
});

test('local time says its distance from UTC', () => {
  expect(formatTime(1539600755123n, 'local')).toMatch(/^2018-10-15 \d\d:\d\d:35\.123 [+−]\d\d:\d\d$/);
});

test('sizes, limits, rates and durations', () => {
  expect([0, 999, 3100, 999_960, 1.5e9].map(formatBytes)).toEqual(['0 B', '999 B', '3.1 kB', '1 MB', '1.5 GB']);
  expect([1024 * 1024, 512 * 1024, 1000].map(formatByteLimit)).toEqual(['1 MiB', '512 KiB', '1,000 bytes']);
  expect([0, 0.04, 1.94, 20_000].map(formatRate)).toEqual(['0', '<0.1', '1.9', '20,000']);
  expect([2.13, 54, 41_000, 200_000, 7_500_000, -500].map(formatDuration)).toEqual([
    '2.1 ms',
    '54 ms',
    '41 s',
    '3 min 20 s',
    '2 h 5 min',
    '−500 ms',
  ]);
  const day = 86_400_000;
  expect([29.5 * day, 30 * day, 192_345_000, 2612.4 * day].map(formatDuration)).toEqual(['29 d 12 h', '30 days', '2 d 5 h', '2,612 days']);
  expect([4_000, 59_000, 3 * day, 1.5 * day, 1200 * day].map((ms) => formatAgo(0, ms))).toEqual([
    'just now',
    '59 s ago',
    '3 days ago',
    '1 day ago',
    '1,200 days ago',
  ]);
});
