/** The events of a replay's ranges, one after the other: what is damaged, or was trimmed meanwhile, is passed over and told. */
import { toLabError } from '../api/errors.ts';
import type { MissedRange } from '../api/replays.ts';
import type { Cluster, ShardPlace } from '../cluster/cluster.ts';
import { AppendOrder, type Placed } from '../events/appendOrder.ts';
import type { BatchReader } from '../events/batches.ts';
import type { LogRecord } from '../log/index.ts';

/** One shard of it, from where on and up to where it is read. */
export interface SourceRange {
  place: ShardPlace;
  from: bigint;
  until: bigint;
}

export interface SourceEvent {
  shard: number;
  record: LogRecord;
}

export class Source {
  readonly #cluster: Cluster;
  readonly #reader: BatchReader;
  readonly #missed: (missed: MissedRange) => void;
  readonly #places: ShardPlace[];
  readonly #untils: bigint[];
  /** By number of the shard: the offset behind the last event that was taken. */
  readonly #positions: Map<number, bigint>;
  #merge: AppendOrder;
  #next: SourceEvent | null = null;

  constructor(cluster: Cluster, reader: BatchReader, ranges: readonly SourceRange[], missed: (missed: MissedRange) => void) {
    this.#cluster = cluster;
    this.#reader = reader;
    this.#missed = missed;
    this.#places = ranges.map(({ place }) => place);
    this.#untils = ranges.map(({ until }) => until);
    this.#positions = new Map(ranges.map(({ place, from }) => [place.number, from]));
    this.#merge = this.#merged();
  }

  /** Of each shard what is read next. A range that is read to its end stands there. */
  get positions(): ReadonlyMap<number, bigint> {
    return this.#positions;
  }

  /** The next event, which stays the next one until it is taken, where it is in memory: else undefined, or null where there is none. */
  get inHand(): SourceEvent | null | undefined {
    while (this.#next === null) {
      const placed = this.#merge.nextInHand();
      if (placed === undefined) return undefined;
      if (placed === null) return null;
      this.#hold(placed);
    }
    return this.#next;
  }

  /** The next event; null where all ranges are read to their ends. Throws what the brokers do. */
  async peek(): Promise<SourceEvent | null> {
    while (this.#next === null) {
      let placed: Placed | null;
      try {
        placed = await this.#merge.next();
      } catch (error) {
        if (toLabError(error).code !== 'offset-out-of-range') throw error;
        await this.#passTrimmed();
        continue;
      }
      if (placed === null) {
        this.#places.forEach(({ number }, index) => this.#positions.set(number, this.#untils[index]!));
        return null;
      }
      this.#hold(placed);
    }
    return this.#next;
  }

  /** The event that was the next one is done with. */
  take(): void {
    const { shard, record } = this.#next!;
    this.#positions.set(shard, record.offset + 1n);
    this.#next = null;
  }

  #hold({ batch, record, offset }: Placed): void {
    const shard = batch.place.number;
    if (record) {
      this.#next = { shard, record };
      return;
    }
    // Each event of a damaged batch comes by; it is told of once.
    const { stored, damaged } = batch;
    const until = stored.lastOffset + 1n;
    if ((this.#positions.get(shard) ?? 0n) < until) this.#missed({ shard, from: offset, until, why: damaged ?? '' });
    this.#positions.set(shard, until);
  }

  /** What was to be read next is not there any more, in at least one of the shards: they go on where they begin now. */
  async #passTrimmed(): Promise<void> {
    const bounds = await this.#cluster.bounds(this.#places);
    this.#places.forEach(({ number }, index) => {
      const at = this.#positions.get(number)!;
      const [until, { startOffset, endOffset }] = [this.#untils[index]!, bounds[index]!];
      const to = at < startOffset ? (startOffset < until ? startOffset : until) : at > endOffset ? until : at;
      if (to === at) return;
      this.#missed({ shard: number, from: at, until: to, why: 'They were trimmed before they were read.' });
      this.#positions.set(number, to);
    });
    this.#merge = this.#merged();
  }

  #merged(): AppendOrder {
    const starts = this.#places.map((place, index) => {
      const until = this.#untils[index]!;
      const at = this.#positions.get(place.number)!;
      return { place, offset: at < until ? at : until, until };
    });
    return new AppendOrder(this.#reader, starts, 'timestamp');
  }
}
