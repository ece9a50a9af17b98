/**
 * Values as MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md): what may travel, and nothing else.
 * Plain objects, arrays, strings, booleans, null, numbers, bigints of 64 bits and Uint8Array come out as they went in, but
 * for undefined: a property that is undefined is dropped, and an undefined element of an array becomes null.
 * Decoded binary is a view of the bytes that were decoded.
 */
import { Decoder, Encoder } from '@msgpack/msgpack';
import { VALUE_DEPTH_MAX } from './limits.ts';
import { checkStructure } from './structure.ts';

/** What an encoder begins with, bytes; it grows. */
const ENCODER_BYTES = 4 * 1024;
/** Smaller values are copied out of their encoder, bytes: then it is free at once. */
const COPIED_BYTES_MAX = 16 * 1024;
/** What encoders that wait to be used again may have in all, bytes. */
const KEPT_BYTES_MAX = 8 * 1024 * 1024;

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The encoder asks this for every object that it meets: the place to refuse what would not arrive as it was sent. */
const plainDataOnly = {
  tryToEncode(value: unknown): null {
    if (Array.isArray(value)) value.forEach(checkBigint);
    else if (ArrayBuffer.isView(value)) checkBinary(value);
    else checkObject(value as object);
    return null;
  },
  decode(): never {
    throw new Error('extension types do not travel');
  },
};

const newEncoder = () =>
  new Encoder<undefined>({
    useBigInt64: true,
    ignoreUndefined: true,
    maxDepth: VALUE_DEPTH_MAX,
    extensionCodec: plainDataOnly,
    initialBufferSize: ENCODER_BYTES,
  });
const kept = keptEncoders();
const decoder = new Decoder<undefined>({ useBigInt64: true, extensionCodec: plainDataOnly });

/** A value as bytes, in memory that is another one's after `giveBack`. */
export interface LentBytes {
  bytes: Uint8Array;
  /** The bytes are not looked at any more. Where that is not sure it is not called: the collector takes back what is lost. */
  giveBack(): void;
}

/** Throws an Error that says why, when the value cannot travel. */
export function encodeValue(value: unknown): LentBytes {
  checkBigint(value);
  const encoder = kept.take() ?? newEncoder();
  const bytes = encoder.encodeSharedRef(value);
  if (bytes.byteLength > COPIED_BYTES_MAX) return { bytes, giveBack: () => kept.put(encoder, bytes.buffer.byteLength) };
  const copy = bytes.slice();
  kept.put(encoder, bytes.buffer.byteLength);
  return { bytes: copy, giveBack() {} };
}

/** Throws an Error that says why, when the bytes are not one value. */
export function decodeValue(bytes: Uint8Array): unknown {
  checkStructure(bytes);
  // As a plain Uint8Array: from a Node Buffer the decoder would cut Buffers.
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function checkBigint(value: unknown): void {
  if (typeof value === 'bigint' && (value > UINT64_MAX || value < INT64_MIN)) throw new Error(`${value} does not fit in 64 bits`);
}

function checkBinary(value: ArrayBufferView): void {
  if (!(value instanceof Uint8Array)) throw new Error(`a ${value.constructor.name} does not travel, only Uint8Array does`);
}

function checkObject(value: object): void {
  if (value instanceof Date || value instanceof Map || value instanceof Set || value instanceof ArrayBuffer) {
    throw new Error(`a ${value.constructor.name} does not travel`);
  }
  // The decoder refuses this key, rightly; found there, it would cost the connection.
  if (Object.hasOwn(value, '__proto__')) throw new Error('a property named __proto__ does not travel');
  for (const key in value) checkBigint((value as Record<string, unknown>)[key]);
}

/** Encoders, each with the memory of a value that has gone, up to KEPT_BYTES_MAX; the one that came last is taken first. */
function keptEncoders() {
  const encoders: { encoder: Encoder<undefined>; bytes: number }[] = [];
  let keptBytes = 0;
  return {
    take(): Encoder<undefined> | undefined {
      const last = encoders.pop();
      keptBytes -= last?.bytes ?? 0;
      return last?.encoder;
    },
    put(encoder: Encoder<undefined>, bytes: number): void {
      if (keptBytes + bytes > KEPT_BYTES_MAX) return;
      encoders.push({ encoder, bytes });
      keptBytes += bytes;
    },
  };
}
