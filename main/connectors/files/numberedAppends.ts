/** The appends of an import: its events are numbered in each shard, those that are in the log already are passed over, and marks follow. */
import { shardForKey } from '../../api/murmur2.ts';
import type { Appended } from '../../api/produce.ts';
import type { NewRecord } from '../../api/values.ts';
import { isUnsure } from '../../cluster/brokerLink.ts';
import { type Appender, sizeOf } from '../../produce/append.ts';
import type { AlreadyIn } from './alreadyIn.ts';
import { Marks } from './marks.ts';
import type { Mark, Standing } from './standing.ts';

/** Bytes of events in one append. */
export const APPEND_TARGET_BYTES = 1024 * 1024;
/** Appends under way; pieces wait beyond it. */
const APPENDS_UNDER_WAY_MAX = 4;
/** Bytes of a file whose events without a key go to one shard, before those of the next bytes go to the next: about an append. */
const STICKY_BYTES = APPEND_TARGET_BYTES;

/** What a mark knows of the lines that made no event. */
export type LinesRead = Pick<Mark, 'place' | 'blank' | 'rejected' | 'rejectedKept'>;

export interface NumberedAppendsOptions {
  appender: Appender;
  stream: string;
  /** How many the stream has now; null where it is gone. */
  shards: () => number | null;
  standing: Pick<Standing, 'producerId' | 'mark'>;
  alreadyIn: AlreadyIn | undefined;
  appended: () => void;
  failed: (error: unknown) => void;
}

export class NumberedAppends {
  readonly #options: NumberedAppendsOptions;
  readonly #marks: Marks;
  /** How many shards the stream had when the events at hand were begun. */
  #shardCount: number;
  #records: NewRecord[] = [];
  #bytes = 0;
  /** Of each shard the number of the import's next event in it; and as it was before #records. */
  readonly #sequences: number[];
  #sequencesBefore: number[] = [];
  /** Of each shard the offset behind the last event that is known to be in it. */
  readonly #offsets: bigint[];
  readonly #underWay = new Set<Promise<void>>();
  /** Events that were taken: in the log, on their way, or at hand. */
  #taken: number;
  #imported: number;
  #keyless: number;
  #unsure = 0;
  #hasFailed = false;

  constructor(options: NumberedAppendsOptions) {
    const { shards, standing } = options;
    const { mark } = standing;
    this.#options = options;
    this.#marks = new Marks(mark);
    this.#shardCount = shards() ?? mark.sequences.length;
    this.#sequences = [...mark.sequences];
    this.#offsets = [...mark.offsets];
    [this.#taken, this.#imported, this.#keyless] = [mark.imported, mark.imported, mark.keyless];
  }

  /** Up to here everything is in the log. */
  get reached(): Mark {
    return this.#marks.reached;
  }

  get imported(): number {
    return this.#imported;
  }

  /** Of the events that were taken. */
  get keyless(): number {
    return this.#keyless;
  }

  /** Events of appends whose outcome is not known. */
  get unsure(): number {
    return this.#unsure;
  }

  /** Of the events at hand. */
  get bytesAtHand(): number {
    return this.#bytes;
  }

  /** `end`: where its line ends in the file. `before`: what was read before this line. */
  take(record: NewRecord, end: number, before: () => LinesRead): void {
    record.shard ??= this.#shardFor(record.key, end);
    const sequence = this.#sequences[record.shard] ?? 0;
    if (this.#options.alreadyIn?.has(record.shard, sequence)) {
      // The events of an append are numbered without gaps in each shard.
      if (sequence > (this.#sequencesBefore[record.shard] ?? 0)) this.send(before());
      this.#sequencesBefore[record.shard] = sequence + 1;
      this.#imported += 1;
    } else {
      if (this.#records.length === 0) this.#sequencesBefore = [...this.#sequences];
      this.#records.push(record);
      this.#bytes += sizeOf(record);
    }
    this.#taken += 1;
    if (record.key === null) this.#keyless += 1;
    this.#sequences[record.shard] = sequence + 1;
  }

  /** The same for the same line, whenever it is read. */
  #shardFor(key: Uint8Array | null, end: number): number {
    const shards = this.#shardCount;
    if (key !== null) return shardForKey(key, shards);
    return (Math.floor(end / STICKY_BYTES) + Number(this.#options.standing.producerId % BigInt(shards))) % shards;
  }

  /** Sends the events at hand on their way. `read`: what was read when the last of them was taken. */
  send(read: LinesRead): void {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    if (records.length === 0 || this.#hasFailed) return;
    const { appender, stream, shards, standing } = this.#options;
    const producer = { id: standing.producerId, epoch: 0, sequences: this.#sequencesBefore };
    const reached = this.#marks.leave(this.#mark(read));
    this.#shardCount = shards() ?? this.#shardCount;
    const append = appender.append(stream, records, { producer }).then(
      (appended) => {
        reached();
        this.#appended(records.length, appended);
      },
      (error: unknown) => this.#notAppended(records.length, error),
    );
    this.#underWay.add(append);
    void append.finally(() => this.#underWay.delete(append));
  }

  /** From here on nothing is sent any more. */
  stop(): void {
    this.#hasFailed = true;
  }

  get isFull(): boolean {
    return this.#underWay.size >= APPENDS_UNDER_WAY_MAX;
  }

  /** Waits while too many are under way. */
  async room(): Promise<void> {
    while (this.isFull) await Promise.race(this.#underWay);
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Where nothing is on its way, lines that made no append are done with, too: rejected ones, and such as were in the log already. */
  reachIfIdle(read: LinesRead): void {
    if (this.#underWay.size === 0 && this.#records.length === 0 && !this.#hasFailed) this.#marks.reach(this.#mark(read));
  }

  /** Where the import stands when everything that was taken is in the log. */
  #mark(read: LinesRead): Mark {
    const shards = Array.from({ length: this.#shardCount }, (_, shard) => shard);
    return {
      ...read,
      imported: this.#taken,
      keyless: this.#keyless,
      sequences: shards.map((shard) => this.#sequences[shard] ?? 0),
      offsets: shards.map((shard) => this.#offsets[shard] ?? 0n),
    };
  }

  #appended(records: number, { shards }: Appended): void {
    this.#imported += records;
    for (const { shard, lastOffset } of shards) {
      // As long as some of its events may be in the log from before, they lie before these.
      if (this.#options.alreadyIn?.isPast(shard, this.#sequences[shard]!) ?? true) this.#offsets[shard] = lastOffset + 1n;
    }
    this.#options.appended();
  }

  #notAppended(records: number, error: unknown): void {
    if (isUnsure(error)) this.#unsure += records;
    this.stop();
    this.#options.failed(error);
  }
}
