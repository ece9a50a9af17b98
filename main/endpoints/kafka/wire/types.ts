/**
 * The types of Kafka's protocol, each in both of its encodings. Source: https://kafka.apache.org/protocol#protocol_types
 *
 *            non-flexible                flexible ("compact", KIP-482)
 *   string   length int16, UTF-8         length + 1 as varint, UTF-8         null: −1, or 0
 *   bytes    length int32, bytes         length + 1 as varint, bytes         null: −1, or 0
 *   array    count int32, elements       count + 1 as varint, elements       null: −1, or 0
 *   struct   its fields                  its fields, then the tagged ones    null: int8 −1 before it, else 1
 *   uuid     16 bytes                    the same
 */
import { malformed, type Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** In which version, and so in which encoding, a message is. */
export interface Format {
  version: number;
  flexible: boolean;
  /** Of a field's value in this version. */
  nullable?: boolean;
}

export interface Type<T> {
  name: string;
  /** The value of a field that a version does not have, where none is declared. */
  zero: T;
  read(input: Reader, format: Format): T;
  write(output: Writer, value: T, format: Format): void;
}

const UUID_BYTES = 16;
export const ZERO_UUID = '00000000-0000-0000-0000-000000000000';

export const int8: Type<number> = plain('int8', 0);
export const int16: Type<number> = plain('int16', 0);
export const int32: Type<number> = plain('int32', 0);
export const int64: Type<bigint> = plain('int64', 0n);

function plain<T>(name: 'int8' | 'int16' | 'int32' | 'int64', zero: T): Type<T> {
  return { name, zero, read: (input) => input[name]() as T, write: (output, value) => (output[name] as (value: T) => void)(value) };
}

export const bool: Type<boolean> = {
  name: 'bool',
  zero: false,
  read: (input) => input.int8() !== 0,
  write: (output, value) => output.int8(value ? 1 : 0),
};

/** As text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx". */
export const uuid: Type<string> = {
  name: 'uuid',
  zero: ZERO_UUID,
  read(input) {
    const hex = input.bytes(UUID_BYTES).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  write: (output, value) => output.bytes(Buffer.from(value.replaceAll('-', ''), 'hex')),
};

export const string: Type<string | null> = {
  name: 'string',
  zero: '',
  read(input, format) {
    const length = format.flexible ? input.unsignedVarint() - 1 : input.int16();
    return length < 0 ? nullOf(format, length) : input.text(length);
  },
  write(output, value, format) {
    const length = value === null ? nullLength(format) : Buffer.byteLength(value);
    if (format.flexible) output.unsignedVarint(length + 1);
    else output.int16(length);
    if (value !== null) output.text(value, length);
  },
};

/** Record batches: bytes that are passed on. */
export const records: Type<Uint8Array | null> = {
  name: 'records',
  zero: null,
  read(input, format) {
    const length = format.flexible ? input.unsignedVarint() - 1 : input.int32();
    return length < 0 ? nullOf(format, length) : input.bytes(length);
  },
  write(output, value, format) {
    const length = value === null ? nullLength(format) : value.length;
    if (format.flexible) output.unsignedVarint(length + 1);
    else output.int32(length);
    if (value !== null) output.bytes(value);
  },
};

export function arrayOf<T>(element: Type<T>): Type<T[] | null> {
  return {
    name: `[]${element.name}`,
    zero: [],
    read(input, format) {
      const count = format.flexible ? input.unsignedVarint() - 1 : input.int32();
      if (count < 0) return nullOf(format, count);
      const { version, flexible } = format;
      const inside = { version, flexible };
      const values: T[] = [];
      for (let left = input.elements(count); left > 0; left--) values.push(element.read(input, inside));
      return values;
    },
    write(output, values, format) {
      const count = values === null ? nullLength(format) : values.length;
      if (format.flexible) output.unsignedVarint(count + 1);
      else output.int32(count);
      const { version, flexible } = format;
      if (values !== null) for (const value of values) element.write(output, value, { version, flexible });
    },
  };
}

function nullOf({ nullable }: Format, length: number): null {
  if (nullable && length === -1) return null;
  throw malformed(length === -1 ? 'a null where there must be a value' : `a length of ${length}`);
}

function nullLength({ nullable }: Format): -1 {
  if (nullable) return -1;
  throw malformed('a null where there must be a value');
}
