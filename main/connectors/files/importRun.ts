/** One import under way: pieces of a file in, appends out, a report of what was rejected. */
import { LabError, toLabError } from '../../api/errors.ts';
import {
  asideOf,
  type ImportReport,
  type ImportRules,
  REJECTED_CHARS_MAX,
  REJECTED_LINE_MAX,
  REJECTED_LINES_MAX,
  REJECTED_TEXT_MAX,
  type RejectedLine,
} from '../../api/imports.ts';
import type { NewRecord } from '../../api/values.ts';
import type { JobHandle } from '../../jobs/jobs.ts';
import { isUnsure } from '../../cluster/brokerLink.ts';
import { type Appender, sizeOf } from '../../produce/append.ts';
import { createFileReader } from './formats.ts';
import { type LineReader, lineText } from './lineRules.ts';
import type { Line, Splitter } from './lines.ts';

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

export interface ImportRunOptions {
  job: JobHandle;
  appender: Appender;
  stream: string;
  /** How many the stream has. */
  shards: number;
  rules: ImportRules;
  valueBytesMax: number;
  /** Deletes the stream where the import made it and nothing ever went in; answers whether it did. */
  deleteEmpty: () => Promise<boolean>;
  /** Aborts when whoever sends the file goes away. */
  sender: AbortSignal;
}

export class ImportRun {
  readonly job: JobHandle;
  readonly rejected: RejectedLine[] = [];
  readonly #appender: Appender;
  readonly #stream: string;
  readonly #deleteEmpty: () => Promise<boolean>;
  readonly #rules: ImportRules;
  readonly #splitter: Splitter;
  readonly #reader: LineReader;
  #records: NewRecord[] = [];
  #recordsBytes = 0;
  readonly #underWay = new Set<Promise<void>>();
  /** Pieces are read one after the other, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  #imported = 0;
  /** Of the imported events, those whose line has not the key field that was asked for. */
  #keyless = 0;
  #blank = 0;
  /** Events of appends whose outcome is not known. */
  #unsure = 0;
  #rejectedCount = 0;
  /** Characters of the rejected lines that are kept. */
  #rejectedChars = 0;
  #bytes = 0;
  #failure: LabError | null = null;
  #silence: NodeJS.Timeout;

  constructor({ job, appender, stream, shards, rules, valueBytesMax, deleteEmpty, sender }: ImportRunOptions) {
    this.job = job;
    this.#appender = appender;
    this.#stream = stream;
    this.#deleteEmpty = deleteEmpty;
    this.#rules = rules;
    const { splitter, reader } = createFileReader(rules, valueBytesMax, shards);
    [this.#splitter, this.#reader] = [splitter, reader];
    this.#silence = setTimeout(() => this.fail('The file was not sent on for a minute.'), SENDER_SILENT_MS).unref();
    job.signal.addEventListener('abort', () => this.#end('cancelled', 'Cancelled.'));
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
    await this.#append();
    await Promise.all(this.#underWay);
    this.#check();
    this.#progress();
    const rejected = this.#rejectedCount === 0 ? '' : ` ${count(this.#rejectedCount, 'line was', 'lines were')} rejected.`;
    clearTimeout(this.#silence);
    // A stream that can not be deleted just now stays, empty: nothing is lost by it.
    const isDeleted = this.#imported === 0 && (await this.#deleteEmpty().catch(() => false));
    this.#check();
    const deleted = isDeleted ? ` The stream “${this.#stream}” was made for it and is deleted again.` : '';
    this.job.end('done', `${this.#said()}${rejected}${deleted}`, this.rejected);
    return isDeleted ? { ...this.report(), streamDeleted: true } : this.report();
  }

  report(): ImportReport {
    const keyless = this.#keyless > 0 ? { keyless: this.#keyless } : {};
    const blank = this.#blank > 0 ? { blank: this.#blank } : {};
    return { imported: this.#imported, ...keyless, ...blank, rejected: this.#rejectedCount, rejectedKept: this.rejected.length };
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
      this.job.end(state, `${why} ${this.#kept()} The rest of the file was not imported.`, this.rejected);
    });
  }

  /** What became of a file that was read to its end, but for what was rejected. */
  #said(): string {
    if (this.#imported + this.#rejectedCount === 0) {
      return `${this.#blank === 0 ? 'The file is empty' : 'There are only blank lines in the file'}: nothing was imported.`;
    }
    const aside = asideOf(this.report(), this.#rules);
    return `${count(this.#imported, 'event', 'events')} imported.${aside && ` ${aside}`}`;
  }

  /** A sentence that says what is in the log. */
  #kept(): string {
    const sure = `${count(this.#imported, 'event is', 'events are')} in “${this.#stream}”`;
    return this.#unsure === 0 ? `${sure}.` : `${sure}, and up to ${count(this.#unsure, 'more that was', 'more that were')} on the way.`;
  }

  #progress(): void {
    this.job.progress({ done: this.#bytes, events: this.#imported, rejected: this.#rejectedCount });
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (this.job.job.state !== 'running') throw new LabError('job-over', `The import has ended: ${this.job.job.message}`);
  }

  async #read(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; at += SLICE_BYTES) {
      let until = performance.now() + SLICE_MS;
      for (const line of this.#splitter.push(piece.subarray(at, at + SLICE_BYTES))) {
        this.#take(line);
        // Columns with long names make values many times as long as their rows.
        if (this.#recordsBytes >= APPEND_TARGET_BYTES) await this.#append();
        if (performance.now() < until) continue;
        await this.#giveWay();
        until = performance.now() + SLICE_MS;
      }
      await this.#giveWay();
    }
    await this.#append();
    this.#bytes += piece.length;
    this.#progress();
  }

  /** Lets others have the engine's thread. Throws where the import has ended meanwhile. */
  async #giveWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#check();
  }

  #take(line: Line): void {
    const result = this.#reader.read(line);
    if (result === 'blank') {
      this.#blank += 1;
      return;
    }
    if ('record' in result) {
      this.#records.push(result.record);
      this.#recordsBytes += sizeOf(result.record);
      return;
    }
    this.#rejectedCount += 1;
    if (this.rejected.length >= REJECTED_LINES_MAX) return;
    const text = lineText(line.bytes, this.#rejectedChars < REJECTED_CHARS_MAX ? REJECTED_LINE_MAX : REJECTED_TEXT_MAX);
    this.#rejectedChars += text.length;
    this.rejected.push({ line: line.number, reason: result.reason, text: line.isCut && !text.endsWith('…') ? `${text}…` : text });
  }

  /** Sends the records at hand on their way; waits only while too many others are. */
  async #append(): Promise<void> {
    const records = this.#records;
    this.#records = [];
    this.#recordsBytes = 0;
    if (records.length > 0 && !this.#failure) {
      const append = this.#appender.append(this.#stream, records).then(
        () => this.#appended(records),
        (error: unknown) => this.#notAppended(records.length, error),
      );
      this.#underWay.add(append);
      void append.finally(() => this.#underWay.delete(append));
    }
    while (this.#underWay.size >= APPENDS_UNDER_WAY_MAX) await Promise.race(this.#underWay);
  }

  #appended(records: readonly NewRecord[]): void {
    this.#imported += records.length;
    if (this.#rules.keyField !== null) for (const { key } of records) if (key === null) this.#keyless += 1;
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
