/**
 * Requests and responses as frames. Source: https://kafka.apache.org/protocol#protocol_messages
 *
 *   request    length int32, api key int16, version int16, correlation id int32, client id nullable string (never compact),
 *              tagged fields in flexible versions, body
 *   response   length int32, correlation id int32, tagged fields in flexible versions (never for ApiVersions), body
 */
import { malformed, Reader } from './reader.ts';
import { type Fields, type Input, isWithin, range, structType, type Value, type Versions } from './fields.ts';
import * as types from './types.ts';
import { Writer } from './writer.ts';

/** One kind of request, and what answers it. */
export interface Api<Q extends Fields = Fields, S extends Fields = Fields> {
  name: string;
  key: number;
  min: number;
  max: number;
  flexibleFrom: number;
  request: Q;
  response: S;
  requestType: types.Type<Value<Q>>;
  responseType: types.Type<Value<S>>;
}

export type RequestOf<A> = A extends Api<infer Q, infer _S> ? Value<Q> : never;
/** What an answer is made from. */
export type ResponseOf<A> = A extends Api<infer _Q, infer S> ? Input<S> : never;

export interface RequestHeader {
  key: number;
  version: number;
  correlationId: number;
  clientId: string | null;
}

/** A request or an answer, and how it is on the wire. */
export interface Message {
  value: unknown;
  fields: Fields;
  format: types.Format;
}

/** Its response has the old header in every version: who asks does not know yet what is understood. */
const API_VERSIONS_KEY = 18;
const HEADER_BYTES = 8;

export function api<Q extends Fields, S extends Fields>(declared: {
  name: string;
  key: number;
  versions: Versions;
  flexible: Versions;
  request: Q;
  response: S;
}): Api<Q, S> {
  const { name, key, versions, flexible, request, response } = declared;
  return {
    ...{ name, key, ...range(versions), flexibleFrom: range(flexible).min, request, response },
    ...{ requestType: structType(request), responseType: structType(response) },
  };
}

export const serves = (declared: Api, version: number): boolean => isWithin(declared, version);

function formatOf({ flexibleFrom }: Pick<Api, 'flexibleFrom'>, version: number): types.Format {
  return { version, flexible: version >= flexibleFrom };
}

export const requestOf = (declared: Api, version: number, value: unknown): Message => {
  return { value, fields: declared.request, format: formatOf(declared, version) };
};

export const responseOf = (declared: Api, version: number, value: unknown): Message => {
  return { value, fields: declared.response, format: formatOf(declared, version) };
};

/** The part of the header that every version has; `frame` is without its length. Throws `protocol`. */
export function readHeader(frame: Buffer): { header: RequestHeader; at: number } {
  if (frame.length < HEADER_BYTES) throw malformed(`a request of ${frame.length} bytes`);
  const input = new Reader(frame);
  const header = { key: input.int16(), version: input.int16(), correlationId: input.int32() };
  const clientId = types.string.read(input, { version: 1, flexible: false, nullable: true });
  return { header: { ...header, clientId }, at: input.at };
}

/** The body of a request, from behind {@link readHeader}. Bytes behind it are passed over, as Kafka does. Throws `protocol`. */
export function readRequest<Q extends Fields>(declared: Api<Q>, version: number, frame: Buffer, at: number): Value<Q> {
  const input = new Reader(frame, at);
  const format = formatOf(declared, version);
  if (format.flexible) skipTagged(input);
  return declared.requestType.read(input, format);
}

/** A whole frame, its length included, in pieces. */
export function writeResponse<S extends Fields>(
  declared: Api<Fields, S>,
  version: number,
  correlationId: number,
  body: Input<S>,
): Uint8Array[] {
  const output = new Writer();
  const format = formatOf(declared, version);
  output.int32(correlationId);
  if (format.flexible && declared.key !== API_VERSIONS_KEY) output.unsignedVarint(0);
  declared.responseType.write(output, body as Value<S>, format);
  return framed(output);
}

/** For who asks: a whole frame, its length included. */
export function writeRequest<Q extends Fields>(declared: Api<Q>, header: Omit<RequestHeader, 'key'>, body: Input<Q>): Uint8Array[] {
  const output = new Writer();
  const format = formatOf(declared, header.version);
  output.int16(declared.key);
  output.int16(header.version);
  output.int32(header.correlationId);
  types.string.write(output, header.clientId, { version: 1, flexible: false, nullable: true });
  if (format.flexible) output.unsignedVarint(0);
  declared.requestType.write(output, body as Value<Q>, format);
  return framed(output);
}

/** For who asks; `frame` is without its length. Throws `protocol`. */
export function readResponse<S extends Fields>(
  declared: Api<Fields, S>,
  version: number,
  frame: Buffer,
): { correlationId: number; body: Value<S> } {
  const input = new Reader(frame);
  const format = formatOf(declared, version);
  const correlationId = input.int32();
  if (format.flexible && declared.key !== API_VERSIONS_KEY) skipTagged(input);
  return { correlationId, body: whole(input, declared.responseType.read(input, format)) };
}

function framed(output: Writer): Uint8Array[] {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(output.length);
  return [length, ...output.pieces()];
}

function skipTagged(input: Reader): void {
  for (let left = input.elements(input.unsignedVarint()); left > 0; left--) {
    input.unsignedVarint();
    input.bytes(input.unsignedVarint());
  }
}

function whole<T>(input: Reader, value: T): T {
  if (input.left > 0) throw malformed(`${input.left} bytes too many`);
  return value;
}
