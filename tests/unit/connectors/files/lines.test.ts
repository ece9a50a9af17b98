import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader, lineText, timeOf } from '../../../../main/connectors/files/lineRules.ts';
import { type Line, LineSplitter } from '../../../../main/connectors/files/lines.ts';
import type { ImportRules } from '../../../../main/api/imports.ts';

const LIMIT = 1_024;

interface Plain {
  number: number;
  text: string;
  isCut: boolean;
}

const plain = ({ number, bytes, isCut }: Line): Plain => ({ number, text: Buffer.from(bytes).toString('latin1'), isCut });

function split(pieces: Uint8Array[], limit = LIMIT): Plain[] {
  const splitter = new LineSplitter(limit);
  const lines: Plain[] = [];
  for (const piece of pieces) {
    // A piece is given back after its lines were taken: whoever holds on to it sees rubbish.
    const given = Uint8Array.from(piece);
    for (const line of splitter.push(given)) lines.push(plain(line));
    given.fill(0x21);
  }
  for (const line of splitter.finish()) lines.push(plain(line));
  return lines;
}

const texts = (file: string, limit?: number): string[] =>
  split([Buffer.from(file)], limit).map(({ text }) => Buffer.from(text, 'latin1').toString());

const fileText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\uFEFF', 'é', '漢', '😀', 'x'.repeat(1_022), 'y'.repeat(1_500)),
      fc.string({ maxLength: 6 }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('lines', () => {
  it('are the same wherever the pieces are cut', () => {
    fc.assert(
      fc.property(fileText, fc.boolean(), fc.array(fc.nat(), { maxLength: 6 }), (file, withMark, cuts) => {
        const bytes = Buffer.from((withMark ? '\uFEFF' : '') + file);
        const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...borders].map((from, index) => bytes.subarray(from, borders[index] ?? bytes.length));
        expect(split(pieces)).toEqual(split([bytes]));
      }),
      { numRuns: 300 },
    );
  });

  it('are the same for every single cut, byte by byte, too', () => {
    const bytes = Buffer.from(`\uFEFF{"a":"é漢😀"}\r\n\r\n${'z'.repeat(40)}\r\nlast\r`);
    const whole = split([bytes], 40);
    for (let cut = 0; cut <= bytes.length; cut++) expect(split([bytes.subarray(0, cut), bytes.subarray(cut)], 40)).toEqual(whole);
    expect(
      split(
        [...bytes].map((byte) => Uint8Array.of(byte)),
        40,
      ),
    ).toEqual(whole);
    expect(whole.map(({ isCut }) => isCut)).toEqual([false, false, false, false]);
  });

  it('end with LF or CRLF; a mark stands before the first alone', () => {
    expect(texts('')).toEqual([]);
    expect(texts('a')).toEqual(['a']);
    expect(texts('a\n')).toEqual(['a']);
    expect(texts('a\r\nb\r\n')).toEqual(['a', 'b']);
    expect(texts('\n\n')).toEqual(['', '']);
    expect(texts('a\rb\n')).toEqual(['a\rb']);
    expect(texts('a\r\r\n')).toEqual(['a\r']);
    expect(texts('\uFEFFa\n\uFEFFb')).toEqual(['a', '\uFEFFb']);
  });

  it('may be as long as the limit, not counting what is around them', () => {
    const exact = 'x'.repeat(LIMIT);
    expect(split([Buffer.from(`\uFEFF${exact}\r\n${exact}\n${exact}y\n${exact}`)]).map(({ isCut }) => isCut)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it('over the limit are cut, not held', () => {
    const splitter = new LineSplitter(LIMIT);
    const piece = Buffer.alloc(64 * 1024, 'x');
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 2_000; n++) expect([...splitter.push(piece)]).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    expect([...splitter.push(Buffer.from('\nnext\n'))].map(plain)).toEqual([
      { number: 1, text: 'x'.repeat(1_024), isCut: true },
      { number: 2, text: 'next', isCut: false },
    ]);
  });
});

describe('from a line to a record', () => {
  const read = (json: string | Uint8Array, rules: Partial<ImportRules> = {}, limit = LIMIT): unknown => {
    const reader = createLineReader({ format: 'ndjson', keyField: null, timeField: null, ...rules }, limit, null);
    const result = reader.read({ number: 1, bytes: typeof json === 'string' ? Buffer.from(json) : json, isCut: false, end: 0 });
    if (typeof result === 'string' || 'reason' in result) return result;
    const { key, timestamp } = result.record;
    return { key: key && Buffer.from(key).toString(), timestamp };
  };
  const key = (json: string, keyField: string): unknown => (read(json, { keyField }) as { key: unknown }).key;

  it('takes the key from a field', () => {
    expect(key('{"id":"abc"}', 'id')).toBe('abc');
    expect(key('{"id":""}', 'id')).toBe('');
    expect(key('{"id":42}', 'id')).toBe('42');
    expect(key('{"id":-1.5}', 'id')).toBe('-1.5');
    expect(key('{"id":true}', 'id')).toBe('true');
    expect(key('{"id":{"b":1,"a":[2,null]}}', 'id')).toBe('{"b":1,"a":[2,null]}');
    expect(key('{"id":null}', 'id')).toBeNull();
    expect(key('{"no":1}', 'id')).toBeNull();
    expect(key('{"a":{"b":{"c":"deep"}}}', 'a.b.c')).toBe('deep');
    expect(key('{"a.b":"dotted","a":{"b":"nested"}}', 'a.b')).toBe('dotted');
    expect(key('{"a":[{"b":"x"}]}', 'a.0.b')).toBe('x');
    expect(key('{"a":"text"}', 'a.length')).toBeNull();
    expect(key('{}', 'constructor')).toBeNull();
    expect(key('{"__proto__":"own"}', '__proto__')).toBe('own');
    expect(key('[1,2]', '1')).toBe('2');
    expect(key('"just a text"', 'id')).toBeNull();
  });

  it('keeps digits that a double would lose', () => {
    expect(key('{"id":12345678901234567890}', 'id')).toBe('12345678901234567890');
    expect(key('{"id":9007199254740993}', 'id')).toBe('9007199254740993');
    expect(key('{"id":0.12345678901234567890}', 'id')).toBe('0.12345678901234567890');
    expect(key('{"id":{"n":[9007199254740993]}}', 'id')).toBe('{"n":[9007199254740993]}');
    expect(key('{"id":"9007199254740993"}', 'id')).toBe('9007199254740993');
  });

  it('refuses a key that is too long', () => {
    expect(read(JSON.stringify({ id: 'x'.repeat(65_537) }), { keyField: 'id' }, 1e6)).toEqual({
      reason: 'the key “id” has 65537 bytes; a key has at most 65536',
    });
  });

  it('takes the time from a field', () => {
    const time = (json: string): unknown => {
      const result = read(`{"t":${json}}`, { timeField: 't' });
      return typeof result === 'object' && 'timestamp' in result! ? result.timestamp : result;
    };
    expect(time('"2018-10-15T09:00:02Z"')).toBe(1_539_594_002_000n);
    expect(time('"2018-10-15T11:00:02.25+02:00"')).toBe(1_539_594_002_250n);
    expect(time('"0718-05-05"')).toBe(BigInt(Date.parse('0718-05-05T00:00:00Z')));
    expect(time('1539594002')).toBe(1_539_594_002_000n);
    expect(time('1539594002.5')).toBe(1_539_594_002_500n);
    expect(time('1539594002.123456789012')).toBe(1_539_594_002_123n);
    expect(time('1539594002000')).toBe(1_539_594_002_000n);
    expect(time('0')).toBe(0n);
    expect(time('-62135596800')).toBe(-62_135_596_800_000n);
    for (const bad of ['"yesterday"', '"2018-02-30"', '{}', 'true', 'null', '""', '[]']) {
      expect(time(bad)).toEqual({ reason: `the time field “t” is no time: ${bad}` });
    }
    // Nanoseconds since 1970: as milliseconds they would be the year 48 million.
    for (const beyond of ['1539594002000000000', '1e300'])
      expect(time(beyond)).toMatchObject({ reason: expect.stringContaining('is no time') as string });
    expect(read('{"a":1}', { timeField: 't' })).toEqual({ reason: 'the time field “t” is missing' });
    expect(timeOf(Number.NaN)).toBeNull();
  });

  it('says why a line can not be one', () => {
    expect(read('{"a":')).toEqual({ reason: 'not JSON, column 6: The text ends where a value should stand' });
    expect(read("{'a':1}")).toEqual({ reason: 'not JSON, column 2: A field’s name stands in double quotes' });
    expect(read(Uint8Array.of(0x22, 0xff, 0x22))).toEqual({ reason: 'not valid UTF-8' });
    expect(read(`"${'x'.repeat(LIMIT - 1)}"`)).toEqual({
      reason: 'longer than 1,024 bytes, the largest value that this workspace takes (Settings in the lab’s page change it)',
    });
    for (const blank of ['', '   ', '\t', '\r']) expect(read(blank)).toBe('blank');
    expect(read('null')).toEqual({ key: null, timestamp: null });
    expect(read('', { format: 'lines' })).toEqual({ key: null, timestamp: null });
    expect(read(Uint8Array.of(0xff), { format: 'lines' })).toEqual({ key: null, timestamp: null });
  });
});

describe('a rejected line as text', () => {
  it('is cut at 200 characters, not inside of one', () => {
    expect(lineText(Buffer.from('short'))).toBe('short');
    expect(lineText(Buffer.from('x'.repeat(200)))).toBe('x'.repeat(200));
    expect(lineText(Buffer.from('x'.repeat(201)))).toBe(`${'x'.repeat(200)}…`);
    // The splitter cut it after 1,024 bytes, in the middle of a character of three.
    expect(lineText(Buffer.from('漢'.repeat(500)).subarray(0, 1_024))).toBe(`${'漢'.repeat(200)}…`);
    expect(lineText(Buffer.from('é漢😀').subarray(0, 8))).toBe('é漢');
  });

  it('shows bytes that are no UTF-8 as \\xHH', () => {
    expect(lineText(Uint8Array.of(0x61, 0xff, 0x00, 0x62))).toBe('a\\xff\\x00b');
    expect(lineText(new Uint8Array())).toBe('');
  });
});

describe('a file that is no NDJSON', () => {
  const reasons = (file: Uint8Array, format: 'ndjson' | 'lines' = 'ndjson'): string[] => {
    const splitter = new LineSplitter(LIMIT);
    const reader = createLineReader({ format, keyField: null, timeField: null }, LIMIT, null);
    return [...splitter.push(file), ...splitter.finish()].map((line) => {
      const result = reader.read(line);
      return typeof result === 'string' ? result : 'reason' in result ? result.reason : 'taken';
    });
  };
  const array = 'the file is a JSON array: write one JSON object on each line (jq -c ".[]" does it) and import it again';
  const utf16 = 'the file is UTF-16, not UTF-8: save it as UTF-8 and import it again';

  it.each(['[\n{"a":1},\n{"a":2}\n]\n', '\uFEFF [ \r\n1,\n2\n]', '[{"a":1},\n{"a":2}]'])(
    '%j is an array: none of its lines is taken',
    (file) => {
      expect(new Set(reasons(Buffer.from(file)))).toEqual(new Set([array]));
    },
  );

  it('a first line that only begins like an array is rejected alone', () => {
    expect(reasons(Buffer.from('[{"a":1\n{"a":2}\n'))).toEqual([array, 'taken']);
    expect(reasons(Buffer.from(`[${'1,'.repeat(LIMIT)}1]\n`))).toEqual([array]);
    expect(reasons(Buffer.from('[1]\n{"a":2}\n[\n'))).toEqual(['taken', 'taken', expect.stringMatching(/^not JSON/)]);
  });

  it('UTF-16 of either order is rejected whole, but for plain lines, which may be any bytes', () => {
    const little = Buffer.from('\uFEFF{"a":1}\n{"a":2}\n', 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const file of [little, big]) {
      expect(new Set(reasons(file))).toEqual(new Set([utf16]));
      expect(new Set(reasons(file, 'lines'))).toEqual(new Set(['taken']));
    }
  });
});
