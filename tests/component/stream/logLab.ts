/** A lab with one stream whose rows are made up on the spot: for the screen of a stream, without an engine. */
import { LabError } from '../../../main/api/errors.ts';
import type { EventDetail, EventRow } from '../../../main/api/events.ts';
import type { EventTimeProgress } from '../../../main/api/eventTimes.ts';
import type { Histogram, HistogramRange } from '../../../main/api/histogram.ts';
import type { LabClient } from '../../../main/api/index.ts';
import type { Reader } from '../../../main/api/readers.ts';
import type { Position } from '../../../main/api/values.ts';
import type { Link } from '../../../renderer/src/transport/index.ts';
import { FakeLab, streamSummary, Watched } from '../fakeLab.ts';
import { row } from './rows.ts';

/** What the event time of a row and its timestamp are together. */
const EVENT_TIMES_BEGIN = 2n * BigInt(Date.UTC(2018, 9, 15, 9));

export class LogLab {
  readonly frame = new FakeLab();
  /** Events of the stream; the nth is in shard n modulo 3. */
  events: number;
  failure: LabError | null = null;
  readonly windows: { from: number | 'end'; limit: number }[] = [];
  /** Ranges of which histograms were asked. */
  readonly counted: HistogramRange[] = [];
  readonly moves: { id: string; positions: Position[] }[] = [];
  readonly readers = new Watched<Reader[]>([]);
  isTrimmed = false;
  rowAt: (number: number) => EventRow = row;
  newestBefore: bigint | null = null;
  readonly progress = new Watched<EventTimeProgress>({ field: null, read: 0, waiting: 0, timeless: 0, generation: 0, problem: null });

  /** Numbers of the rows that have an event time, the earliest first. */
  timed(): number[] {
    return Array.from({ length: this.events }, (_, number) => this.events - 1 - number).filter((number) => number % 10 !== 9);
  }

  constructor(events: number) {
    this.events = events;
    this.tell();
  }

  /** More events arrive, and the lab tells of it. */
  append(count: number): void {
    this.events += count;
    this.tell();
  }
  tell(): void {
    const perShard = [0, 1, 2].map((shard) => Math.ceil((this.events - shard) / 3));
    const told = streamSummary('raw-events', perShard);
    const trimmed = told.shards.map((shard) => ({ ...shard, startOffset: shard.endOffset, events: 0, bytes: 0 }));
    this.frame.streams.set([this.isTrimmed ? { ...told, events: 0, bytes: 0, shards: trimmed } : told]);
  }

  /** No event is left of those that were appended. */
  trimAll(): void {
    this.isTrimmed = true;
    this.tell();
  }

  readonly connect = async (): Promise<Link> => {
    const link = await this.frame.connect();
    return { ...link, client: { ...link.client, ...this.client() } };
  };

  client(): Pick<LabClient, 'events' | 'eventTimes' | 'readers'> {
    return {
      events: {
        window: async ({ from, limit, shards }) => {
          this.windows.push({ from, limit });
          if (this.failure) throw this.failure;
          const numbers = Array.from({ length: this.events }, (_, number) => number).filter(
            (number) => !shards || shards.includes(number % 3),
          );
          if (this.isTrimmed) return { firstRow: numbers.length, endRow: numbers.length, rows: [] };
          const start = from === 'end' ? Math.max(0, numbers.length - limit) : from;
          const rows = numbers.slice(start, start + limit).map((number, at) => ({ ...this.rowAt(number), row: start + at }));
          return { firstRow: 0, endRow: numbers.length, rows };
        },
        rowOf: async ({ shard, offset, shards }) => ({ row: shards?.length === 1 ? Number(offset) : Number(offset) * 3 + shard }),
        seek: async ({ to }) => {
          const known = Array.from({ length: this.events }, (_, number) => this.rowAt(number));
          const found = to.by === 'time' ? known.find(({ timestamp }) => timestamp >= to.time) : known.at(-1);
          return found ? { row: found.row, shard: found.shard, offset: found.offset, timestamp: found.timestamp } : null;
        },
        positionsAt: async ({ row: before }) =>
          [0, 1, 2].map((shard) => ({ shard, offset: BigInt(Math.max(0, Math.ceil((Math.min(before, this.events) - shard) / 3))) })),
        histogram: async ({ range, buckets }) => this.counts(range, buckets),
        get: async ({ stream, shard, offset }) => this.detail(stream, shard, offset),
        read: () => {
          throw new LabError('internal', 'Not asked here.');
        },
      },
      // In the opposite order; each tenth has no event time.
      eventTimes: {
        window: async ({ from, limit }) => {
          this.windows.push({ from, limit });
          const numbers = this.timed();
          const start = from === 'end' ? Math.max(0, numbers.length - limit) : from;
          const rows = numbers.slice(start, start + limit).map((number, at) => {
            const event = this.rowAt(number);
            return { ...event, row: start + at, eventTime: EVENT_TIMES_BEGIN - event.timestamp };
          });
          return { firstRow: 0, endRow: numbers.length, rows, generation: this.events };
        },
        rowOf: async ({ shard, offset }) => {
          const row = this.timed().indexOf(Number(offset) * 3 + shard);
          return { row: row < 0 ? null : row };
        },
        seek: async ({ to }) => {
          const numbers = this.timed();
          const timeOf = (number: number): bigint => EVENT_TIMES_BEGIN - this.rowAt(number).timestamp;
          const row = to.by === 'time' ? numbers.findIndex((number) => timeOf(number) >= to.time) : numbers.length - 1;
          if (row < 0) return null;
          const { shard, offset } = this.rowAt(numbers[row]!);
          return { row, shard, offset, time: timeOf(numbers[row]!) };
        },
        histogram: async ({ range, buckets }) => ({ ...this.counts(range, buckets), timeless: this.events - this.timed().length }),
        watch: (_input, options) => this.progress.watch(options?.signal ?? new AbortController().signal),
      },
      readers: {
        open: (input, options) => this.open(input.name, options?.signal),
        move: async (move) => void this.moves.push(move),
        watch: (_input, options) => this.readers.watch(options?.signal ?? new AbortController().signal),
      },
    };
  }

  /** By the rows' times, in buckets of a minute or more. */
  counts(range: HistogramRange, buckets: number): Histogram {
    const times = Array.from({ length: this.events }, (_, number) => this.rowAt(number).timestamp);
    const none: Histogram = {
      from: 0n,
      to: 0n,
      bucketMs: 1n,
      before: 0,
      after: 0,
      timeless: 0,
      spread: 0,
      shards: [0, 1, 2].map((shard) => ({ shard, counts: [] })),
    };
    this.counted.push(range);
    if (times.length === 0) return none;
    const [first, last] = range.by === 'range' ? [range.from, range.to - 1n] : [times[0]!, times.at(-1)!];
    let bucketMs = 60_000n;
    while ((last - first) / bucketMs + 2n > BigInt(buckets)) bucketMs *= 2n;
    const from = (first / bucketMs) * bucketMs;
    const count = Number((last - from) / bucketMs) + 1;
    const shards = none.shards.map(({ shard }) => ({ shard, counts: new Array<number>(count).fill(0) }));
    const histogram = { ...none, from, to: from + BigInt(count) * bucketMs, bucketMs, shards };
    for (const [number, time] of times.entries()) {
      if (time < from) histogram.before++;
      else if (time >= histogram.to) histogram.after++;
      else shards[number % 3]!.counts[Number((time - from) / bucketMs)]!++;
    }
    return histogram;
  }

  async *open(name: string, signal: AbortSignal | undefined): AsyncGenerator<{ id: string }> {
    yield { id: `reader-${name}` };
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  }

  detail(stream: string, shard: number, offset: bigint): EventDetail {
    const event = this.rowAt(Number(offset) * 3 + shard);
    const bytes = (text: string | undefined): Uint8Array | null => (text === undefined ? null : new TextEncoder().encode(text));
    return {
      stream,
      shard,
      offset,
      row: event.row,
      timestamp: event.timestamp,
      appendedAt: event.appendedAt,
      newestBefore: this.newestBefore,
      key: bytes(event.key?.text),
      value: bytes(event.value?.text),
      headers: [['trace-id', bytes('abc')]],
      indexInBatch: 0,
      batch: {
        baseOffset: offset,
        lastOffset: offset,
        records: 1,
        bytes: 120,
        codec: 'none',
        crc: 1,
        leaderEpoch: 0,
        producerId: -1n,
        producerEpoch: -1,
        firstSequence: -1,
        timestampType: 'create',
      },
      placement: { by: 'key', hash: 7, shards: 3, agrees: true },
      raw: new Uint8Array([2, 0]),
    };
  }
}
