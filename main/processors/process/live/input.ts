/** One shard that a task reads: its records in order, fetched ahead of their use. */
import type { BrokerClient } from '../../../cluster/brokerLink.ts';
import { toLabError } from '../../../api/errors.ts';
import { decodeStored, type LogRecord, storedColumns, type StoredBatch, type Visibility } from '../../../log/index.ts';
import { type HeldRecords, pickedRecords } from './pickedRecords.ts';

export interface InputPlace {
  stream: string;
  brokerId: number;
  shardId: number;
}

export interface InputOptions extends InputPlace {
  broker: BrokerClient;
  /** The same for all inputs of a broker. */
  upTo: Visibility;
  /** The offset that is read first. */
  from: bigint;
  /** Bytes of batches in one fetch; the next one begins when fewer than that wait behind the batch whose events are taken. */
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
  readonly upTo: Visibility;
  readonly #broker: BrokerClient;
  readonly #bytesMax: number;
  readonly #onGap: InputOptions['onGap'];
  readonly #pass: InputBound['pass'] | null;
  #until: bigint | null;
  #batches: StoredBatch[] = [];
  #waitingBytes = 0;
  /** Of the batch whose records are taken; null where none is. */
  #columns: HeldRecords | null = null;
  /** Of it; and where its records begin that are to be taken. */
  #at = 0;
  #first = 0;
  /** The last one that had any. */
  #batch: StoredBatch | null = null;
  /** The offset before which everything was taken or passed over when the batch began, or ended. */
  #passed: bigint;
  /** The offset that is fetched next; known to lie at the end. */
  #next: bigint;
  #isAtEnd = false;
  /** Where it goes on behind events that were trimmed, once what is in memory is used up. */
  #gapTo = 0n;
  #ahead: Promise<void> | null = null;
  #failure: unknown = null;

  constructor({ stream, brokerId, shardId, broker, upTo, from, bytesMax, onGap, bound }: InputOptions) {
    this.stream = stream;
    this.brokerId = brokerId;
    this.shardId = shardId;
    this.upTo = upTo;
    this.#broker = broker;
    this.#passed = from;
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
    const read = this.#read;
    // What comes next lies behind the bound: up to there all is done with.
    return this.#until !== null && read < this.#until && !this.hasHead && !this.isHungry ? this.#until : read;
  }

  /** The offset behind the last that was taken or passed over. */
  get #read(): bigint {
    return this.#columns && this.#at > this.#first ? this.#columns.offset(this.#at - 1) + 1n : this.#passed;
  }

  /** The offset after all that is in memory. */
  get heldUpTo(): bigint {
    const last = this.#batches.at(-1) ?? (this.#columns ? this.#batch : null);
    return last ? last.lastOffset + 1n : this.#passed;
  }

  /** How many records were ever appended before it; null until one was read. */
  get row(): bigint | null {
    return this.#batch && this.#batch.recordsBefore + BigInt(this.#at);
  }

  /** The next record, where one is in memory; made each time it is asked for. */
  get head(): LogRecord | null {
    return this.hasHead ? this.#columns!.record(this.#at) : null;
  }

  get hasHead(): boolean {
    return this.#columns !== null && (this.#until === null || this.#columns.offset(this.#at) < this.#until);
  }

  /** Of the head, here and below: it is there. Milliseconds, as near as a Number comes. */
  get timestamp(): number {
    return this.#columns!.timestamp(this.#at);
  }

  /** Decimal. */
  get offsetText(): string {
    return this.#columns!.offsetText(this.#at);
  }

  /** Null for none, undefined where it is not UTF-8. */
  get keyText(): string | null | undefined {
    return this.#columns!.keyText(this.#at);
  }

  get valueText(): string | null | undefined {
    return this.#columns!.valueText(this.#at);
  }

  get hasHeaders(): boolean {
    return this.#columns!.hasHeaders(this.#at);
  }

  /** When its batch was appended, microseconds. */
  get appendTimeUs(): bigint {
    return this.#batch!.appendTimeUs;
  }

  /** Whether there may be a record that is not the head: fill it before another input is preferred. What was fetched ahead may have come meanwhile. */
  get isHungry(): boolean {
    if (this.#columns !== null || (this.#until !== null && this.#read >= this.#until)) return false;
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
    if (++this.#at < this.#columns!.count) return;
    this.#decodeNext();
  }

  /** Resolves when there is a head, or nothing more to be read by now. */
  async fill(): Promise<void> {
    while (this.isHungry) {
      if (this.#batches.length === 0) await this.#fetchAhead();
      if (this.#failure) throw this.#failure;
      this.#decodeNext();
    }
  }

  /** One at a time. */
  #fetchAhead(): Promise<void> {
    this.#ahead ??= this.#fetch().finally(() => {
      this.#ahead = null;
      this.#fetchWhereRoom();
    });
    return this.#ahead;
  }

  /** What is fetched waits until what came before it is used up. */
  #fetchWhereRoom(): void {
    if (!this.#isAtEnd && !this.#failure && this.#waitingBytes < this.#bytesMax) void this.#fetchAhead();
  }

  async #fetch(): Promise<void> {
    try {
      const { batches, endOffset } = await this.#broker.fetch({
        shardId: this.shardId,
        from: this.#next,
        bytesMax: this.#bytesMax,
        upTo: this.upTo,
      });
      this.#batches.push(...batches);
      for (const { sizeBytes } of batches) this.#waitingBytes += sizeBytes;
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
      this.#gapTo = to;
      if (this.#columns === null && this.#batches.length === 0) this.#passed = to;
    } catch (again) {
      this.#failure = again;
    }
  }

  #decodeNext(): void {
    // Offsets at the end of a batch may be nobody's.
    if (this.#columns) this.#passed = this.#batch!.lastOffset + 1n;
    this.#columns = null;
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      this.#waitingBytes -= batch.sizeBytes;
      this.#fetchWhereRoom();
      const columns = this.#decoded(batch);
      let first = 0;
      if (columns) while (first < columns.count && columns.offset(first) < this.#passed) first++;
      if (!columns || first === columns.count) {
        if (batch.lastOffset >= this.#passed) this.#passed = batch.lastOffset + 1n;
        continue;
      }
      this.#batch = batch;
      this.#columns = columns;
      this.#first = first;
      this.#at = first;
      return;
    }
    if (this.#passed < this.#gapTo) this.#passed = this.#gapTo;
  }

  #decoded(batch: StoredBatch): HeldRecords | null {
    try {
      return this.#pass === null ? storedColumns(batch) : pickedRecords(decodeStored(batch), this.#pass);
    } catch (thrown) {
      this.#onGap(`${toLabError(thrown).message} Its events are passed over.`, { from: batch.baseOffset, until: batch.lastOffset + 1n });
      return null;
    }
  }
}
