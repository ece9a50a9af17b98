/**
 * Readers: who reads a stream on screen, and where each one stands. A reader lives as long as its page shows it.
 * Two readers of one stream do not disturb each other; the marks on the lanes show it.
 */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing, offset, shardNumber, streamName, type Position } from './values.ts';

/** Readers that may be open at once over all pages. */
export const READERS_MAX = 64;

export interface Reader {
  id: string;
  stream: string;
  /** "A", "B": as the page names it. */
  name: string;
  /** The offset that the reader will read next, per shard that it has touched. */
  positions: Position[];
}

export const readers = {
  /** Opens a reader and keeps it open while the stream is read; its one item is its id. */
  open: stream(v.strictObject({ stream: streamName, name: v.pipe(v.string(), v.minLength(1), v.maxLength(40)) }), type<{ id: string }>(), {
    errors: ['too-many', 'no-such-stream'],
  }),
  move: call(v.strictObject({ id: v.string(), positions: v.array(v.strictObject({ shard: shardNumber, offset })) }), type<void>()),
  watch: stream(nothing, type<Reader[]>()),
};
