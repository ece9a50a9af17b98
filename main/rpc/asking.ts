/** The asking half of a peer: calls that wait for their answer, and streams that are read. */
import type { RequestOptions } from '../api/contract.ts';
import type { LabError } from '../api/errors.ts';
import { deserializeError } from '../api/errors.ts';
import { CALL, CANCEL, CREDIT, END, ERROR, ITEM, OPEN, RESULT, type AnsweringFrame } from './codec.ts';
import { broken, cancelled, disconnected, pastDeadline, tooMany } from './failures.ts';
import { DEADLINE_MS_MAX, PEER_CALLS_MAX, PEER_STREAMS_MAX, STREAM_CREDIT_MAX } from './limits.ts';
import type { Outlet } from './outlet.ts';
import { StreamReader } from './reader.ts';

interface PendingCall {
  resolve: (value: unknown) => void;
  reject: (error: LabError) => void;
}

export class Asking {
  readonly #outlet: Outlet;
  readonly #calls = new Map<number, PendingCall>();
  readonly #streams = new Map<number, StreamReader>();
  #nextId = 1;
  #closed: { reason: string | undefined } | undefined;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** Sends a call. Rejects with a LabError: the handler's, or `deadline`, `cancelled`, `disconnected`, `too-many`, `bad-input`. */
  async call(method: string, input: unknown, options: RequestOptions & { deadlineMs: number }): Promise<unknown> {
    const { signal } = options;
    const deadlineMs = Math.min(options.deadlineMs, DEADLINE_MS_MAX);
    this.#checkOpen(method, signal);
    if (this.#calls.size >= PEER_CALLS_MAX) throw tooMany('calls', 'PEER_CALLS_MAX', PEER_CALLS_MAX);
    const id = this.#nextId++;
    this.#outlet.sendValue([CALL, id, method, deadlineMs, input], method, 'bad-input');

    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#calls.set(id, { resolve, reject });
    const giveUp = (error: LabError) => {
      this.#calls.delete(id);
      this.#outlet.send([CANCEL, id]);
      reject(error);
    };
    const timer = setTimeout(() => giveUp(pastDeadline(method, deadlineMs)), deadlineMs);
    const onAbort = () => giveUp(cancelled(method));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** A stream as an iterable; it is opened when the iteration starts, and each iteration opens its own. */
  stream(method: string, input: unknown, options: { signal?: AbortSignal; credit: number }): AsyncIterable<unknown> {
    return { [Symbol.asyncIterator]: () => this.#open(method, input, options) };
  }

  #open(method: string, input: unknown, { signal, credit: declared }: { signal?: AbortSignal; credit: number }): StreamReader {
    const credit = Math.min(declared, STREAM_CREDIT_MAX);
    const id = this.#nextId++;
    const close = () => {
      this.#streams.delete(id);
      signal?.removeEventListener('abort', onAbort);
    };
    const reader = new StreamReader(credit, {
      credit: (n) => this.#outlet.send([CREDIT, id, n]),
      cancel: () => this.#outlet.send([CANCEL, id]),
      over: close,
    });
    const onAbort = () => reader.abort(cancelled(method));
    try {
      this.#checkOpen(method, signal);
      if (this.#streams.size >= PEER_STREAMS_MAX) throw tooMany('streams', 'PEER_STREAMS_MAX', PEER_STREAMS_MAX);
      this.#outlet.sendValue([OPEN, id, method, credit, input], method, 'bad-input');
      this.#streams.set(id, reader);
      signal?.addEventListener('abort', onAbort, { once: true });
    } catch (error) {
      reader.end(error as LabError);
    }
    return reader;
  }

  /** Throws a LabError `protocol` for an answer that was never asked for. Answers that come too late are ignored. */
  receive(frame: AnsweringFrame): void {
    const id = frame[1];
    if (id >= this.#nextId) throw broken('it answered what was never asked');
    const call = this.#calls.get(id);
    if (call) this.#answerCall(id, call, frame);
    const stream = this.#streams.get(id);
    if (stream) this.#answerStream(stream, frame);
  }

  #answerCall(id: number, call: PendingCall, frame: AnsweringFrame): void {
    if (frame[0] === RESULT) call.resolve(frame[2]);
    else if (frame[0] === ERROR) call.reject(deserializeError(frame[2]));
    else throw broken('it answered a call with a stream');
    this.#calls.delete(id);
  }

  #answerStream(stream: StreamReader, frame: AnsweringFrame): void {
    if (frame[0] === ITEM) stream.item(frame[2]);
    else if (frame[0] === END) stream.end();
    else if (frame[0] === ERROR) stream.end(deserializeError(frame[2]));
    else throw broken('it answered a stream with a result');
  }

  /** The port is closed: everything that waits is rejected with `disconnected`. */
  disconnect(reason: string | undefined): void {
    this.#closed = { reason };
    for (const call of this.#calls.values()) call.reject(disconnected(reason));
    this.#calls.clear();
    for (const stream of [...this.#streams.values()]) stream.end(disconnected(reason));
  }

  #checkOpen(method: string, signal: AbortSignal | undefined): void {
    if (this.#closed) throw disconnected(this.#closed.reason);
    if (signal?.aborted) throw cancelled(method);
  }
}
