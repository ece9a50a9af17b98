/** One column as the engine has it: its process, how far it has come, why it goes no further. What it may do next the rehearsal says (`allow`). */
import { LabError, toLabError } from '../../api/errors.ts';
import type { ProcessorShape } from '../../api/processors.ts';
import type { ColumnCheck, RehearsalColumn } from '../../api/rehearsals.ts';
import type { CheckedColumn, RehearsedColumn, RehearsedReport } from '../processorContract.ts';
import { type ProcessorLink, startProcessor } from '../processorLink.ts';
import { BAD } from '../bad.ts';
import { shapeHere, streamOf } from '../wiring.ts';
import type { Spawner } from '../../processes/spawner.ts';

export interface ColumnSource {
  name: string;
  version: number | null;
  source: string;
  seed: number;
  /** What streams are called here that it calls otherwise (wiring.ts). */
  streams: Record<string, string>;
  geoFile: string;
  /** What its one input is, whatever it calls it; null: the one that it names. */
  reads: string | null;
}

/** A process that has loaded the source: what it says of itself, its streams as they are called here. The process goes on to run it. */
export interface LoadedSource {
  source: ColumnSource;
  shape: ProcessorShape;
  link: ProcessorLink;
}

/** `bad-input`, with the place, where it can not be loaded. */
export async function loadSource(spawner: Spawner, source: ColumnSource): Promise<LoadedSource> {
  const link = await startProcessor(spawner);
  try {
    const { declaration } = await link.client.load(loadable(source));
    const [input, ...others] = declaration.inputs;
    const reads = input !== undefined && others.length === 0 && source.reads !== null ? { [input]: source.reads } : {};
    const streams = { ...source.streams, ...reads };
    return { source: { ...source, streams }, shape: shapeHere(declaration, streams), link };
  } catch (error) {
    await link.close();
    throw toLabError(error).code === 'disconnected' ? await link.ended : error;
  }
}

type Loadable = Pick<RehearsedColumn, 'source' | 'fileName' | 'seed' | 'geoFile'>;

function loadable({ name, source, seed, geoFile }: ColumnSource): Loadable {
  return { source, fileName: `${name}.ts`, seed, geoFile };
}

export type Plan = Pick<RehearsedColumn, 'tape' | 'inputs' | 'brokers' | 'after' | 'bytesMax'>;

export interface ColumnLifeParts {
  spawner: Spawner;
  id: number;
  after: number | null;
  loaded: LoadedSource;
  /** Of the n-th run of it. */
  journal: string;
  /** Its journal is there, or has become another one. */
  opened: (journal: string) => Promise<void>;
  /** How far its journal goes. */
  reached: () => Promise<number>;
  changed: () => void;
}

const NO_REPORT: RehearsedReport = { reach: 0, emittedAt: 0, failedAt: 0, bytes: 0, memoryBytes: 0 };

export class ColumnLife {
  readonly id: number;
  readonly after: number | null;
  readonly #parts: ColumnLifeParts;
  #link: ProcessorLink | null;
  #checking: ProcessorLink | null = null;
  #report = NO_REPORT;
  #state: RehearsalColumn['state'] = 'starting';
  #problem: string | null = null;
  #check: ColumnCheck | null = null;
  #allowed = { position: -1, isLast: false };
  #isHeld = false;
  #isClosed = false;
  /** It is to go no further. */
  isStopped = false;
  journal: string;

  constructor(parts: ColumnLifeParts) {
    this.id = parts.id;
    this.after = parts.after;
    this.#parts = parts;
    this.#link = parts.loaded.link;
    this.journal = parts.journal;
  }

  get shape(): ProcessorShape {
    return this.#parts.loaded.shape;
  }
  /** The stream of its bad events. */
  get bad(): string {
    return streamOf(BAD, this.source.streams);
  }
  get source(): ColumnSource {
    return this.#parts.loaded.source;
  }
  get reach(): number {
    return this.#report.reach;
  }
  get bytes(): number {
    return this.#report.bytes;
  }
  get problem(): string | null {
    return this.#problem;
  }
  get isOver(): boolean {
    return this.#state === 'done' || this.#state === 'stopped';
  }
  /** Whether others can read its journal. */
  get hasBegun(): boolean {
    return this.#state !== 'starting';
  }

  told(): RehearsalColumn {
    const { inputs, outputs, stores, windowMs, punctuateMs } = this.shape;
    const { reach, emittedAt, failedAt, bytes, memoryBytes } = this.#report;
    const isWaiting =
      this.#state === 'running' && (this.#isHeld || (reach >= this.#allowed.position && !this.#allowed.isLast && this.after !== null));
    return {
      ...{ id: this.id, name: this.source.name, version: this.source.version, after: this.after },
      ...{ inputs, outputs, bad: this.bad, stores, windowMs, punctuateMs },
      ...{ state: isWaiting ? 'waiting' : this.#state, problem: this.#problem },
      ...{ reach, emittedAt, failedAt, bytes, memoryBytes: this.#link ? memoryBytes : null },
      check: this.#check,
    };
  }

  /** Runs until it is over. Never rejects. `endsWith`: what to say where it ends before the last position of all. */
  async run(plan: Plan, endsWith: () => string | null): Promise<void> {
    let carefulFrom = Number.MAX_SAFE_INTEGER;
    let problem: string | null = null;
    for (let run = 0; run < 2; run++) {
      problem = await this.#life({ ...plan, carefulFrom, journal: this.journal });
      // Ended by its watchdog: what it did last was not noted. Once more, noting each position, so that it is known at which one it ends.
      const isContained = problem !== null && this.#link?.contained != null && !this.#isClosed;
      await this.#link?.close();
      this.#link = null;
      // It may have done more than it came to say.
      if (problem !== null && this.hasBegun) this.#report = { ...this.#report, reach: await this.#parts.reached() };
      if (!isContained || run === 1) break;
      carefulFrom = this.reach;
      try {
        this.#link = await startProcessor(this.#parts.spawner);
        this.journal = `${this.#parts.journal}-again`;
      } catch {
        break;
      }
    }
    if (this.#isClosed) return;
    this.#problem = problem === null ? endsWith() : `${problem} It went up to event ${this.reach.toLocaleString('en')}.`;
    this.#state = this.#problem === null ? 'done' : 'stopped';
    this.#parts.changed();
  }

  /** How far it may go by now. `isHeld`: something else goes first. */
  allow(position: number, isLast: boolean, isHeld: boolean): void {
    const before = this.#allowed;
    this.#isHeld = isHeld;
    if (before.position === position && before.isLast === isLast) return;
    this.#allowed = { position, isLast };
    void this.#link?.client.goUpTo(this.#allowed).catch(() => {});
  }

  /** Runs it a second time up to there, and says what differs. Never rejects. */
  async check(plan: Omit<Plan, 'bytesMax'>, upTo: number): Promise<void> {
    if (this.#isClosed || upTo === 0) return;
    this.#tellCheck({ state: 'running', upTo: 0, position: null, what: null });
    try {
      const link = await startProcessor(this.#parts.spawner);
      if (this.#isClosed) return void (await link.close());
      this.#checking = link;
      const { streams } = this.source;
      const asked: CheckedColumn = { ...loadable(this.source), streams, ...plan, journal: this.journal, upTo };
      try {
        for await (const { upTo: same, differs } of link.client.checkColumn(asked)) {
          const state = differs ? 'differs' : same >= upTo ? 'same' : 'running';
          this.#tellCheck({ state, upTo: same, position: differs?.position ?? null, what: differs?.what ?? null });
        }
        // It ended before the first run did.
        if (this.#check?.state === 'running') throw new LabError('internal', 'The second run ended early.');
      } catch (error) {
        const failure = toLabError(error).code === 'disconnected' ? await link.ended : toLabError(error);
        throw failure;
      } finally {
        this.#checking = null;
        await link.close();
      }
    } catch (error) {
      if (!this.#isClosed)
        this.#tellCheck({ state: 'failed', upTo: this.#check?.upTo ?? 0, position: null, what: toLabError(error).message });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#link?.close(), this.#checking?.close()]);
  }

  #tellCheck(check: ColumnCheck): void {
    this.#check = check;
    this.#parts.changed();
  }

  /** Answers why it could go no further, or null. */
  async #life(column: Omit<RehearsedColumn, keyof Loadable | 'streams'>): Promise<string | null> {
    const link = this.#link!;
    let isOpen = false;
    try {
      // Without an end: it ends with the column.
      const reports = link.client.rehearse({ ...loadable(this.source), streams: this.source.streams, ...column });
      if (this.#allowed.position >= 0) void link.client.goUpTo(this.#allowed).catch(() => {});
      for await (const report of reports) {
        this.#report = report;
        if (!isOpen) {
          await this.#parts.opened(column.journal);
          isOpen = true;
          this.#state = 'running';
        }
        this.#parts.changed();
      }
      return null;
    } catch (error) {
      const cause = toLabError(error);
      return (cause.code === 'disconnected' ? await link.ended : cause).message;
    }
  }
}
