/**
 * Frames: what peers say to each other. A frame is one MessagePack array (values.ts); its first element is the kind.
 *
 *   asker → answerer
 *     call    [1, id, method, deadlineMs, input?]   answered by one result or error
 *     cancel  [4, id]                               of a call or stream; nothing is answered any more
 *     open    [5, id, method, credit, input?]       answered by items, then one end or error
 *     credit  [8, id, n]                            n more items may come
 *   answerer → asker
 *     result  [2, id, value?]
 *     error   [3, id, ErrorShape]                   ends a call or a stream
 *     item    [6, id, value?]
 *     end     [7, id]
 *
 * `id` is the asker's, from 1 up, one sequence for its calls and streams. Both sides ask, each with ids of its own; the kind
 * says whose id it is. `method` is "domain.name". A last element that is undefined is left away, so that it arrives as undefined.
 */
import { LabError, type ErrorShape } from '../api/errors.ts';
import { decodeValue, encodeValue, type LentBytes } from './values.ts';

export const CALL = 1;
export const RESULT = 2;
export const ERROR = 3;
export const CANCEL = 4;
export const OPEN = 5;
export const ITEM = 6;
export const END = 7;
export const CREDIT = 8;

export type CallFrame = readonly [typeof CALL, id: number, method: string, deadlineMs: number, input?: unknown];
export type OpenFrame = readonly [typeof OPEN, id: number, method: string, credit: number, input?: unknown];
export type AskingFrame = CallFrame | OpenFrame | readonly [typeof CANCEL, id: number] | readonly [typeof CREDIT, id: number, n: number];
export type AnsweringFrame =
  | readonly [typeof RESULT, id: number, value?: unknown]
  | readonly [typeof ERROR, id: number, error: ErrorShape]
  | readonly [typeof ITEM, id: number, value?: unknown]
  | readonly [typeof END, id: number];
export type Frame = AskingFrame | AnsweringFrame;

/** A frame whose memory can be used again once it is sent. Throws an Error that says why, when a value inside cannot travel. */
export function encodeFrame(frame: Frame): LentBytes {
  return encodeValue(frame.at(-1) === undefined ? frame.slice(0, -1) : frame);
}

/** Throws a LabError `protocol` for anything but a frame. */
export function decodeFrame(bytes: Uint8Array): Frame {
  let value: unknown;
  try {
    value = decodeValue(bytes);
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (!isFrame(value)) throw malformed('it is no frame of any kind');
  return value;
}

function isFrame(value: unknown): value is Frame {
  if (!Array.isArray(value) || !isCount(value[1])) return false;
  const [kind, , third, fourth] = value as unknown[];
  const length = value.length;
  switch (kind) {
    case CALL:
      return (length === 4 || length === 5) && typeof third === 'string' && typeof fourth === 'number' && fourth >= 0;
    case OPEN:
      return (length === 4 || length === 5) && typeof third === 'string' && isCount(fourth);
    case RESULT:
    case ITEM:
      return length === 2 || length === 3;
    case ERROR:
      return length === 3;
    case CREDIT:
      return length === 3 && isCount(third);
    case CANCEL:
    case END:
      return length === 2;
    default:
      return false;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function malformed(why: string, cause?: unknown): LabError {
  return new LabError('protocol', `A frame could not be read: ${why}.`, { cause });
}
