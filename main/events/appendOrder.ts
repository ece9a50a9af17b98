/**
 * Append order: the events of several shards as one sequence (api/events.ts says by what). Each shard is in its order already, so
 * this is a merge of the shards' heads.
 */
import type { Position } from '../api/values.ts';
import type { ShardCursor } from '../cluster/brokerContract.ts';
import type { ShardPlace } from '../cluster/cluster.ts';
import type { LogRecord, StoredBatch } from '../log/index.ts';
import type { BatchReader, DecodedBatch } from './batches.ts';

/** One event where it stands. `record` is null in a damaged batch. */
export interface Placed {
  batch: DecodedBatch;
  index: number;
  offset: bigint;
  record: LogRecord | null;
}

/** One shard's place in the merge. */
class Head {
  readonly #reader: BatchReader;
  readonly place: ShardPlace;
  batch: DecodedBatch | null = null;
  index = 0;
  /** Fetched and not yet come to; decoded only then. */
  #ahead: StoredBatch[] = [];
  /** The offset to read next. */
  next: bigint;
  /** Nothing is read from here on. */
  until: bigint;

  constructor(reader: BatchReader, { place, offset, until }: Start) {
    this.#reader = reader;
    this.place = place;
    this.next = offset;
    this.until = until;
  }

  get isOver(): boolean {
    return this.next >= this.until;
  }

  /** Has a batch in hand where there is one to read. */
  async load(aheadBytes: number): Promise<void> {
    while (!this.batch && !this.isOver) {
      const batch = await this.#nextBatch(aheadBytes);
      if (!batch) {
        // What was appended is there; only a shard that was cut meanwhile has less.
        this.until = this.next;
        return;
      }
      const index = batch.damaged ? 0 : batch.records.findIndex((record) => record.offset >= this.next);
      if (index >= 0) {
        this.batch = batch;
        this.index = index;
        if (this.#offset >= this.until) this.#skip();
        return;
      }
      // Only a gap is left in this batch.
      this.next = batch.stored.lastOffset + 1n;
    }
  }

  async #nextBatch(aheadBytes: number): Promise<DecodedBatch | null> {
    if (this.#ahead.length === 0) {
      const kept = this.#reader.kept(this.place, this.next);
      if (kept) return kept;
      this.#ahead = await this.#reader.fetch(this.place, this.next, aheadBytes);
    }
    const stored = this.#ahead.shift();
    return stored ? this.#reader.decode(this.place, stored) : null;
  }

  get #offset(): bigint {
    const { stored, records } = this.batch!;
    return records[this.index]?.offset ?? stored.baseOffset + BigInt(this.index);
  }

  #skip(): void {
    this.next = this.until;
    this.batch = null;
    this.#ahead = [];
  }

  take(): Placed {
    const batch = this.batch!;
    const placed: Placed = { batch, index: this.index, offset: this.#offset, record: batch.records[this.index] ?? null };
    this.next = placed.offset + 1n;
    this.index += 1;
    if (this.index >= batch.stored.recordCount) {
      this.next = batch.stored.lastOffset + 1n;
      this.batch = null;
    } else if (this.#offset >= this.until) {
      this.#skip();
    }
    return placed;
  }

  /** Whether this head's event comes before the other's, as they were appended. */
  appendedBefore(other: Head): boolean {
    const [a, b] = [this.batch!, other.batch!];
    if (a.stored.appendTimeUs !== b.stored.appendTimeUs) return a.stored.appendTimeUs < b.stored.appendTimeUs;
    const [s, t] = [timeOf(a, this.index), timeOf(b, other.index)];
    return comesBefore(
      { time: s, index: this.index, shard: this.place.number },
      { time: t, index: other.index, shard: other.place.number },
    );
  }

  /** Whether this head's event has a smaller timestamp than the other's. */
  earlier(other: Head): boolean {
    const [s, t] = [ownTimeOf(this.batch!, this.index), ownTimeOf(other.batch!, other.index)];
    return s === t ? this.place.number < other.place.number : s < t;
  }
}

/** Whether one of two events of the same commit comes before the other. `time`: {@link timeOf}; `index`: its place in its batch. */
export function comesBefore(
  one: { time: bigint; index: number; shard: number },
  other: { time: bigint; index: number; shard: number },
): boolean {
  if (one.time !== other.time) return one.time < other.time;
  if (one.index !== other.index) return one.index < other.index;
  return one.shard < other.shard;
}

/** By what an event is ordered within the commit that appended it. A damaged batch tells no times but its own in the index. */
export function timeOf(batch: DecodedBatch, index: number): bigint {
  return batch.runningMax[index] ?? batch.stored.minTimestamp;
}

function ownTimeOf(batch: DecodedBatch, index: number): bigint {
  return batch.records[index]?.timestamp ?? batch.stored.minTimestamp;
}

export interface Start {
  place: ShardPlace;
  offset: bigint;
  /** Nothing is read from this offset on. */
  until: bigint;
}

/** Bytes that all shards of a merge together read ahead. */
const AHEAD_BYTES_MAX = 1024 * 1024;
/** Bytes that one shard reads ahead, unless a single batch is larger. */
const SHARD_AHEAD_BYTES_MAX = 256 * 1024;

/**
 * A merge of shards, pulled event by event. The ends of all shards are those of one moment: what is appended between two looks at the
 * shards would else come out of its order.
 */
export class AppendOrder {
  readonly #reader: BatchReader;
  readonly #heads: Head[];
  readonly #aheadBytes: number;
  readonly #isFirst: (head: Head, other: Head) => boolean;

  /** `order`: between shards, as they were appended, or always the event with the least timestamp among the next ones of all shards. */
  constructor(reader: BatchReader, starts: readonly Start[], order: 'append' | 'timestamp' = 'append') {
    this.#isFirst = order === 'append' ? (head, other) => head.appendedBefore(other) : (head, other) => head.earlier(other);
    this.#reader = reader;
    this.#heads = starts.map((start) => new Head(reader, start));
    this.#aheadBytes = Math.min(SHARD_AHEAD_BYTES_MAX, Math.floor(AHEAD_BYTES_MAX / Math.max(1, starts.length)));
  }

  /** One more shard, from now on. */
  add(start: Start): void {
    this.#heads.push(new Head(this.#reader, start));
  }

  /** Goes on to where the shards end now, in the order of the starts. */
  extend(untils: readonly bigint[]): void {
    for (const [index, head] of this.#heads.entries()) head.until = untils[index]!;
  }

  /** The next event; null where all shards are read to their ends. */
  async next(): Promise<Placed | null> {
    // Awaiting only where there is something to wait for keeps long reads fast; all at once, since there may be many shards.
    if (this.#heads.some(isBare)) await Promise.all(this.#heads.filter(isBare).map((head) => head.load(this.#aheadBytes)));
    return this.#take();
  }

  /** The same where nothing has to be waited for, else undefined: then {@link next} does. */
  nextInHand(): Placed | null | undefined {
    return this.#heads.some(isBare) ? undefined : this.#take();
  }

  #take(): Placed | null {
    let first: Head | null = null;
    for (const head of this.#heads) if (head.batch && (!first || this.#isFirst(head, first))) first = head;
    return first ? first.take() : null;
  }

  /** The offset to be read next, per shard. */
  positions(): Position[] {
    return this.#heads.map((head) => ({ shard: head.place.number, offset: head.next }));
  }
}

/** There is more to read, but nothing in hand. */
function isBare(head: Head): boolean {
  return !head.batch && !head.isOver;
}

/** Where a merge begins at cursors that a broker gave. */
export function startsAt(places: readonly ShardPlace[], cursors: readonly ShardCursor[]): Start[] {
  return cursors.map(({ batch, endOffset }, index) => ({
    place: places[index]!,
    offset: batch?.baseOffset ?? endOffset,
    until: endOffset,
  }));
}
