/**
 * Fields of messages, declared once in the order of the wire, each with the versions that have it, as in Kafka's own definitions:
 *
 *   topics: array('0+', { name: string('0+'), topicId: uuid('10+') }, { nullable: '1+' })
 *
 * Decoder, encoder, TypeScript's types and the table in the documentation come from it. Tagged fields stand behind the others of their struct,
 * and only in flexible versions: a varint with their number, then of each its tag, its size and its value.
 */
import { malformed, Reader } from './reader.ts';
import * as types from './types.ts';
import type { Format, Type } from './types.ts';
import { Writer } from './writer.ts';

/** "3+", "0-12", "4". */
export type Versions = `${number}+` | `${number}-${number}` | `${number}`;

export interface Options<T> {
  /** Where the version does not have the field; and it may be left out when a message is made. */
  default?: T | null;
  /** Versions in which it may be null. */
  nullable?: Versions;
  /** Its number among the tagged fields. */
  tag?: number;
}

export interface Field<T, IsOptional extends boolean = boolean, I = T> {
  type: Type<T>;
  /** What a message is made from; types alone. */
  readonly input?: I;
  versions: Range;
  nullable: Range | null;
  tag: number | null;
  fallback: T;
  isOptional: IsOptional;
  /** Of a struct, or of an array of them: for the documentation. */
  fields: Fields | null;
}

// Values of any type.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Fields = Record<string, Field<any, boolean, any>>;

type ValueOfField<F> = F extends Field<infer T, boolean, infer _I> ? T : never;
type InputOfField<F> = F extends Field<infer _T, boolean, infer I> ? I : never;
type OptionalNames<F extends Fields> = { [N in keyof F]: F[N] extends Field<infer _T, true, infer _I> ? N : never }[keyof F];

/** A message as it is decoded: all fields, those that its version lacks with their defaults. */
export type Value<F extends Fields> = { [N in keyof F]: ValueOfField<F[N]> };
/** What a message is made from: what has a default may be left out. */
export type Input<F extends Fields> = { [N in Exclude<keyof F, OptionalNames<F>>]: InputOfField<F[N]> } & {
  [N in OptionalNames<F>]?: InputOfField<F[N]>;
};

type Nulled<T, O> = O extends { nullable: Versions } | { default: null } ? T | null : T;
type IsOptional<O> = O extends { default: unknown } ? true : false;

interface Range {
  min: number;
  max: number;
}

export function range(versions: Versions): Range {
  const [min, max] = versions.split(/[-+]/);
  return { min: Number(min), max: versions.endsWith('+') ? Infinity : Number(max ?? min) };
}

export const isWithin = ({ min, max }: Range, version: number): boolean => version >= min && version <= max;

function field<T>(type: Type<T>, versions: Versions, options: Options<T> = {}, fields: Fields | null = null): Field<T> {
  return {
    type,
    versions: range(versions),
    nullable: options.nullable === undefined ? null : range(options.nullable),
    tag: options.tag ?? null,
    fallback: (options.default === undefined ? type.zero : options.default) as T,
    isOptional: options.default !== undefined,
    fields,
  };
}

function scalar<T>(type: Type<T> | Type<T | null>) {
  return <const O extends Options<T>>(versions: Versions, options?: O): Field<Nulled<T, O>, IsOptional<O>> =>
    field(type as Type<T>, versions, options) as Field<Nulled<T, O>, IsOptional<O>>;
}

export const int8 = scalar<number>(types.int8);
export const int16 = scalar<number>(types.int16);
export const int32 = scalar<number>(types.int32);
export const int64 = scalar<bigint>(types.int64);
export const bool = scalar<boolean>(types.bool);
export const uuid = scalar<string>(types.uuid);
export const string = scalar<string>(types.string);
export const records = scalar<Uint8Array>(types.records);
export const int32s = scalar<number[]>(types.arrayOf(types.int32));
export const strings = scalar<string[]>(types.arrayOf(types.string as Type<string>));

/** An array of structs. */
export function array<F extends Fields, const O extends Options<Value<F>[]>>(
  versions: Versions,
  fields: F,
  options?: O,
): Field<Nulled<Value<F>[], O>, IsOptional<O>, Nulled<Input<F>[], O>> {
  const type = types.arrayOf(structType(fields));
  return field(type, versions, options as Options<Value<F>[] | null>, fields) as ReturnType<typeof array<F, O>>;
}

/** A single struct that may be left out: null. */
export function struct<F extends Fields>(
  versions: Versions,
  fields: F,
  options: { tag?: number; nullable?: Versions } = {},
): Field<Value<F> | null, true, Input<F> | null> {
  const of = structType(fields);
  const type: Type<Value<F> | null> = {
    name: 'struct',
    zero: null,
    read(input, format) {
      if (options.nullable && input.int8() < 0) return null;
      return of.read(input, format);
    },
    write(output, value, format) {
      if (options.nullable) output.int8(value === null ? -1 : 1);
      if (value !== null) of.write(output, value, format);
    },
  };
  return field(type, versions, { ...options, default: null }, fields) as ReturnType<typeof struct<F>>;
}

/** A struct's fields as a type: also a whole request or response. */
export function structType<F extends Fields>(fields: F): Type<Value<F>> {
  const all = Object.entries(fields) as [string, Field<unknown>][];
  const plain = all.filter(([, { tag }]) => tag === null);
  const tagged = all.filter(([, { tag }]) => tag !== null).sort(([, a], [, b]) => a.tag! - b.tag!);

  function read(input: Reader, format: Format): Value<F> {
    const value: Record<string, unknown> = {};
    for (const [name, each] of plain) {
      value[name] = isWithin(each.versions, format.version) ? each.type.read(input, formatOf(each, format)) : each.fallback;
    }
    for (const [name, each] of tagged) value[name] = each.fallback;
    if (format.flexible) readTagged(input, format, value);
    return value as Value<F>;
  }

  function readTagged(input: Reader, format: Format, value: Record<string, unknown>): void {
    for (let left = input.elements(input.unsignedVarint()); left > 0; left--) {
      const tag = input.unsignedVarint();
      const bytes = input.bytes(input.unsignedVarint());
      const known = tagged.find(([, each]) => each.tag === tag && isWithin(each.versions, format.version));
      if (!known) continue;
      const inside = new Reader(bytes);
      value[known[0]] = known[1].type.read(inside, formatOf(known[1], format));
      if (inside.left > 0) throw malformed(`${inside.left} bytes behind a tagged field`);
    }
  }

  function write(output: Writer, value: Record<string, unknown>, format: Format): void {
    for (const [name, each] of plain) {
      if (isOnWire(value, name, each, format)) each.type.write(output, given(value, name, each), formatOf(each, format));
    }
    if (format.flexible) writeTagged(output, value, format);
  }

  function writeTagged(output: Writer, value: Record<string, unknown>, format: Format): void {
    const said = tagged.filter(([name, each]) => isOnWire(value, name, each, format));
    output.unsignedVarint(said.length);
    for (const [name, each] of said) {
      const inside = new Writer();
      each.type.write(inside, given(value, name, each), formatOf(each, format));
      output.unsignedVarint(each.tag!);
      output.unsignedVarint(inside.length);
      for (const piece of inside.pieces()) output.bytes(piece);
    }
  }

  return { name: 'struct', zero: {} as Value<F>, read, write };
}

/** Whether a message in this version holds the field: one that is tagged only where it says more than its default. */
export function isOnWire(value: Record<string, unknown>, name: string, each: Field<unknown>, { version, flexible }: Format): boolean {
  if (!isWithin(each.versions, version)) return false;
  return each.tag === null || (flexible && !isDefault(given(value, name, each), each));
}

export function given(value: Record<string, unknown>, name: string, { fallback }: Field<unknown>): unknown {
  const own = value[name];
  return own === undefined ? fallback : own;
}

function isDefault(value: unknown, { fallback }: Field<unknown>): boolean {
  return value === fallback || (Array.isArray(value) && value.length === 0);
}

function formatOf({ nullable }: Field<unknown>, { version, flexible }: Format): Format {
  return { version, flexible, nullable: nullable !== null && isWithin(nullable, version) };
}
