/** One import under way: pieces of a file in, appends out, a report of what was rejected, and where it stands (standing.ts). */
import { LabError, toLabError } from '../../api/errors.ts';
import { asideOf, type ImportReport } from '../../api/imports.ts';
import type { JobHandle, JobKeeps } from '../../jobs/jobs.ts';
import { fits } from '../../produce/append.ts';
import type { Resume } from '../../workspace/jobRecords.ts';
import type { AlreadyIn } from './alreadyIn.ts';
import { createFileReader } from './formats.ts';
import type { LineReader } from './lineRules.ts';
import type { Line, LinePlace, Splitter } from './lines.ts';
import { APPEND_TARGET_BYTES, type LinesRead, NumberedAppends, type NumberedAppendsOptions } from './numberedAppends.ts';
import type { RejectedLines } from './rejectedLines.ts';
import { CHECK_BYTES, digestOf, type Standing, toResume } from './standing.ts';

/** Milliseconds for which lines are read before the engine's thread is given back. What a line costs differs a hundredfold by what it is. */
const SLICE_MS = 4;
/** Bytes of a piece that are looked through for ends of lines without a look at the clock; under 1 ms. */
const SLICE_BYTES = 64 * 1024;
/** How long the sender may be silent, milliseconds, before the import ends. */
export const SENDER_SILENT_MS = 60_000;

export interface ImportRunOptions extends Pick<NumberedAppendsOptions, 'appender' | 'stream' | 'shards'> {
  /** Makes the job, which asks for what the run keeps. */
  job: (keeps: () => JobKeeps) => JobHandle;
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
  readonly #stream: string;
  readonly #deleteEmpty: () => Promise<boolean>;
  readonly #splitter: Splitter;
  readonly #reader: LineReader;
  readonly #appends: NumberedAppends;
  readonly #standing: Standing;
  /** Where the lines that were read end. */
  #place: LinePlace;
  #blank: number;
  /** Bytes of the file that came before the piece at hand. */
  #bytes: number;
  #piece: Uint8Array | null = null;
  /** Pieces are read one after the other, in the order in which they came. */
  #turn: Promise<void> = Promise.resolve();
  #failure: LabError | null = null;
  #silence: NodeJS.Timeout;

  constructor({ job, appender, stream, shards, standing, alreadyIn, rejected, deleteEmpty, sender }: ImportRunOptions) {
    this.#stream = stream;
    this.#deleteEmpty = deleteEmpty;
    this.#standing = { ...standing };
    this.rejected = rejected;
    const { mark, rules, valueBytesMax, header } = standing;
    this.#place = mark.place;
    this.#bytes = mark.place.bytes;
    this.#blank = mark.blank;
    const { splitter, reader } = createFileReader({ rules, valueBytesMax, shards: mark.sequences.length, from: mark.place, header });
    [this.#splitter, this.#reader] = [splitter, reader];
    this.#appends = new NumberedAppends({
      ...{ appender, stream, shards, standing, alreadyIn },
      appended: () => this.#progress(),
      failed: (error) => this.fail(toLabError(error).message),
    });
    this.job = job(() => ({ resume: this.#resume(), rejected: rejected.kept }));
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
    await this.#appends.settled();
    this.#check();
    return this.report();
  }

  async finish(): Promise<ImportReport> {
    this.#check();
    await this.#turn;
    for (const line of this.#splitter.finish()) this.#take(line);
    this.#send();
    await this.#appends.settled();
    this.#check();
    this.#progress();
    const { count: lines } = this.rejected;
    const rejected = lines === 0 ? '' : ` ${count(lines, 'line was', 'lines were')} rejected.`;
    clearTimeout(this.#silence);
    // A stream that can not be deleted just now stays, empty: nothing is lost by it.
    const isDeleted = this.#appends.imported === 0 && (await this.#deleteEmpty().catch(() => false));
    this.#check();
    const deleted = isDeleted ? ` The stream “${this.#stream}” was made for it and is deleted again.` : '';
    this.job.end('done', `${this.#said()}${rejected}${deleted}`);
    return isDeleted ? { ...this.report(), streamDeleted: true } : this.report();
  }

  report(): ImportReport {
    const keyless = this.#standing.rules.keyField !== null && this.#appends.keyless > 0 ? { keyless: this.#appends.keyless } : {};
    const blank = this.#blank > 0 ? { blank: this.#blank } : {};
    return {
      imported: this.#appends.imported,
      ...keyless,
      ...blank,
      rejected: this.rejected.count,
      rejectedKept: this.rejected.kept.length,
    };
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
    this.#appends.stop();
    void this.#appends.settled().then(() => {
      this.#progress();
      this.job.end(state, `${why} ${this.#kept()} The rest of the file was not imported.`);
    });
  }

  /** What became of a file that was read to its end, but for what was rejected. */
  #said(): string {
    if (this.#appends.imported + this.rejected.count === 0) {
      const there =
        this.#reader.header !== null ? 'There are no rows below the names of the columns' : 'There are only blank lines in the file';
      return `${this.#blank === 0 && this.#reader.header === null ? 'The file is empty' : there}: nothing was imported.`;
    }
    const aside = asideOf(this.report(), this.#standing.rules);
    return `${count(this.#appends.imported, 'event', 'events')} imported.${aside && ` ${aside}`}`;
  }

  /** A sentence that says what is in the log. */
  #kept(): string {
    const sure = `${count(this.#appends.imported, 'event is', 'events are')} in “${this.#stream}”`;
    return this.#appends.unsure === 0
      ? `${sure}.`
      : `${sure}, and up to ${count(this.#appends.unsure, 'more that was', 'more that were')} on the way.`;
  }

  #progress(): void {
    this.job.progress({ done: this.#bytes, events: this.#appends.imported, rejected: this.rejected.count });
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
        if (this.#appends.bytesAtHand >= APPEND_TARGET_BYTES) this.#send();
        if (this.#appends.isFull) await this.#appends.room();
        if (performance.now() < until) continue;
        await this.#giveWay();
        until = performance.now() + SLICE_MS;
      }
      await this.#giveWay();
    }
    this.#send();
    await this.#appends.room();
    this.#appends.reachIfIdle(this.#linesRead());
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
    else if (result !== 'header') {
      const { batchBytesMax } = this.#standing;
      if ('reason' in result) this.rejected.add(line, result.reason);
      else if (fits(result.record, batchBytesMax)) this.#appends.take(result.record, line.end, this.#linesRead);
      else this.rejected.add(line, tooLargeAlone(batchBytesMax));
    }
    this.#place = { bytes: line.end, lines: line.lastNumber ?? line.number };
  }

  #resume(): Resume {
    return toResume({ ...this.#standing, header: this.#reader.header, mark: this.#appends.reached });
  }

  #send(): void {
    this.#checkAt(this.#place.bytes);
    this.#appends.send(this.#linesRead());
  }

  readonly #linesRead = (): LinesRead => ({
    place: this.#place,
    blank: this.#blank,
    rejected: this.rejected.count,
    rejectedKept: this.rejected.kept.length,
  });

  /** The file will be known again by its bytes before this one. */
  #checkAt(to: number): void {
    if (!this.#piece) return;
    const from = Math.max(this.#bytes, to - CHECK_BYTES);
    if (to > from) this.#standing.check = { from, to, digest: digestOf(this.#piece.subarray(from - this.#bytes, to - this.#bytes)) };
  }
}

const tooLargeAlone = (batchBytesMax: number): string =>
  `larger than the largest batch of this stream, ${batchBytesMax.toLocaleString('en')} bytes (its settings change it)`;

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
