/**
 * How a contract is declared. A call or an event stream is declared once, with its input schema, its output type and
 * the codes it fails with; both sides derive their types from the declaration. The input is validated where it
 * enters the serving side and trusted inside; outputs are trusted.
 */
import type * as v from 'valibot';
import type { ErrorCode } from './errors.ts';

type Schema = v.GenericSchema;

/** Carries an output type without a value. */
export interface TypeOf<T> {
  readonly type?: T;
}
export const type = <T>(): TypeOf<T> => ({});

/** Deadline of a call that declares none, milliseconds. */
export const CALL_DEADLINE_MS = 30_000;

/** Items of an event stream that may be under way unacknowledged when it declares no credit. */
export const STREAM_CREDIT = 1;

export interface Call<I extends Schema = Schema, O = unknown> {
  kind: 'call';
  input: I;
  output: TypeOf<O>;
  errors: readonly ErrorCode[];
  deadlineMs: number;
  /**
   * The bytes in the input are lent to the handler until it returns, or first awaits: what it needs of them later it copies. Then the next
   * input is read into the same memory.
   */
  lendsInput: boolean;
}

export interface EventStream<I extends Schema = Schema, T = unknown> {
  kind: 'stream';
  input: I;
  item: TypeOf<T>;
  errors: readonly ErrorCode[];
  /** Items under way before the reader acknowledges. 1 suits conflated state (newest wins). */
  credit: number;
}

export type Domain = Record<string, Call | EventStream>;
export type Contract = Record<string, Domain>;

interface CallOptions {
  errors?: readonly ErrorCode[];
  deadlineMs?: number;
  lendsInput?: boolean;
}

export function call<I extends Schema, O>(input: I, output: TypeOf<O>, options: CallOptions = {}): Call<I, O> {
  const { errors = [], deadlineMs = CALL_DEADLINE_MS, lendsInput = false } = options;
  return { kind: 'call', input, output, errors, deadlineMs, lendsInput };
}

interface StreamOptions {
  errors?: readonly ErrorCode[];
  credit?: number;
}

export function stream<I extends Schema, T>(input: I, item: TypeOf<T>, options: StreamOptions = {}): EventStream<I, T> {
  return { kind: 'stream', input, item, errors: options.errors ?? [], credit: options.credit ?? STREAM_CREDIT };
}

/** What a handler learns of the caller. `signal` aborts on cancel, on deadline and when the caller goes away. */
export interface CallContext {
  signal: AbortSignal;
  /** Aborts when the caller goes away, also long after the call was answered: for what belongs to a page and ends with it. */
  caller: AbortSignal;
}

export type Input<M> = M extends { input: infer I extends Schema } ? v.InferInput<I> : never;
type Parsed<M> = M extends { input: infer I extends Schema } ? v.InferOutput<I> : never;

type Handler<M> =
  M extends Call<infer _I, infer O>
    ? (input: Parsed<M>, context: CallContext) => O | Promise<O>
    : M extends EventStream<infer _I, infer T>
      ? (input: Parsed<M>, context: CallContext) => AsyncIterable<T>
      : never;

/** What the serving side implements for one domain. */
export type DomainHandlers<D extends Domain> = { [M in keyof D]: Handler<D[M]> };
export type Handlers<C extends Contract> = { [D in keyof C]: DomainHandlers<C[D]> };

export interface RequestOptions {
  signal?: AbortSignal;
  /** Milliseconds; overrides the declared deadline of a call. */
  deadlineMs?: number;
}

type ClientMethod<M> =
  M extends Call<infer _I, infer O>
    ? (input: Input<M>, options?: RequestOptions) => Promise<O>
    : M extends EventStream<infer _I, infer T>
      ? (input: Input<M>, options?: { signal?: AbortSignal }) => AsyncIterable<T>
      : never;

export type DomainClient<D extends Domain> = { [M in keyof D]: ClientMethod<D[M]> };

/** What the calling side holds: `client.streams.create({ … })`. Taking the next item of a stream acknowledges the one before. */
export type Client<C extends Contract> = { [D in keyof C]: DomainClient<C[D]> };
