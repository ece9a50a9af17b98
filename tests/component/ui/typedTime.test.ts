import { describe, expect, test } from 'vitest';
import { parseTime, storedTime, timeSentence } from '../../../renderer/src/ui/typedTime.ts';

const stored = (text: string): string => {
  const time = parseTime(text);
  return time.kind === 'at' ? storedTime(time.ms) : time.kind;
};
const problem = (text: string): string | null => {
  const time = parseTime(text);
  return time.kind === 'problem' ? time.sentence : null;
};

describe('a typed time', () => {
  test.each([
    ['2018-10-15T10:52:35Z', '2018-10-15T10:52:35.000Z'],
    ['2018-10-15 10:52', '2018-10-15T10:52:00.000Z'],
    ['2018-10-15T10:52:35.1+02:00', '2018-10-15T08:52:35.100Z'],
    ['2018-10-15T00:30:00-0130', '2018-10-15T02:00:00.000Z'],
    ['2018-12-31T24:00:00Z', '2019-01-01T00:00:00.000Z'],
    ['2018-10', '2018-10-01T00:00:00.000Z'],
    ['0718-01-01', '0718-01-01T00:00:00.000Z'],
    ['0050-03-01', '0050-03-01T00:00:00.000Z'],
    ['0000-02-29', '0000-02-29T00:00:00.000Z'],
    ['-000043-03-15', '-000043-03-15T00:00:00.000Z'],
    ['+012018-01-01', '+012018-01-01T00:00:00.000Z'],
    ['1539600755000', '2018-10-15T10:52:35.000Z'],
    ['-39509337600000', '0718-01-01T00:00:00.000Z'],
    ['8640000000000001', '8640000000000001'],
    ['', 'now'],
    [' Now ', 'now'],
  ])('%s is stored as %s', (text, expected) => expect(stored(text)).toBe(expected));

  test.each([
    ['2018-02-29', '2018-02 has 28 days.'],
    ['2018-13-01', 'There is no month 13.'],
    ['2018-10-15T25:00Z', 'There is no hour 25.'],
    ['2018-10-15T10:60Z', 'There is no minute 60.'],
    ['2018-10-15T10:00:00+24:00', 'There is no time zone +24:00.'],
    ['9223372036854775808', 'That is more milliseconds than 64 bits hold.'],
  ])('%s is refused', (text, sentence) => expect(problem(text)).toBe(sentence));

  test.each(['yesterday', '15.10.2018', '2018-1-1', '1e9', '2018-10-15T'])('%s is no time', (text) =>
    expect(problem(text)).toContain('Write a time as'),
  );

  test('says what may not have been meant', () => {
    expect(parseTime('718')).toMatchObject({ kind: 'at', hint: expect.stringContaining('0718-01-01') as string });
    expect(parseTime('1539600755')).toMatchObject({ kind: 'at', hint: expect.stringContaining('seconds') as string });
    expect(parseTime('2018-10-15T10:00:00.1234Z')).toMatchObject({ kind: 'at', hint: expect.stringContaining('millisecond') as string });
  });

  test('−1 is the mark for no time', () => expect(timeSentence(parseTime('-1'))).toContain('has no time'));
});
