/** One import under way: pieces of a file in, appends out, a report of what was rejected, and where it stands (standing.ts). */
import { LabError, toLabError } from '../../api/errors.ts';
import { asideOf, type ImportReport } from '../../api/imports.ts';
import { shardForKey } from '../../api/murmur2.ts';
import type { Appended } from '../../api/produce.ts';
import type { NewRecord } from '../../api/values.ts';
import type { JobHandle, JobKeeps } from '../../jobs/jobs.ts';
import { isUnsure } from '../../cluster/brokerLink.ts';
import { type Appender, sizeOf } from '../../produce/append.ts';
import type { AlreadyIn } from './alreadyIn.ts';
import { createFileReader } from './formats.ts';
import type { LineReader } from './lineRules.ts';
import type { Line, LinePlace, Splitter } from './lines.ts';
import { Marks } from './marks.ts';
import type { RejectedLines } from './rejectedLines.ts';
import { CHECK_BYTES, digestOf, type Mark, type Standing, toResume } from './standing.ts';

/** Milliseconds for which lines are read before the engine's thread is given back. What a line costs differs a hundredfold by what it is. */
const SLICE_MS = 4;
/** Bytes of a piece that are looked through for ends of lines without a look at the clock; under 1 ms. */
const SLICE_BYTES = 64 * 1024;
/** Bytes of events in one append. */
const APPEND_TARGET_BYTES = 1024 * 1024;
/** Appends under way; pieces wait beyond it. */
const APPENDS_UNDER_WAY_MAX = 4;
/** How long the sender may be silent, milliseconds, before the import ends. */
export const SENDER_SILENT_MS = 60_000;

/** Bytes of a file whose events without a key go to one shard, before those of the next bytes go to the next: about an append. */
const STICKY_BYTES = APPEND_TARGET_BYTES;

export interface ImportRunOptions {
  /** Makes the job, which asks for what the run keeps. */
  job: (keeps: () => JobKeeps) => JobHandle;
  appender: Appender;
  stream: string;
  /** How many the stream has now; null where it is gone. */
  shards: () => number | null;
  standing: Standing;
  /** Of an import that goes on: what is in the log behind its mark. */
  alreadyIn?: AlreadyIn;
  rejected: RejectedLines;
  /** Deletes the stream where the import made it and nothing ever went in; answers whether it did. */
  deleteEmpty: () => Promise<boolean>;
  /** Aborts when whoever sends the file goes away. */
  sender: AbortSignal;
}

export class ImportRun {
  readonly job: JobHandle;
  readonly rejected: RejectedLines;
  readonly #appender: Appender;
  readonly #stream: string;
  readonly #shards: () => number | null;
  /** How many the stream had when the events at hand were begun. */
  #shardCount: number;
  readonly #deleteEmpty: () => Promise<boolean>;
  readonly #splitter: Splitter;
  readonly #reader: LineReader;
  readonly #standing: Standing;
  readonly #marks: Marks;
  readonly #alreadyIn: AlreadyIn | undefined;
  #records: NewRecord[] = [];
  #recordsBytes = 0;
  /** Where the lines that were read end. */
  #place: LinePlace;
  /** Of each shard the number of the import's next event in it; and as it was before #records. */
  readonly #sequences: number[];
  #sequencesBefore: number[] = [];
  /** Of each shard the offset behind the last event that is known to be in it. */
  readonly #offsets: bigint[];
  readonly #underWay = new Set<Promise<void>>();
  /** Pieces are read one after the other, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  /** Events that were read, in the log or on their way. */
  #taken: number;
  #imported: number;
  /** Of the events that were read, those whose line has not the key field that was asked for. */
  #keyless: number;
  #blank: number;
  /** Events of appends whose outcome is not known. */
  #unsure = 0;
  /** Bytes of the file that came before the piece at hand. */
  #bytes: number;
  #piece: Uint8Array | null = null;
  #failure: LabError | null = null;
  #silence: NodeJS.Timeout;

  constructor({ job, appender, stream, shards, standing, alreadyIn, rejected, deleteEmpty, sender }: ImportRunOptions) {
    this.#appender = appender;
    this.#stream = stream;
    this.#shards = shards;
    this.#shardCount = shards() ?? standing.mark.sequences.length;
    this.#deleteEmpty = deleteEmpty;
    this.#standing = { ...standing };
    this.#alreadyIn = alreadyIn;
    this.rejected = rejected;
    const { mark, rules, valueBytesMax, header } = standing;
    this.#marks = new Marks(mark);
    this.#place = mark.place;
    this.#bytes = mark.place.bytes;
    this.#sequences = [...mark.sequences];
    this.#offsets = [...mark.offsets];
    [this.#taken, this.#imported, this.#keyless, this.#blank] = [mark.imported, mark.imported, mark.keyless, mark.blank];
    const { splitter, reader } = createFileReader({ rules, valueBytesMax, shards: this.#shardCount, from: mark.place, header });
    [this.#splitter, this.#reader] = [splitter, reader];
    this.job = job(() => ({ resume: toResume({ ...this.#standing, mark: this.#marks.reached }), rejected: rejected.kept }));
    this.#silence = setTimeout(() => this.fail('The file was not sent on for a minute.'), SENDER_SILENT_MS).unref();
    this.job.signal.addEventListener('abort', () => this.#end('cancelled', 'Cancelled.'));
    sender.addEventListener('abort', () => this.fail('The page or program that sent the file went away.'));
  }

  /** Resolves when all events of this piece are in the log. */
  async write(piece: Uint8Array): Promise<ImportReport> {
    this.#check();
    this.#silence.refresh();
    const read = this.#turn.then(() => this.#read(piece));
    this.#turn = read.catch(() => {});
    await read;
    await Promise.all(this.#underWay);
    this.#check();
    return this.report();
  }

  async finish(): Promise<ImportReport> {
    this.#check();
    await this.#turn;
    for (const line of this.#splitter.finish()) this.#take(line);
    this.#send();
    await Promise.all(this.#underWay);
    this.#check();
    this.#progress();
    const { count: lines } = this.rejected;
    const rejected = lines === 0 ? '' : ` ${count(lines, 'line was', 'lines were')} rejected.`;
    clearTimeout(this.#silence);
    // A stream that can not be deleted just now stays, empty: nothing is lost by it.
    const isDeleted = this.#imported === 0 && (await this.#deleteEmpty().catch(() => false));
    this.#check();
    const deleted = isDeleted ? ` The stream “${this.#stream}” was made for it and is deleted again.` : '';
    this.job.end('done', `${this.#said()}${rejected}${deleted}`);
    return isDeleted ? { ...this.report(), streamDeleted: true } : this.report();
  }

  report(): ImportReport {
    const keyless = this.#keyless > 0 ? { keyless: this.#keyless } : {};
    const blank = this.#blank > 0 ? { blank: this.#blank } : {};
    return { imported: this.#imported, ...keyless, ...blank, rejected: this.rejected.count, rejectedKept: this.rejected.kept.length };
  }

  /** Ends the import with what is in the log; `why` is a sentence. */
  fail(why: string): void {
    this.#end('failed', why);
  }

  #end(state: 'failed' | 'cancelled', why: string): void {
    if (this.#failure || this.job.job.state !== 'running') return;
    clearTimeout(this.#silence);
    // From here on nothing more is appended. What is on its way into the log is counted before the job says what it kept.
    this.#failure = new LabError(state === 'cancelled' ? 'cancelled' : 'job-over', `The import has ended: ${why}`);
    void Promise.allSettled(this.#underWay).then(() => {
      this.#progress();
      this.job.end(state, `${why} ${this.#kept()} The rest of the file was not imported.`);
    });
  }

  /** What became of a file that was read to its end, but for what was rejected. */
  #said(): string {
    if (this.#imported + this.rejected.count === 0) {
      return `${this.#blank === 0 ? 'The file is empty' : 'There are only blank lines in the file'}: nothing was imported.`;
    }
    const aside = asideOf(this.report(), this.#standing.rules);
    return `${count(this.#imported, 'event', 'events')} imported.${aside && ` ${aside}`}`;
  }

  /** A sentence that says what is in the log. */
  #kept(): string {
    const sure = `${count(this.#imported, 'event is', 'events are')} in “${this.#stream}”`;
    return this.#unsure === 0 ? `${sure}.` : `${sure}, and up to ${count(this.#unsure, 'more that was', 'more that were')} on the way.`;
  }

  #progress(): void {
    this.job.progress({ done: this.#bytes, events: this.#imported, rejected: this.rejected.count });
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (this.job.job.state !== 'running') throw new LabError('job-over', `The import has ended: ${this.job.job.message}`);
  }

  async #read(piece: Uint8Array): Promise<void> {
    this.#piece = piece;
    if (this.#standing.check.to === 0) this.#checkAt(Math.min(piece.length, CHECK_BYTES));
    for (let at = 0; at < piece.length; at += SLICE_BYTES) {
      let until = performance.now() + SLICE_MS;
      for (const line of this.#splitter.push(piece.subarray(at, at + SLICE_BYTES))) {
        this.#take(line);
        // Columns with long names make values many times as long as their rows.
        if (this.#recordsBytes >= APPEND_TARGET_BYTES) this.#send();
        if (this.#underWay.size >= APPENDS_UNDER_WAY_MAX) await this.#room();
        if (performance.now() < until) continue;
        await this.#giveWay();
        until = performance.now() + SLICE_MS;
      }
      await this.#giveWay();
    }
    this.#send();
    await this.#room();
    this.#reachIfIdle();
    this.#bytes += piece.length;
    this.#piece = null;
    this.#progress();
  }

  /** Lets others have the engine's thread. Throws where the import has ended meanwhile. */
  async #giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#check();
  }

  #take(line: Line): void {
    const result = this.#reader.read(line);
    if (result === 'blank') this.#blank += 1;
    else if ('record' in result) this.#takeRecord(result.record, line.end);
    else this.rejected.add(line, result.reason);
    this.#place = { bytes: line.end, lines: line.lastNumber ?? line.number };
  }

  #takeRecord(record: NewRecord, end: number): void {
    record.shard ??= this.#shardFor(record.key, end);
    const sequence = this.#sequences[record.shard] ?? 0;
    if (this.#alreadyIn?.has(record.shard, sequence)) {
      // The events of an append are numbered without gaps.
      this.#send();
      this.#imported += 1;
    } else {
      if (this.#records.length === 0) this.#sequencesBefore = [...this.#sequences];
      this.#records.push(record);
      this.#recordsBytes += sizeOf(record);
    }
    this.#taken += 1;
    if (this.#standing.rules.keyField !== null && record.key === null) this.#keyless += 1;
    this.#sequences[record.shard] = sequence + 1;
  }

  /** The same for the same line, whenever it is read. */
  #shardFor(key: Uint8Array | null, end: number): number {
    const shards = this.#shardCount;
    if (key !== null) return shardForKey(key, shards);
    return (Math.floor(end / STICKY_BYTES) + Number(this.#standing.producerId % BigInt(shards))) % shards;
  }

  /** Sends the records at hand on their way. */
  #send(): void {
    const records = this.#records;
    this.#records = [];
    this.#recordsBytes = 0;
    if (records.length === 0 || this.#failure) return;
    const producer = { id: this.#standing.producerId, epoch: 0, sequences: this.#sequencesBefore };
    this.#standing.header ??= this.#reader.header;
    this.#checkAt(this.#place.bytes);
    const reached = this.#marks.leave(this.#mark());
    this.#shardCount = this.#shards() ?? this.#shardCount;
    const append = this.#appender.append(this.#stream, records, { producer }).then(
      (appended) => {
        reached();
        this.#appended(records.length, appended);
      },
      (error: unknown) => this.#notAppended(records.length, error),
    );
    this.#underWay.add(append);
    void append.finally(() => this.#underWay.delete(append));
  }

  /** Where nothing is on its way, lines that made no append are done with, too: rejected ones, and such as were in the log already. */
  #reachIfIdle(): void {
    if (this.#underWay.size > 0 || this.#failure) return;
    this.#checkAt(this.#place.bytes);
    this.#marks.reach(this.#mark());
  }

  /** Waits while too many appends are under way. */
  async #room(): Promise<void> {
    while (this.#underWay.size >= APPENDS_UNDER_WAY_MAX) await Promise.race(this.#underWay);
  }

  /** The file will be known again by its bytes before this one. */
  #checkAt(to: number): void {
    if (!this.#piece) return;
    const from = Math.max(this.#bytes, to - CHECK_BYTES);
    if (to > from) this.#standing.check = { from, to, digest: digestOf(this.#piece.subarray(from - this.#bytes, to - this.#bytes)) };
  }

  /** Where the import stands when everything that was read is in the log. */
  #mark(): Mark {
    const shards = Array.from({ length: this.#shardCount }, (_, shard) => shard);
    return {
      place: this.#place,
      imported: this.#taken,
      ...{ keyless: this.#keyless, blank: this.#blank, rejected: this.rejected.count, rejectedKept: this.rejected.kept.length },
      sequences: shards.map((shard) => this.#sequences[shard] ?? 0),
      offsets: shards.map((shard) => this.#offsets[shard] ?? 0n),
    };
  }

  #appended(records: number, { shards }: Appended): void {
    this.#imported += records;
    for (const { shard, lastOffset } of shards) {
      // As long as some of its events may be in the log from before, they lie before these.
      if (this.#alreadyIn?.isPast(shard, this.#sequences[shard]!) ?? true) this.#offsets[shard] = lastOffset + 1n;
    }
    this.#progress();
  }

  #notAppended(records: number, error: unknown): void {
    if (isUnsure(error)) this.#unsure += records;
    this.fail(toLabError(error).message);
  }
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
