/**
 * Imports under way from this page. A run reads its file piece by piece and sends the pieces in order; it lives here and not in
 * the dialog, so that the dialog can be closed while the job tray shows how it goes.
 */
import { LabError, toLabError } from '../../../../main/api/errors.ts';
import type { Job } from '../../../../main/api/jobs.ts';
import type { LabClient } from '../../../../main/api/index.ts';
import { PIECE_BYTES_MAX, type ImportReport, type ImportRules } from '../../../../main/api/imports.ts';

/** Pieces on their way to the log at once. With one being read, at most three are in memory. */
export const PIECES_IN_FLIGHT_MAX = 4;
/** Ended runs that stay here; the oldest leave first. Their jobs are listed by the engine. */
const ENDED_RUNS_MAX = 20;

export interface ImportRequest {
  file: File;
  stream: string;
  /** Null where the stream exists and keeps what it has. */
  shards: number | null;
  rules: ImportRules;
}

/** An import that goes on: the job has its rules. */
export type GoOnRequest = Pick<ImportRequest, 'file' | 'stream'> & { rules: ImportRules | null };

export type RunState = 'running' | 'stopping' | 'done' | 'failed' | 'cancelled';

export class ImportRun {
  readonly request: GoOnRequest;
  /** On the clock of performance.now(). */
  readonly startedAt = performance.now();
  /** Bytes of the file that an earlier run had done. */
  doneBefore = 0;
  state = $state<RunState>('running');
  jobId = $state<string | null>(null);
  /** True where this import made its stream. */
  streamMade = $state(false);
  /** Bytes of the file whose events are in the log. */
  doneBytes = $state(0);
  report = $state.raw<ImportReport>({ imported: 0, rejected: 0, rejectedKept: 0 });
  error = $state.raw<LabError | null>(null);
  readonly active = $derived(this.state === 'running' || this.state === 'stopping');
  #client: LabClient;

  constructor(client: LabClient, request: GoOnRequest) {
    this.#client = client;
    this.request = request;
  }

  /** From the beginning of the file to its end. */
  async run({ file, stream, shards, rules }: ImportRequest): Promise<void> {
    try {
      const started = await this.#client.imports.start({ stream, shards, rules, file: { name: file.name, bytes: file.size } });
      this.streamMade = started.streamMade;
      this.jobId = started.jobId;
      if (this.#stopping()) await this.#client.jobs.cancel({ id: started.jobId });
      await this.#sendOn(started.jobId, 0);
    } catch (thrown) {
      await this.#ended(toLabError(thrown));
    }
  }

  /** Makes the job run again. Throws where this is not the file that it asks for, or it can not go on. */
  async takeUp({ id, streamMade, goOn }: Job): Promise<void> {
    if (!goOn) throw new LabError('bad-input', 'This import can not be gone on with. Import the file again.');
    const { file } = this.request;
    const { from, to } = goOn.check;
    const checked = await this.#read(Math.min(from, file.size), Math.min(to, file.size));
    const begun = await this.#client.imports.goOn({ jobId: id, file: { name: file.name, bytes: file.size }, checked });
    this.streamMade = streamMade;
    this.doneBefore = begun.from;
    this.doneBytes = begun.from;
    this.jobId = id;
  }

  /** After {@link takeUp}, to the end of the file. */
  async runOn(): Promise<void> {
    try {
      await this.#sendOn(this.jobId!, this.doneBefore);
    } catch (thrown) {
      await this.#ended(toLabError(thrown));
    }
  }

  async #sendOn(jobId: string, from: number): Promise<void> {
    await this.#sendFile(jobId, from);
    this.report = await this.#client.imports.finish({ jobId });
    this.state = 'done';
  }

  /** Stops the import. What is in the log stays there; the run says so when it has ended. */
  async cancel(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'stopping';
    if (this.jobId === null) return; // run() cancels as soon as the job has a number
    try {
      await this.#client.jobs.cancel({ id: this.jobId });
    } catch (thrown) {
      const error = toLabError(thrown);
      if (error.code !== 'job-over' && this.#stopping()) await this.#ended(error);
    }
  }

  async #sendFile(jobId: string, begin: number): Promise<void> {
    const { size } = this.request.file;
    const inFlight: Promise<void>[] = [];
    for (let from = begin; from < size; from += PIECE_BYTES_MAX) {
      if (this.#stopping()) throw new LabError('cancelled', 'Cancelled.');
      const piece = await this.#read(from, Math.min(size, from + PIECE_BYTES_MAX));
      if (inFlight.length >= PIECES_IN_FLIGHT_MAX) await inFlight.shift();
      const write = this.#write(jobId, piece);
      write.catch(() => undefined); // awaited in its turn; until then it is not unheard of
      inFlight.push(write);
    }
    for (const write of inFlight) await write;
  }

  async #write(jobId: string, piece: Uint8Array): Promise<void> {
    const { length } = piece; // the port takes the bytes away
    this.report = await this.#client.imports.write({ jobId, piece });
    this.doneBytes += length;
  }

  async #read(from: number, to: number): Promise<Uint8Array> {
    const { file } = this.request;
    try {
      const piece = new Uint8Array(await file.slice(from, to).arrayBuffer());
      if (piece.length === to - from) return piece;
    } catch (thrown) {
      // NotReadableError: changed since it was chosen, or no longer allowed. NotFoundError: gone.
      throw new LabError('file-unreadable', `${file.name} can no longer be read: it was changed, moved or deleted while it was imported.`, {
        cause: thrown,
      });
    }
    throw new LabError('file-unreadable', `${file.name} became shorter while it was imported.`);
  }

  async #ended(error: LabError): Promise<void> {
    const cancelled = error.code === 'cancelled' || this.#stopping();
    if (!cancelled) await this.#abort(error);
    this.error = cancelled ? null : error;
    this.state = cancelled ? 'cancelled' : 'failed';
  }

  /** The job must not wait for pieces that will never come. */
  async #abort(error: LabError): Promise<void> {
    if (this.jobId === null || error.code === 'disconnected' || error.code === 'job-over' || error.code === 'no-such-job') return;
    try {
      await this.#client.imports.abort({ jobId: this.jobId, reason: error.message });
    } catch {
      // The first error is the one to tell; a job whose page is gone is ended by the engine.
    }
  }

  /** A function, because the state changes while run() waits. */
  #stopping(): boolean {
    return this.state === 'stopping';
  }
}

class ImportRuns {
  all = $state.raw<ImportRun[]>([]);
  readonly active = $derived(this.all.filter((run) => run.active));

  start(client: LabClient, request: ImportRequest): ImportRun {
    const run = new ImportRun(client, request);
    this.#keep(run, run.run(request));
    return run;
  }

  /** Goes on with an import that ended before its file did. Rejects where it can not: nothing has changed then. */
  async goOn(client: LabClient, job: Job, file: File): Promise<ImportRun> {
    const before = this.ofJob(job.id);
    const run = new ImportRun(client, { file, stream: job.stream, rules: before?.request.rules ?? null });
    await run.takeUp(job);
    this.all = this.all.filter((each) => each.jobId !== job.id);
    this.#keep(run, run.runOn());
    return run;
  }

  #keep(run: ImportRun, work: Promise<void>): void {
    const ended = this.all.filter(({ active }) => !active).slice(-ENDED_RUNS_MAX);
    this.all = [...this.all.filter(({ active }) => active), ...ended, run];
    addEventListener('beforeunload', warn);
    void work.finally(() => {
      if (this.all.every(({ active }) => !active)) removeEventListener('beforeunload', warn);
    });
  }

  ofJob(jobId: string): ImportRun | null {
    return this.all.find((run) => run.jobId === jobId) ?? null;
  }
}

/** Leaving the page ends the import: the browser asks first. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

export const importRuns = new ImportRuns();
