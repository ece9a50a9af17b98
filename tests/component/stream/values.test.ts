import { describe, expect, test } from 'vitest';
import type { EventDetail } from '../../../main/api/events.ts';
import { keyFormula, lateBy, onItsWay, placementSentence } from '../../../renderer/src/features/stream/eventFacts.ts';
import { headline } from '../../../renderer/src/features/stream/headline.ts';
import { hexLines } from '../../../renderer/src/features/stream/hexLines.ts';
import { jsonLines } from '../../../renderer/src/features/stream/jsonLines.ts';
import { markGroups, offsetAt, placeOf, ShardRate } from '../../../renderer/src/features/stream/lane.svelte.ts';
import { rawParts } from '../../../renderer/src/features/stream/rawParts.ts';
import { consumeCommand, copyText, isoTime, recordJson } from '../../../renderer/src/features/stream/recordText.ts';
import { valueLines } from '../../../renderer/src/features/stream/valueLines.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const joined = (text: string): string | undefined =>
  jsonLines(text)
    ?.map((line) => line.map(({ text }) => text).join(''))
    .join('\n');

describe('JSON as lines', () => {
  test('is indented as JSON.stringify indents', () => {
    const value = { event: 'A', shopper: { id: '789', tags: ['x', { y: null }], none: [], nothing: {} }, n: -1.5e3, yes: true };
    expect(joined(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(joined('  [1 , "a\\"b,{}" ]\n')).toBe('[\n  1,\n  "a\\"b,{}"\n]');
  });
  test('keeps what was produced: digits, escapes, repeated names', () => {
    expect(joined('{"id":9007199254740993,"x":1.0,"x":"\\u00e9"}')).toBe('{\n  "id": 9007199254740993,\n  "x": 1.0,\n  "x": "\\u00e9"\n}');
  });
  test('tells keys, strings and other values apart', () => {
    expect(
      jsonLines('{"a":"b","c":1}')
        ?.flat()
        .filter(({ kind }) => kind !== 'mark'),
    ).toEqual([
      { text: '"a"', kind: 'key' },
      { text: '"b"', kind: 'string' },
      { text: '"c"', kind: 'key' },
      { text: '1', kind: 'value' },
    ]);
  });
  test('is not made of what is none', () => {
    expect(jsonLines('{"a":')).toBeNull();
  });
});

describe('a value as lines', () => {
  test('text that begins like JSON says where it stops being it', () => {
    expect(valueLines(bytes('{"a": nope}'), false)).toMatchObject({ kind: 'text', problem: expect.any(String) });
    expect(valueLines(bytes('plain\nlines'), false)).toMatchObject({ problem: null, lines: { length: 2 } });
  });
  test('bytes that are no text are none; a cut in the middle of a character is no reason', () => {
    expect(valueLines(new Uint8Array([0xff, 0xfe]), false)).toBeNull();
    expect(valueLines(bytes('ä').subarray(0, 1), true)).not.toBeNull();
  });
});

describe('the record as JSON', () => {
  const event = {
    stream: 's',
    shard: 1,
    offset: 781n,
    timestamp: BigInt(Date.UTC(2018, 9, 15, 10, 52, 35)),
    key: bytes('789'),
    value: new Uint8Array([0xff, 0x00]),
    headers: [
      ['h', bytes('v')],
      ['h', null],
    ] as EventDetail['headers'],
  } as EventDetail;

  test('is the line that the command line writes', () => {
    expect(recordJson(event)).toBe(
      '{"stream":"s","shard":1,"offset":"781","timestamp":"2018-10-15T10:52:35.000Z","key":"789","value":{"base64":"/wA="},"headers":[["h","v"],["h",null]]}',
    );
  });
  test('times: none, before Christ, beyond JavaScript’s dates', () => {
    expect(isoTime(-1n)).toBeNull();
    expect(isoTime(-62_198_755_200_000n)).toBe('-000001-01-01T00:00:00.000Z');
    expect(isoTime(9_000_000_000_000_000n)).toBe('9000000000000000');
  });
  test('a byte order mark is kept', () => {
    expect(copyText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe('\ufeffa');
  });
  test('commands', () => {
    const lab = (path: string, platform = 'linux') => ({
      workspace: { name: 'x', path, isDefault: false },
      platform,
      command: 'npm --prefix /lab run -s loglab --',
    });
    const usual = { workspace: { name: 'My lab', path: '/home/a/My lab', isDefault: true }, platform: 'linux', command: 'loglab' };
    expect(consumeCommand(usual, 'raw-events', { shard: 1, offset: 781n })).toBe(
      'loglab consume raw-events --shard 1 --from offset:781 --until offset:782 --json',
    );
    expect(consumeCommand(null, '-odd')).toBe('loglab consume --from beginning --until live -- -odd');
    expect(consumeCommand(lab('/labs/nile'), '-odd')).toBe(
      'npm --prefix /lab run -s loglab -- consume --from beginning --until live --lab /labs/nile -- -odd',
    );
    const folder = (path: string, platform?: string) => consumeCommand(lab(path, platform), 's').split(' --lab ')[1];
    expect(folder("/home/o'hara/My $lab")).toBe(String.raw`'/home/o'\''hara/My $lab'`);
    expect(folder('/labs/Nilé')).toBe("'/labs/Nilé'");
    expect(folder(String.raw`C:\Users\a b`, 'win32')).toBe(String.raw`"C:\Users\a b"`);
  });
});

describe('the parts of a raw record', () => {
  // length 16, attributes 0, time delta 5, offset delta 1, key "k", value null, one header h = "v"
  const raw = new Uint8Array([0x18, 0x00, 0x0a, 0x02, 0x02, 0x6b, 0x01, 0x02, 0x02, 0x68, 0x02, 0x76]);

  test('are told in order, each with its bytes', () => {
    const parts = rawParts(raw);
    expect(parts.map(({ name, says }) => `${name}: ${says}`)).toEqual([
      'length: 12 bytes',
      'attributes: none',
      'time delta: +5 ms',
      'offset delta: +1',
      'key length: 1 byte',
      'key: k',
      'value length: null',
      'headers: 1',
      'header 1 name length: 1 byte',
      'header 1 name: h',
      'header 1 value length: 1 byte',
      'header 1 value: v',
    ]);
    expect(parts.reduce((sum, part) => sum + part.bytes.length, 0)).toBe(raw.length);
  });
  test('what is cut off comes as a rest', () => {
    expect(rawParts(raw.subarray(0, 5)).at(-1)).toMatchObject({ name: 'key length' });
    expect(rawParts(new Uint8Array([0x18, 0x00, 0x80])).at(-1)).toMatchObject({ name: 'rest' });
  });
});

test('hex lines', () => {
  expect(hexLines(bytes('Nile\n shop'), 0, 2, 8)).toEqual([
    { offset: '0000', hex: '4e 69 6c 65 0a 20 73 68', ascii: 'Nile· sh' },
    { offset: '0008', hex: '6f 70                  ', ascii: 'op' },
  ]);
});

describe('why an event is where it is', () => {
  const place = { shard: 1, key: bytes('789') };

  test('by its key', () => {
    const placement = { by: 'key', hash: 1, shards: 3, agrees: true } as const;
    expect(keyFormula({ ...place, placement })).toBe('murmur2("789") % 3 = 1');
  });
  test('against its key', () => {
    const placement = { by: 'key', hash: 1, shards: 3, agrees: false, keyShard: 2 } as const;
    expect(keyFormula({ ...place, placement })).toBe('murmur2("789") % 3 = 2');
    expect(placementSentence({ ...place, placement }, 3)).toContain('it is in 1');
  });
  test('by its producer', () => {
    const placement = { by: 'producer' } as const;
    expect(keyFormula({ shard: 1, key: null, placement })).toBeNull();
    expect(placementSentence({ shard: 1, key: null, placement }, 3)).toContain('no key');
  });
  test('how long it was on its way, unless that is history', () => {
    expect(onItsWay({ timestamp: 1000n, appendedAt: 1200 })).toBe('200 ms later');
    expect(onItsWay({ timestamp: 1000n, appendedAt: 1000 })).toBe('at once');
    expect(onItsWay({ timestamp: 2000n, appendedAt: 1000 })).toBe('1 s before its time');
    expect(onItsWay({ timestamp: -1n, appendedAt: 1000 })).toBeNull();
    expect(onItsWay({ timestamp: 1000n, appendedAt: 1000 + 8 * 365 * 86_400_000 })).toBeNull();
  });
});

describe('an event in one line', () => {
  const said = (value: unknown): string | undefined =>
    headline(bytes(typeof value === 'string' ? value : JSON.stringify(value)))
      ?.map(({ text, said }) => (said ? `*${text}*` : text))
      .join(' ');

  test.each<[unknown, string | undefined]>([
    [{ event: 'SHOPPER_VIEWED_PRODUCT', shopper: { id: '789' }, product: { name: 'iPad' } }, 'Shopper *789* viewed product *iPad*'],
    [{ type: 'shopper-added-item', shopper: 789, item: [1] }, 'Shopper *789* added item'],
    [{ type: 'OrderPlaced', order: { id: 7 } }, 'Order *7* placed'],
    [{ event: '', action: 'sent an SMS' }, 'Sent an SMS'],
    [{ event: 'A_constructor', a: 9007199254740993 }, 'A constructor'],
    ['{"event":"ITEM_SOLD","item":{"id":9007199254740993}}', 'Item sold'],
    [{ name: 'no event' }, undefined],
    [{ event: 42 }, undefined],
    [{ event: 'x'.repeat(81) }, undefined],
    ['[1]', undefined],
    ['plain', undefined],
  ])('%j', (value, line) => expect(said(value)).toBe(line));

  test('no value says nothing', () => expect(headline(null)).toBeNull());

  test('late is what stands behind an event of ten seconds later, or more; when it was appended does not matter', () => {
    expect(lateBy({ timestamp: 1000n, newestBefore: 42_000n })).toBe('41 s');
    expect(lateBy({ timestamp: 1000n, newestBefore: 10_999n })).toBeNull();
    expect(lateBy({ timestamp: -1n, newestBefore: 42_000n })).toBeNull();
    expect(lateBy({ timestamp: 42_000n, newestBefore: 1000n })).toBeNull();
    expect(lateBy({ timestamp: 1000n, newestBefore: null })).toBeNull();
  });
});

describe('lanes', () => {
  const shard = { startOffset: 100n, endOffset: 300n };
  test('a place is an offset and back', () => {
    expect(placeOf(shard, 200n)).toBe(0.5);
    expect([offsetAt(shard, 0), offsetAt(shard, 0.5), offsetAt(shard, 1), offsetAt(shard, 7)]).toEqual([100n, 200n, 299n, 299n]);
    expect(placeOf({ startOffset: 5n, endOffset: 5n }, 5n)).toBe(0);
  });
  test('a burst counts as what came within a second', () => {
    const rate = new ShardRate();
    rate.saw(1_000, 0);
    rate.saw(10_000, 2);
    expect(rate.perSecond).toBe(9_000);
    rate.saw(12_000, 2_200);
    expect(rate.perSecond).toBe(5_000);
  });
  test('marks that would cover each other are one', () => {
    const mark = (name: string, offset: bigint, own = true) => ({ readerId: name, name, offset, own });
    const groups = markGroups(
      [mark('A', 200n), mark('B', 201n), mark('C', 200n, false), mark('D', 290n)],
      (at) => placeOf(shard, at.offset) * 100,
    );
    expect(groups.map(({ readers }) => readers.map(({ name }) => name).join(' '))).toEqual(['A B', 'C', 'D']);
  });
});
