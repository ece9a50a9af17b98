/** The limits of one peer. Those of a port (frame size, bytes waiting) are in port.ts. */

/** Calls of one side that may wait for their answer at once. */
export const PEER_CALLS_MAX = 1_024;

/** Streams of one side that may be open at once. */
export const PEER_STREAMS_MAX = 256;

/** Most items of one stream that a reader may allow to be under way unacknowledged. */
export const STREAM_CREDIT_MAX = 1_024;

/** Longest deadline, milliseconds (24.8 days): a longer one would make a timer fire at once. */
export const DEADLINE_MS_MAX = 2 ** 31 - 1;

/** Levels of arrays and objects inside one another in a frame. */
export const VALUE_DEPTH_MAX = 100;
