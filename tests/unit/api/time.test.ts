import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIsoTime, NO_TIMESTAMP, parseIsoTime, parseRecordTime } from '../../../main/api/time.ts';

const at = (text: string): bigint => BigInt(Date.parse(text));

describe('an ISO 8601 time', () => {
  it('is read alike in the form that a Date writes and in any other, with a character of it changed too', () => {
    const date = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    const change = fc.record({ at: fc.nat(23), to: fc.constantFrom(...'0123456789-:.TZx ') });
    fc.assert(
      fc.property(date, fc.option(change), (written, changed) => {
        const text = written.toISOString();
        const read = changed ? text.slice(0, changed.at) + changed.to + text.slice(changed.at + 1) : text;
        // With a space before it, it is not the form that is read by itself.
        expect(parseIsoTime(read)).toBe(parseIsoTime(` ${read}`));
        if (!changed) expect(parseIsoTime(text)).toBe(BigInt(written.getTime()));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['2018-10-15T09:00:02.250Z', at('2018-10-15T09:00:02.250Z')],
    ['2018-10-15T09:00:02Z', at('2018-10-15T09:00:02Z')],
    ['2018-10-15T09:00Z', at('2018-10-15T09:00:00Z')],
    ['2018-10-15T09:00:02.1Z', at('2018-10-15T09:00:02.100Z')],
    ['2018-10-15T09:00:02,123456789Z', at('2018-10-15T09:00:02.123Z')],
    ['2018-10-15 09:00:02', at('2018-10-15T09:00:02Z')],
    ['2018-10-15', at('2018-10-15T00:00:00Z')],
    ['2018-10', at('2018-10-01T00:00:00Z')],
    ['2018', at('2018-01-01T00:00:00Z')],
    ['  2018-10-15T09:00:02z ', at('2018-10-15T09:00:02Z')],
    ['2018-10-15T09:00:02+02:00', at('2018-10-15T07:00:02Z')],
    ['2018-10-15T09:00:02-0330', at('2018-10-15T12:30:02Z')],
    ['2018-10-15T24:00:00Z', at('2018-10-16T00:00:00Z')],
    ['2016-02-29', at('2016-02-29T00:00:00Z')],
    ['0718-05-05T12:00:00Z', -39_498_580_800_000n],
    ['0000-01-01', at('0000-01-01T00:00:00Z')],
    ['-000001-01-01', at('-000001-01-01T00:00:00Z')],
    ['+012018-10-15', at('+012018-10-15T00:00:00Z')],
    ['+275760-09-13T00:00:00Z', 8_640_000_000_000_000n],
    ['-271821-04-20T00:00:00Z', -8_640_000_000_000_000n],
    ['1969-12-31T23:59:59.999Z', -1n],
  ])('%s is read', (text, ms) => {
    expect(parseIsoTime(text)).toBe(ms);
  });

  it.each([
    '',
    'now',
    '20181015',
    '15.10.2018',
    '2018-13-01',
    '2018-00-01',
    '2018-02-29',
    '2018-02-30T24:00:00Z',
    '2018-04-31',
    '2018-10-15T25:00:00Z',
    '2018-10-15T24:00:01Z',
    '2018-10-15T09:60:00Z',
    '2018-10-15T09:00:60Z',
    '2018-10-15T09Z',
    '2018-10-15Z',
    '2018-10-15T09:00:02+24:00',
    '2018-10-15T09:00:02.1234567890Z',
    '-000000-01-01',
    '+275760-09-13T00:00:00.001Z',
    '12018-10-15',
    '2018-10-15T09:00:02Z trailing',
    '1539594002000',
  ])('%j is none', (text) => {
    expect(parseIsoTime(text)).toBeNull();
  });

  it('any date that JavaScript knows comes back as it was written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -8_640_000_000_000_000n, max: 8_640_000_000_000_000n }), (ms) => {
        if (ms !== NO_TIMESTAMP) expect(parseIsoTime(formatIsoTime(ms)!)).toBe(ms);
      }),
    );
  });
});

describe('a time of record JSON', () => {
  it('of any 64 bits comes back as it was written', () => {
    const edges = [0n, 1n, -2n, 8_640_000_000_000_000n, 8_640_000_000_000_001n, -8_640_000_000_000_001n, 2n ** 63n - 1n, -(2n ** 63n)];
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (ms) => {
        if (ms !== NO_TIMESTAMP) expect(parseRecordTime(formatIsoTime(ms)!)).toBe(ms);
      }),
      { examples: edges.map((ms): [bigint] => [ms]) },
    );
  });

  it('is ISO, with expanded years, and decimal milliseconds beyond', () => {
    expect(formatIsoTime(-1n)).toBeNull();
    expect(formatIsoTime(at('0718-05-05'))).toBe('0718-05-05T00:00:00.000Z');
    expect(formatIsoTime(8_640_000_000_000_000n)).toBe('+275760-09-13T00:00:00.000Z');
    expect(formatIsoTime(8_640_000_000_000_001n)).toBe('8640000000000001');
    expect(parseRecordTime('2018')).toBe(at('2018-01-01'));
    expect(parseRecordTime('9223372036854775808')).toBeNull();
    expect(parseRecordTime('1.5')).toBeNull();
    expect(parseRecordTime('')).toBeNull();
  });
});
