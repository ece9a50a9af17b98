/**
 * Entries of the order by event time: for each event its time, its shard and its offset, by which they are sorted, in that order. A chunk
 * holds some hundreds of them that follow each other, as columns.
 *
 * As bytes, in the order of bytes of every machine the lab runs on (little endian):
 *   n × 8  times, milliseconds since 1970, IEEE 754 double   exact: JavaScript's dates end at 8.64e15
 *   n × 8  offsets, IEEE 754 double                          exact up to 2^53
 *   n × 2  shards, unsigned
 */

/** The time of an event that has none: behind every time there is. */
export const TIMELESS = Number.MAX_SAFE_INTEGER;
/** Entries of a chunk, at most. */
export const CHUNK_ENTRIES_MAX = 512;
const ENTRY_BYTES = 18;

export interface Entry {
  time: number;
  shard: number;
  offset: number;
}

export interface Entries {
  times: Float64Array;
  offsets: Float64Array;
  shards: Uint16Array;
}

export function compare(a: Entry, b: Entry): number {
  return a.time - b.time || a.shard - b.shard || a.offset - b.offset;
}

export function entryAt({ times, offsets, shards }: Entries, at: number): Entry {
  return { time: times[at]!, shard: shards[at]!, offset: offsets[at]! };
}

export function toBytes({ times, offsets, shards }: Entries): Buffer {
  const bytes = new Uint8Array(times.length * ENTRY_BYTES);
  bytes.set(bytesOf(times), 0);
  bytes.set(bytesOf(offsets), times.length * 8);
  bytes.set(bytesOf(shards), times.length * 16);
  return Buffer.from(bytes.buffer);
}

/** Throws a RangeError where the bytes are no entries. */
export function fromBytes(bytes: Buffer): Entries {
  if (bytes.length === 0 || bytes.length % ENTRY_BYTES !== 0) throw new RangeError(`${bytes.length} bytes are no entries.`);
  // A copy, since columns must begin at multiples of their width.
  const { buffer } = new Uint8Array(bytes);
  const count = bytes.length / ENTRY_BYTES;
  return {
    times: new Float64Array(buffer, 0, count),
    offsets: new Float64Array(buffer, count * 8, count),
    shards: new Uint16Array(buffer, count * 16, count),
  };
}

/** Both together, in order. An entry that is in both is taken once. */
export function merged(old: Entries | null, added: readonly Entry[]): Entries {
  const size = (old?.times.length ?? 0) + added.length;
  const into = { times: new Float64Array(size), offsets: new Float64Array(size), shards: new Uint16Array(size) };
  let [from, end] = [0, 0];
  const put = (time: number, shard: number, offset: number): void => {
    into.times[end] = time;
    into.shards[end] = shard;
    into.offsets[end++] = offset;
  };
  for (const entry of added) {
    while (old && from < old.times.length && isBefore(old, from, entry)) {
      put(old.times[from]!, old.shards[from]!, old.offsets[from]!);
      from++;
    }
    const isThere =
      old &&
      from < old.times.length &&
      old.times[from] === entry.time &&
      old.shards[from] === entry.shard &&
      old.offsets[from] === entry.offset;
    if (!isThere) put(entry.time, entry.shard, entry.offset);
  }
  for (; old && from < old.times.length; from++) put(old.times[from]!, old.shards[from]!, old.offsets[from]!);
  return slice(into, 0, end);
}

export function slice({ times, offsets, shards }: Entries, from: number, end: number): Entries {
  return { times: times.subarray(from, end), offsets: offsets.subarray(from, end), shards: shards.subarray(from, end) };
}

/** Without those that lie before where their shards begin. */
export function withoutTrimmed(entries: Entries, starts: readonly number[]): Entries {
  const kept = { times: entries.times.slice(), offsets: entries.offsets.slice(), shards: entries.shards.slice() };
  let end = 0;
  for (let at = 0; at < entries.times.length; at++) {
    if (entries.offsets[at]! < (starts[entries.shards[at]!] ?? 0)) continue;
    kept.times[end] = entries.times[at]!;
    kept.offsets[end] = entries.offsets[at]!;
    kept.shards[end++] = entries.shards[at]!;
  }
  return slice(kept, 0, end);
}

/** How many of the entries come before a place. */
export function countBefore(entries: Entries, place: Entry): number {
  let [low, high] = [0, entries.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(entries, middle, place)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore({ times, offsets, shards }: Entries, at: number, { time, shard, offset }: Entry): boolean {
  if (times[at] !== time) return times[at]! < time;
  if (shards[at] !== shard) return shards[at]! < shard;
  return offsets[at]! < offset;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
