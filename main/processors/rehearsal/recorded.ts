/** One recorded shard, read from one offset up to another, in order. What is damaged is passed over and said; what was trimmed ends the reading. */
import { LabError, toLabError } from '../../api/errors.ts';
import type { BrokerClient } from '../../cluster/brokerLink.ts';
import { createSelection, selectionOptions, type SelectionOptions } from '../../replay/passing.ts';
import { decodeStored, type LogRecord, type StoredBatch } from '../../log/index.ts';

/** Bytes fetched ahead for one shard, and for all shards of a rehearsal together. */
const FETCH_BYTES = 1024 * 1024;
const FETCH_BYTES_TOTAL = 32 * 1024 * 1024;
const FETCH_BYTES_MIN = 64 * 1024;

/** As the processes of a rehearsal are told. */
export const chosenRecords = selectionOptions;

export interface RecordedPlace {
  stream: string;
  shard: number;
  brokerId: number;
  shardId: number;
  from: bigint;
  until: bigint;
  /** Which records of these; all where left out. */
  chosen?: SelectionOptions | undefined;
}

/** For one of so many shards. */
export function fetchBytesOf(shards: number): number {
  return Math.max(FETCH_BYTES_MIN, Math.min(FETCH_BYTES, Math.floor(FETCH_BYTES_TOTAL / Math.max(1, shards))));
}

export class RecordedShard {
  readonly place: RecordedPlace;
  readonly #broker: Pick<BrokerClient, 'fetch'>;
  readonly #bytesMax: number;
  readonly #onGap: (why: string) => void;
  readonly #isChosen: (record: LogRecord) => boolean;
  #batches: StoredBatch[] = [];
  #records: LogRecord[] = [];
  #runningMax: bigint[] = [];
  #at = 0;
  #batch: StoredBatch | null = null;
  /** The offset that is taken next, at the least, and the one that is fetched next. */
  #position: bigint;
  #next: bigint;
  #ahead: Promise<void> | null = null;
  #failure: LabError | null = null;

  constructor(place: RecordedPlace, broker: Pick<BrokerClient, 'fetch'>, bytesMax: number, onGap: (why: string) => void) {
    this.place = place;
    this.#broker = broker;
    this.#bytesMax = bytesMax;
    this.#onGap = onGap;
    this.#isChosen = place.chosen ? createSelection(place.chosen) : () => true;
    this.#position = place.from;
    this.#next = place.from;
  }

  /** The next record, where one is in memory. */
  get head(): LogRecord | null {
    return this.#records[this.#at] ?? null;
  }

  /** Of the head: when its batch was appended, its place in there, and the greatest timestamp of the batch up to it. */
  get appendTimeUs(): bigint {
    return this.#batch!.appendTimeUs;
  }
  get index(): number {
    return this.#at;
  }
  get runningMax(): bigint {
    if (this.#runningMax.length === 0) {
      let most = this.#records[0]!.timestamp;
      this.#runningMax = this.#records.map(({ timestamp }) => (timestamp > most ? (most = timestamp) : most));
    }
    return this.#runningMax[this.#at]!;
  }

  /** An upper bound of the records that are left. */
  get left(): number {
    return Number(this.place.until - (this.head?.offset ?? this.#position));
  }

  /** Whether there may be a record that is not in memory. */
  get isHungry(): boolean {
    return this.head === null && (this.#batches.length > 0 || this.#next < this.place.until);
  }

  take(): void {
    this.#position = this.#records[this.#at]!.offset + 1n;
    do this.#at++;
    while (this.head && !this.#isChosen(this.head));
    if (this.#at >= this.#records.length) this.#decodeNext();
  }

  /** Resolves when there is a head, or nothing more. Throws `offset-out-of-range` where it was trimmed, and `broker-down`. */
  async fill(): Promise<void> {
    while (this.isHungry) {
      if (this.#batches.length === 0) {
        await (this.#ahead ??= this.#fetch());
        this.#ahead = null;
        if (this.#failure) throw this.#failure;
      }
      this.#decodeNext();
      if (this.#next < this.place.until) this.#ahead ??= this.#fetch();
    }
  }

  async #fetch(): Promise<void> {
    const { stream, shard, shardId, until } = this.place;
    try {
      const { batches, endOffset } = await this.#broker.fetch({ shardId, from: this.#next, bytesMax: this.#bytesMax });
      this.#batches.push(...batches);
      const last = batches.at(-1);
      this.#next = last ? last.lastOffset + 1n : endOffset > this.#next ? endOffset : until;
    } catch (thrown) {
      const cause = toLabError(thrown);
      this.#failure =
        cause.code !== 'offset-out-of-range'
          ? cause
          : new LabError(
              cause.code,
              `The events of ${stream}, shard ${shard}, from offset ${this.#next.toLocaleString('en')} on were trimmed before they were read.`,
              {
                cause,
              },
            );
    }
  }

  #decodeNext(): void {
    this.#records = [];
    this.#runningMax = [];
    this.#at = 0;
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      if (batch.baseOffset >= this.place.until) continue;
      this.#batch = batch;
      const records = this.#decoded(batch);
      const first = records.findIndex((record) => record.offset >= this.#position && this.#isChosen(record));
      if (first < 0) continue;
      // Cut at the end only: places in the batch stay what they are.
      const end = records.findIndex(({ offset }) => offset >= this.place.until);
      this.#records = end < 0 ? records : records.slice(0, end);
      this.#at = first;
      if (this.head) return;
    }
  }

  #decoded(batch: StoredBatch): LogRecord[] {
    try {
      return decodeStored(batch);
    } catch (thrown) {
      const { stream, shard } = this.place;
      this.#onGap(`${stream}, shard ${shard}: ${toLabError(thrown).message} Its events are passed over.`);
      return [];
    }
  }
}
