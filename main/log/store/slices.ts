/** How much one slice of deleting does: a transaction of a few milliseconds, between which appends get their turn. */
import { PAGE_BYTES } from './connection.ts';

/** Batches that a slice deletes, bytes; a larger one is deleted alone. */
export const SLICE_BYTES_MAX = 1024 * 1024;
/** And no more than this many rows. */
export const SLICE_BATCHES_MAX = 256;
/** Pages given back to the file system in a slice: as much as a slice frees, and a little more, so that it catches up. */
export const SLICE_PAGES_MAX = (SLICE_BYTES_MAX / PAGE_BYTES) * 1.5;
