import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordFromJson, recordToJson, type StoredRecord } from '../../../main/api/recordJson.ts';

const content = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom(new Uint8Array(), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), Uint8Array.of(0xed, 0xa0, 0x80), Uint8Array.of(0)),
  ),
);
const stored: fc.Arbitrary<StoredRecord> = fc.record({
  shard: fc.nat({ max: 255 }),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  timestamp: fc.oneof(
    fc.constantFrom(-1n, -39_498_624_000_000n, 2n ** 63n - 1n, -(2n ** 63n)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ),
  key: content,
  value: content,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), content), { maxLength: 4 }),
});

describe('record JSON', () => {
  it('loses nothing', () => {
    fc.assert(
      fc.property(stored, (record) => {
        const line = recordToJson('orders', record);
        expect(line).not.toContain('\n');
        const { shard, key, value, headers, timestamp } = record;
        expect(recordFromJson(line)).toEqual({ shard, key, value, headers, timestamp });
      }),
    );
  });

  it('is exactly this', () => {
    const record: StoredRecord = {
      shard: 2,
      offset: 9007199254740993n,
      timestamp: 0n,
      key: new TextEncoder().encode('789'),
      value: Uint8Array.of(0xff, 0x00),
      headers: [
        ['a', null],
        ['a', new TextEncoder().encode('é"\n')],
        ['', Uint8Array.of(0xc3)],
      ],
    };
    expect(recordToJson('orders', { ...record, timestamp: BigInt(Date.parse('2018-10-15T09:00:02.250Z')) })).toBe(
      '{"stream":"orders","shard":2,"offset":"9007199254740993","timestamp":"2018-10-15T09:00:02.250Z","key":"789","value":{"base64":"/wA="},"headers":[["a",null],["a","é\\"\\n"],["",{"base64":"ww=="}]]}',
    );
    expect(recordToJson('s', { shard: 0, offset: 0n, timestamp: -1n, key: null, value: null, headers: [] })).toBe(
      '{"stream":"s","shard":0,"offset":"0","timestamp":null,"key":null,"value":null,"headers":[]}',
    );
  });

  it('may leave out everything but the value', () => {
    expect(recordFromJson('{"value":null}')).toEqual({ key: null, value: null, headers: [], timestamp: null, shard: null });
    // Left out is the time of the append, null is none.
    expect(recordFromJson('{"value":"","timestamp":null}').timestamp).toBe(-1n);
    expect(recordFromJson('{"value":"","offset":"12","stream":"other","unknown":1}')).toMatchObject({ value: new Uint8Array() });
  });

  it.each([
    ['', 'This line is not JSON, column 1: There is no value.'],
    ['{"value":', 'This line is not JSON, column 10: The text ends where a value should stand.'],
    ['[]', 'A record is a JSON object'],
    ['null', 'A record is a JSON object'],
    ['"text"', 'A record is a JSON object'],
    ['{}', 'A record needs a “value”; null is one.'],
    ['{"value":1}', '“value” is a string, null, or {"base64": "…"} with padded base64.'],
    ['{"value":{"base64":"abc"}}', '“value” is a string'],
    ['{"value":{"base64":"a*bc"}}', '“value” is a string'],
    ['{"value":"","key":true}', '“key” is a string'],
    ['{"value":"","headers":{"a":"b"}}', '“headers” is a list of ["name", value].'],
    ['{"value":"","headers":[["a"]]}', 'Each of “headers” is ["name", value].'],
    ['{"value":"","headers":[[1,"b"]]}', 'Each of “headers” is ["name", value].'],
    ['{"value":"","headers":[["a",1]]}', '“headers.a” is a string'],
    ['{"value":"","timestamp":1539594002000}', '“timestamp” is an ISO 8601 time'],
    ['{"value":"","timestamp":"soon"}', '“timestamp” is an ISO 8601 time'],
    ['{"value":"","shard":-1}', '“shard” is a whole number from 0.'],
    ['{"value":"","shard":"1"}', '“shard” is a whole number from 0.'],
  ])('%s is none', (line, message) => {
    expect(() => recordFromJson(line)).toThrow(
      expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('of large binary values is no matter of the stack', () => {
    const value = new Uint8Array(3_000_001).fill(0xff);
    const back = recordFromJson(recordToJson('s', { shard: 0, offset: 0n, timestamp: 0n, key: null, value, headers: [] })).value!;
    expect(Buffer.compare(back, value)).toBe(0);
  });
});
