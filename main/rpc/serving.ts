/** The serving half of a peer: runs the handlers of calls and streams, and sends what they answer. */
import { serializeError, type ErrorShape, type LabError } from '../api/errors.ts';
import { CALL, CANCEL, ERROR, OPEN, RESULT, type AskingFrame, type CallFrame, type OpenFrame } from './codec.ts';
import { broken, cancelled, disconnected, pastDeadline, tooMany } from './failures.ts';
import { Feed } from './feed.ts';
import { DEADLINE_MS_MAX, PEER_CALLS_MAX, PEER_STREAMS_MAX } from './limits.ts';
import type { Methods } from './methods.ts';
import type { Outlet } from './outlet.ts';

/** Longest message of an error on the wire, and of its cause, characters: what user code throws can be of any length, and an error must fit in a frame. */
const ERROR_TEXT_CHARS_MAX = 16_384;

interface Running {
  method: string;
  abort: AbortController;
}

export class Serving {
  readonly #outlet: Outlet;
  readonly #methods: Methods;
  /** What the other side still waits for, by its id. Whatever is not here any more answers nothing. */
  readonly #calls = new Map<number, Running>();
  readonly #streams = new Map<number, Running & { feed: Feed }>();

  readonly #caller = new AbortController();

  constructor(outlet: Outlet, methods: Methods) {
    this.#outlet = outlet;
    this.#methods = methods;
  }

  /** Throws a LabError `protocol` for an id that is in use. `done`: nobody looks at the frame's bytes any more. */
  receive(frame: AskingFrame): 'done' | void {
    const id = frame[1];
    if (frame[0] === CANCEL) return this.#cancel(id);
    if (frame[0] !== CALL && frame[0] !== OPEN) return this.#streams.get(id)?.feed.credit(frame[2]);
    if (this.#calls.has(id) || this.#streams.has(id)) throw broken('it used an id twice');
    if (frame[0] === OPEN) return void this.#serveStream(frame);
    // The handler has been called, and has returned, when this does.
    void this.#serveCall(frame);
    if (this.#methods.lendsInput(frame[2])) return 'done';
  }

  /** The port is closed: every handler's signal aborts. */
  disconnect(reason: string | undefined): void {
    const running = [...this.#calls.values(), ...this.#streams.values()];
    this.#calls.clear();
    this.#streams.clear();
    for (const { abort } of running) abort.abort(disconnected(reason));
    this.#caller.abort(disconnected(reason));
  }

  async #serveCall([, id, method, askedMs, input]: CallFrame): Promise<void> {
    if (this.#calls.size >= PEER_CALLS_MAX) return this.#sendError(id, tooMany('calls', 'PEER_CALLS_MAX', PEER_CALLS_MAX));
    const running = { method, abort: new AbortController() };
    const isAwaited = () => this.#calls.get(id) === running;
    this.#calls.set(id, running);
    const deadlineMs = Math.min(askedMs, DEADLINE_MS_MAX);
    const timer = setTimeout(() => this.#expire(id, pastDeadline(method, deadlineMs)), deadlineMs);
    running.abort.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    try {
      const value = await this.#methods.invoke('call', method, input, { signal: running.abort.signal, caller: this.#caller.signal });
      await this.#outlet.room();
      if (!isAwaited()) return;
      this.#outlet.sendValue([RESULT, id, value], method, 'internal');
    } catch (error) {
      if (isAwaited()) this.#sendError(id, error);
    } finally {
      clearTimeout(timer);
      if (isAwaited()) this.#calls.delete(id);
    }
  }

  async #serveStream([, id, method, credit, input]: OpenFrame): Promise<void> {
    if (this.#streams.size >= PEER_STREAMS_MAX) return this.#sendError(id, tooMany('streams', 'PEER_STREAMS_MAX', PEER_STREAMS_MAX));
    const feed = new Feed(credit);
    const running = { method, abort: feed.abort, feed };
    const isAwaited = () => this.#streams.get(id) === running;
    this.#streams.set(id, running);
    try {
      const iterable = this.#methods.invoke('stream', method, input, {
        signal: feed.abort.signal,
        caller: this.#caller.signal,
      }) as AsyncIterable<unknown>;
      await feed.run(id, method, iterable, this.#outlet);
    } catch (error) {
      if (isAwaited()) this.#sendError(id, error);
    } finally {
      if (isAwaited()) this.#streams.delete(id);
    }
  }

  #cancel(id: number): void {
    const running = this.#calls.get(id) ?? this.#streams.get(id);
    this.#calls.delete(id);
    this.#streams.delete(id);
    running?.abort.abort(cancelled(running.method));
  }

  #expire(id: number, error: LabError): void {
    const running = this.#calls.get(id);
    this.#calls.delete(id);
    running?.abort.abort(error);
    this.#sendError(id, error);
  }

  #sendError(id: number, error: unknown): void {
    this.#outlet.send([ERROR, id, clipped(serializeError(error))]);
  }
}

function clipped(error: ErrorShape): ErrorShape {
  const shape = { ...error, message: error.message.slice(0, ERROR_TEXT_CHARS_MAX) };
  if (shape.cause) shape.cause = shape.cause.slice(0, ERROR_TEXT_CHARS_MAX);
  return shape;
}
