/**
 * Append order: the events of several shards as one sequence (api/events.ts says by what). Each shard is in its order already, so
 * this is a merge of the shards' heads.
 */
import type { ShardCursor } from '../cluster/brokerContract.ts';
import type { ShardPlace } from '../cluster/cluster.ts';
import type { LogRecord } from '../log/index.ts';
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
  /** The offset to read next. */
  next: bigint;
  /** Nothing is read from here on; null for no bound. */
  readonly until: bigint | null;
  /** There was nothing more when it was last asked. */
  isDry = false;

  constructor(reader: BatchReader, place: ShardPlace, next: bigint, until: bigint | null) {
    this.#reader = reader;
    this.place = place;
    this.next = next;
    this.until = until;
  }

  get isOver(): boolean {
    return this.until !== null && this.next >= this.until;
  }

  /** Has a batch in hand where there is one to read. */
  async load(): Promise<void> {
    while (!this.batch && !this.isOver) {
      const batch = await this.#reader.at(this.place, this.next);
      if (!batch) {
        this.isDry = true;
        return;
      }
      const index = batch.damaged ? 0 : batch.records.findIndex((record) => record.offset >= this.next);
      if (index >= 0) {
        this.batch = batch;
        this.index = index;
        if (this.until !== null && this.#offset >= this.until) this.#skip();
        return;
      }
      // Only a gap is left in this batch.
      this.next = batch.stored.lastOffset + 1n;
    }
  }

  get #offset(): bigint {
    const { stored, records } = this.batch!;
    return records[this.index]?.offset ?? stored.baseOffset + BigInt(this.index);
  }

  #skip(): void {
    this.next = this.until!;
    this.batch = null;
  }

  take(): Placed {
    const batch = this.batch!;
    const placed: Placed = { batch, index: this.index, offset: this.#offset, record: batch.records[this.index] ?? null };
    this.next = placed.offset + 1n;
    this.index += 1;
    if (this.index >= batch.stored.recordCount) {
      this.next = batch.stored.lastOffset + 1n;
      this.batch = null;
    } else if (this.until !== null && this.#offset >= this.until) {
      this.#skip();
    }
    return placed;
  }

  /** Whether this head's event comes before the other's. */
  before(other: Head): boolean {
    const [a, b] = [this.batch!, other.batch!];
    if (a.stored.appendTimeUs !== b.stored.appendTimeUs) return a.stored.appendTimeUs < b.stored.appendTimeUs;
    const [s, t] = [timeOf(a, this.index), timeOf(b, other.index)];
    if (s !== t) return s < t;
    if (this.index !== other.index) return this.index < other.index;
    return this.place.number < other.place.number;
  }
}

/** By what an event is ordered within the commit that appended it. A damaged batch tells no times but its own in the index. */
export function timeOf(batch: DecodedBatch, index: number): bigint {
  return batch.runningMax[index] ?? batch.stored.minTimestamp;
}

export interface Start {
  place: ShardPlace;
  offset: bigint;
  until: bigint | null;
}

/** A merge of shards, pulled event by event. */
export class AppendOrder {
  readonly #heads: Head[];

  constructor(reader: BatchReader, starts: readonly Start[]) {
    this.#heads = starts.map(({ place, offset, until }) => new Head(reader, place, offset, until));
  }

  /** Shards that had nothing more are asked again: something may have been appended. */
  refresh(): void {
    for (const head of this.#heads) head.isDry = false;
  }

  /** The next event; null where there is none to read any more, or until {@link refresh}. */
  async next(): Promise<Placed | null> {
    let first: Head | null = null;
    for (const head of this.#heads) {
      // Awaiting only where there is something to wait for keeps long reads fast.
      if (!head.batch && !head.isDry && !head.isOver) await head.load();
      if (head.batch && (!first || head.before(first))) first = head;
    }
    return first ? first.take() : null;
  }

  /** All bounds are reached. */
  get isOver(): boolean {
    return this.#heads.every((head) => head.isOver);
  }

  /** The offset to be read next, per shard. */
  positions(): { place: ShardPlace; offset: bigint }[] {
    return this.#heads.map((head) => ({ place: head.place, offset: head.next }));
  }
}

/** Where a merge begins at cursors that a broker gave; a shard at its end is left out. */
export function startsAt(places: readonly ShardPlace[], cursors: readonly ShardCursor[]): Start[] {
  return cursors.flatMap((cursor, index) => (cursor.batch ? [{ place: places[index]!, offset: cursor.batch.baseOffset, until: null }] : []));
}
