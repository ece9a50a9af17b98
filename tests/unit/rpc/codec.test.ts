import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../../main/api/errors.ts';
import { CALL, CANCEL, CREDIT, decodeFrame, encodeFrame, END, ERROR, ITEM, OPEN, RESULT, type Frame } from '../../../main/rpc/codec.ts';
import { VALUE_DEPTH_MAX } from '../../../main/rpc/limits.ts';

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const key = fc.string().filter((name) => name !== '__proto__');
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false),
    fc.double().map((n) => (Object.is(n, -0) ? 0 : n)), // minus zero travels as zero
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 70_000 }),
    fc.array(tie('value')),
    fc.dictionary(key, tie('value'), { noNullPrototype: true }),
  ),
})).value;
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.tuple(fc.constant(CALL), id, fc.string(), fc.nat(), value),
  fc.tuple(fc.constant(OPEN), id, fc.string(), id, value),
  fc.tuple(fc.constantFrom(RESULT, ITEM), id, value),
  fc.tuple(fc.constant(ERROR), id, fc.constant({ code: 'internal', message: 'x', retriable: false } as const)),
  fc.tuple(fc.constantFrom(CANCEL, END), id),
  fc.tuple(fc.constant(CREDIT), id, id),
);

/** Takes any bytes; gives what a failure was, or undefined. */
function failureOf(bytes: Uint8Array): unknown {
  try {
    decodeFrame(bytes);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('frames', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encodeFrame(frame).bytes)).toStrictEqual(frame);
      }),
    );
  });

  it('stay as they were while the next ones are encoded', () => {
    const pair = fc.tuple(frames, frames);
    fc.assert(
      fc.property(pair, ([first, second]) => {
        const { bytes } = encodeFrame(first);
        encodeFrame(second);
        expect(decodeFrame(bytes)).toStrictEqual(first);
      }),
    );
  });

  it('are encoded into memory that was given back, and into no other', () => {
    const large = (byte: number): Frame => [ITEM, 1, new Uint8Array(100_000).fill(byte)];
    const [first, second] = [encodeFrame(large(1)), encodeFrame(large(2))];
    first.giveBack();
    const third = encodeFrame(large(3));
    expect(third.bytes.buffer).toBe(first.bytes.buffer);
    expect(decodeFrame(second.bytes)).toStrictEqual(large(2));
    expect(decodeFrame(third.bytes)).toStrictEqual(large(3));
  });

  it('keep an undefined value apart from null', () => {
    expect(decodeFrame(encodeFrame([RESULT, 1, undefined]).bytes)).toStrictEqual([RESULT, 1]);
    expect(decodeFrame(encodeFrame([RESULT, 1, null]).bytes)).toStrictEqual([RESULT, 1, null]);
  });

  it('have views for binary, which are no Buffers', () => {
    const bytes = Buffer.from(encodeFrame([ITEM, 1, Buffer.from('abc')]).bytes);
    const item = decodeFrame(bytes)[2] as Uint8Array;
    expect(item).toStrictEqual(Uint8Array.of(97, 98, 99));
    expect(item.buffer).toBe(bytes.buffer);
  });

  it('refuse what would not arrive as it was sent', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    const numbers = [2n ** 64n, -(2n ** 63n) - 1n, [2n ** 64n], { a: 2n ** 64n }];
    const objects = [new Date(), new Map(), new Set(), new Float64Array(1), () => 1, Symbol(), nested(VALUE_DEPTH_MAX)];
    for (const value of [...numbers, ...objects]) expect(() => encodeFrame([RESULT, 1, value])).toThrow();
  });
});

describe('malformed frames', () => {
  it('are a protocol error, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // A frame with one byte changed, or cut, reaches deeper than noise does.
      fc.tuple(frames, fc.nat(), fc.nat(255)).map(([frame, at, byte]) => {
        const changed = encodeFrame(frame).bytes.slice();
        changed[at % changed.length] = byte;
        return changed;
      }),
      fc.tuple(frames, fc.nat()).map(([frame, at]) => encodeFrame(frame).bytes.subarray(0, at % 50)),
    );
    const isProtocol = (failure: unknown) => failure === undefined || (failure instanceof LabError && failure.code === 'protocol');
    fc.assert(
      fc.property(bytes, (garbage) => isProtocol(failureOf(garbage))),
      { numRuns: 2_000 },
    );
  });

  it('take no memory for what they only claim', () => {
    // Each header claims an array of 60,000: decoded one by one, these would ask for 9 GB.
    const header = [0xdc, 0xea, 0x60];
    const bytes = Uint8Array.from({ length: 60_000 }, (_, n) => header[n % 3]!);
    const before = process.memoryUsage().heapTotal;
    expect(failureOf(bytes)).toMatchObject({ code: 'protocol' });
    expect(process.memoryUsage().heapTotal - before).toBeLessThan(20e6);
  });

  it('are all that has the wrong shape', () => {
    const calls = [[CALL], [CALL, 1], [CALL, 0, 'a.b', 1], [CALL, 1, 2, 3], [CALL, 1, 'a.b', -1], [CALL, 1, 'a.b', NaN]];
    const streams = [
      [OPEN, 1, 'a.b', 0],
      [CREDIT, 1, 0],
      [CREDIT, 1, 1n],
      [CREDIT, 1, 1.5],
    ];
    const answers = [
      [END, 1, 1],
      [ERROR, 1],
      [RESULT, '1', 1],
      [RESULT, 1, 2, 3],
    ];
    const wrong = [1, null, {}, [], ...calls, ...streams, ...answers, [0, 1], [9, 1]];
    for (const frame of wrong) expect(failureOf(encode(frame, { useBigInt64: true }))).toMatchObject({ code: 'protocol' });
  });
});
