/** One shard that a task reads: its records in order, fetched ahead of their use. */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { toLabError } from '../../../api/errors.ts';
import { decodeStored, type LogRecord, type StoredBatch } from '../../../log/index.ts';

export interface InputPlace {
  stream: string;
  brokerId: number;
  shardId: number;
}

export interface InputOptions extends InputPlace {
  broker: BrokerClient;
  /** The offset that is read first. */
  from: bigint;
  /** Bytes of batches in one fetch; up to two are held. */
  bytesMax: number;
  /** A batch is damaged, or was trimmed before it was read: it is passed over. `until`: the offset behind it. */
  onGap: (why: string, gap: { from: bigint; until: bigint }) => void;
  /** Of a replay, whose events are all there already: nothing is read from `until` on, and each event is passed on as it comes out of `pass`. */
  bound?: InputBound | undefined;
}

export interface InputBound {
  until: bigint;
  /** Null for an event that is not wanted. */
  pass: (record: LogRecord) => LogRecord | null;
}

/** Where events came into the log, for latency. */
export interface Arrival {
  appendTimeUs: bigint;
  events: number;
}

export class Input {
  readonly stream: string;
  readonly brokerId: number;
  readonly shardId: number;
  readonly #broker: BrokerClient;
  readonly #bytesMax: number;
  readonly #onGap: InputOptions['onGap'];
  readonly #pass: InputBound['pass'] | null;
  #until: bigint | null;
  #batches: StoredBatch[] = [];
  #records: LogRecord[] = [];
  #at = 0;
  /** The offset after the last record that was taken, and its number among all ever appended. */
  #position: bigint;
  #row: bigint | null = null;
  #batch: StoredBatch | null = null;
  /** The offset that is fetched next; known to lie at the end. */
  #next: bigint;
  #isAtEnd = false;
  #ahead: Promise<void> | null = null;
  #failure: unknown = null;

  constructor({ stream, brokerId, shardId, broker, from, bytesMax, onGap, bound }: InputOptions) {
    this.stream = stream;
    this.brokerId = brokerId;
    this.shardId = shardId;
    this.#broker = broker;
    this.#position = from;
    this.#next = from;
    this.#bytesMax = bytesMax;
    this.#onGap = onGap;
    this.#pass = bound?.pass ?? null;
    this.#until = bound?.until ?? null;
  }

  /** Whether all that it will ever read is there already: it is never waited for. */
  get isBounded(): boolean {
    return this.#until !== null;
  }

  /** From now on it is read so far. */
  raise(until: bigint): void {
    if (this.#until !== null && until > this.#until) this.#until = until;
  }

  /** The offset that is read next. */
  get position(): bigint {
    // What comes next lies behind the bound: up to there all is done with.
    if (this.#until !== null && this.#position < this.#until && this.head === null && !this.isHungry) return this.#until;
    return this.#position;
  }

  /** The offset after all that is in memory. */
  get heldUpTo(): bigint {
    const last = this.#batches.at(-1) ?? (this.head ? this.#batch : null);
    return last ? last.lastOffset + 1n : this.#position;
  }

  /** How many records were ever appended before it; null until one was read. */
  get row(): bigint | null {
    return this.#row;
  }

  /** The next record, where one is in memory. */
  get head(): LogRecord | null {
    const record = this.#records[this.#at];
    return record === undefined || (this.#until !== null && record.offset >= this.#until) ? null : record;
  }

  /** When the batch of the head was appended, microseconds. */
  get appendTimeUs(): bigint {
    return this.#batch!.appendTimeUs;
  }

  /** Whether there may be a record that is not in memory: fill it before another input is preferred. */
  get isHungry(): boolean {
    if (this.#records[this.#at] !== undefined || (this.#until !== null && this.#position >= this.#until)) return false;
    // What was fetched ahead may have come, the last of the shard, since the record before it was taken.
    return this.#batches.length > 0 || !this.#isAtEnd;
  }

  /** What is fetched next, for {@link woken}. */
  get awaited(): { shardId: number; offset: bigint } {
    return { shardId: this.shardId, offset: this.#next };
  }

  /** There may be more by now. */
  woken(): void {
    this.#isAtEnd = false;
  }

  take(): void {
    const record = this.#records[this.#at++]!;
    this.#position = record.offset + 1n;
    this.#row = this.#row === null ? null : this.#row + 1n;
    if (this.#at < this.#records.length) return;
    // Offsets at the end of a batch may be nobody's.
    this.#position = this.#batch!.lastOffset + 1n;
    this.#decodeNext();
  }

  /** Resolves when there is a head, or nothing more to be read by now. */
  async fill(): Promise<void> {
    while (this.isHungry) {
      if (this.#batches.length === 0) {
        await (this.#ahead ??= this.#fetch());
        this.#ahead = null;
      }
      if (this.#failure) throw this.#failure;
      if (this.head === null) this.#decodeNext();
      if (!this.#isAtEnd) this.#ahead ??= this.#fetch();
    }
  }

  async #fetch(): Promise<void> {
    // What was fetched ahead waits until what is in memory is used up.
    try {
      const { batches, endOffset } = await this.#broker.fetch({ shardId: this.shardId, from: this.#next, bytesMax: this.#bytesMax });
      this.#batches.push(...batches);
      const last = batches.at(-1);
      if (last) this.#next = last.lastOffset + 1n;
      else this.#next = endOffset;
      this.#isAtEnd = this.#next >= endOffset;
    } catch (thrown) {
      await this.#afterRefusal(thrown);
    }
  }

  /** What was to be read next may have been trimmed meanwhile: it goes on where the shard begins. */
  async #afterRefusal(thrown: unknown): Promise<void> {
    const error = toLabError(thrown);
    if (error.code !== 'offset-out-of-range') {
      this.#failure = error;
      return;
    }
    try {
      const [bounds] = await this.#broker.bounds({ shardIds: [this.shardId] });
      const { startOffset, endOffset } = bounds!;
      const to = this.#next < startOffset ? startOffset : endOffset;
      this.#onGap(`The events from offset ${this.#next} up to ${to} are not there any more; it goes on at ${to}.`, {
        from: this.#next,
        until: to,
      });
      this.#next = to;
      this.#position = to;
    } catch (again) {
      this.#failure = again;
    }
  }

  #decodeNext(): void {
    this.#records = [];
    this.#at = 0;
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      this.#batch = batch;
      const records = this.#decoded(batch);
      const first = records.findIndex(({ offset }) => offset >= this.#position);
      if (first < 0) {
        if (batch.lastOffset >= this.#position) this.#position = batch.lastOffset + 1n;
        continue;
      }
      this.#records = records;
      this.#at = first;
      this.#row = batch.recordsBefore + BigInt(first);
      return;
    }
  }

  #decoded(batch: StoredBatch): LogRecord[] {
    try {
      const records = decodeStored(batch);
      return this.#pass === null ? records : records.map(this.#pass).filter((record) => record !== null);
    } catch (thrown) {
      this.#onGap(`${toLabError(thrown).message} Its events are passed over.`, { from: batch.baseOffset, until: batch.lastOffset + 1n });
      return [];
    }
  }
}
