/** One rehearsal as the engine has it: its process, its columns, and which of them may go how far. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { LabError, toLabError } from '../../api/errors.ts';
import {
  CHECKED_UNASKED_MAX,
  COLUMNS_MAX,
  type NewColumn,
  type Rehearsal as Told,
  REHEARSAL_BYTES_MAX,
  type RehearsalColumn,
  type RehearsalOrder,
} from '../../api/rehearsals.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Spawner } from '../../processes/spawner.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import { BAD } from '../bad.ts';
import { streamOf } from '../wiring.ts';
import { ColumnLife, type ColumnSource, type LoadedSource, loadSource, type Plan } from './columnLife.ts';
import type { RecordedPlace } from './recorded.ts';
import type { RehearsalLink } from './rehearsalLink.ts';
import type { Settled } from './settle.ts';

export interface RehearsalParts {
  id: string;
  /** Its own, empty. */
  folder: string;
  order: RehearsalOrder;
  inputs: RecordedPlace[];
  link: RehearsalLink;
  spawner: Spawner;
  registry: StreamRegistry;
  cluster: Cluster;
  /** What a new column is to run. */
  sourceOf: (column: NewColumn) => ColumnSource;
  changed: () => void;
}

export class Rehearsal {
  readonly #parts: RehearsalParts;
  readonly #tape: string;
  readonly #columns = new Map<number, ColumnLife>();
  #brokers: Plan['brokers'] = [];
  #lastId = 0;
  #lastJournal = 0;
  #settled: Settled & Pick<Told, 'clock' | 'bytes'> = { positions: 0, isWhole: false, problems: [], clock: null, bytes: 0 };
  /** The one that goes first, and up to where. */
  #first: { id: number; cursor: number } | null = null;
  #isFull = false;
  #isClosed = false;
  #lookedAt = 0;
  /** How often somebody asked for a position and then for the one before it. */
  stepsBack = 0;
  #checks: Promise<void> = Promise.resolve();

  constructor(parts: RehearsalParts) {
    this.#parts = parts;
    this.#tape = path.join(parts.folder, 'tape.sqlite');
  }

  get id(): string {
    return this.#parts.id;
  }

  get client(): RehearsalLink['client'] {
    return this.#parts.link.client;
  }

  /** Begins to settle the order; resolves when questions can be asked. */
  async begin(): Promise<void> {
    const { cluster, inputs, order, link } = this.#parts;
    const ids = [...new Set(inputs.map(({ brokerId }) => brokerId))];
    this.#brokers = await Promise.all(ids.map(async (id) => ({ id, ...(await cluster.access(id)) })));
    const settling = link.client.settle({ tape: this.#tape, order, inputs, brokers: this.#brokers })[Symbol.asyncIterator]();
    const first = await settling.next();
    if (!first.done) this.#settled = first.value;
    void this.#follow(settling);
  }

  lookedAt(position: number): void {
    const isBack = position === this.#lookedAt - 1;
    this.#lookedAt = position;
    if (!isBack) return;
    this.stepsBack++;
    this.#parts.changed();
  }

  told(): Told {
    const { positions, isWhole, problems, clock } = this.#settled;
    return {
      ...{ id: this.#parts.id, order: this.#parts.order },
      inputs: this.#parts.inputs.map(({ stream, shard, from, until }) => ({ stream, shard, from, until })),
      ...{ positions, isWhole, problems, clock },
      columns: [...this.#columns.values()].map((column) => column.told()),
      bytes: this.#bytes(),
    };
  }

  async add(column: NewColumn, cursor: number): Promise<RehearsalColumn> {
    if (this.#columns.size >= COLUMNS_MAX) throw new LabError('too-many', `A rehearsal has at most ${COLUMNS_MAX} columns (COLUMNS_MAX).`);
    const loaded = await this.#load(column);
    if (this.#columns.size >= COLUMNS_MAX) {
      await loaded.link.close();
      throw new LabError('too-many', `A rehearsal has at most ${COLUMNS_MAX} columns (COLUMNS_MAX).`);
    }
    return this.#start(++this.#lastId, column.after, loaded, cursor);
  }

  /** Those that a rehearsal begins with; `after` is a place among them, from 1. Their processes are started side by side. */
  async addAll(columns: readonly NewColumn[]): Promise<void> {
    const { spawner, sourceOf } = this.#parts;
    const loaded = await Promise.allSettled(columns.map(async (column) => loadSource(spawner, sourceOf(column))));
    const left = loaded.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      for (const [at, each] of loaded.entries()) {
        if (each.status === 'rejected') throw each.reason;
        this.#assertSound(columns[at]!, each.value);
        this.#start(++this.#lastId, columns[at]!.after, each.value, 0);
        left.shift();
      }
    } catch (error) {
      await Promise.all(left.map(({ link }) => link.close()));
      throw error;
    }
  }

  async replace(id: number, column: NewColumn, cursor: number): Promise<RehearsalColumn> {
    this.column(id);
    const behind = this.#behind(id);
    if (column.after !== null && (column.after === id || behind.some((each) => each.id === column.after)))
      throw new LabError('bad-input', 'A column can not follow itself: it would never come to an end.');
    const { reads, seed } = this.column(id).source;
    const loaded = await this.#load({ ...(reads === null ? {} : { reads }), seed, ...column });
    await this.#end(this.column(id));
    const told = this.#start(id, column.after, loaded, cursor);
    for (const each of behind) {
      await this.#end(each);
      this.#start(each.id, each.after, await loadSource(this.#parts.spawner, each.source), null);
    }
    return told;
  }

  async remove(id: number): Promise<void> {
    for (const column of [this.column(id), ...this.#behind(id)]) {
      this.#columns.delete(column.id);
      await this.#end(column);
    }
    this.#changed();
  }

  /** Those that run ahead stay where they are. One that is changed later runs again. */
  stop(): void {
    for (const column of this.#columns.values()) if (!column.isOver) column.isStopped = true;
    this.#changed();
  }

  /** Checks all of it that is there by now. */
  check(id: number): void {
    this.#checkUpTo(this.column(id), Number.MAX_SAFE_INTEGER);
  }

  column(id: number): ColumnLife {
    const column = this.#columns.get(id);
    if (column) return column;
    throw new LabError('no-such-column', `This rehearsal has no column ${id}.`);
  }

  /** Resolves when questions about these columns can be answered, or at once where that will never be. */
  async begun(ids: readonly number[], signal: AbortSignal): Promise<void> {
    for (const id of ids) {
      while (!signal.aborted && !this.#isClosed && !this.column(id).hasBegun) {
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
  }

  /** Ends all processes, and deletes all files. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all([...this.#columns.values()].map((column) => column.close()));
    await this.#parts.link.close();
    await rm(this.#parts.folder, { recursive: true, force: true });
    this.#parts.changed();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async #load(column: NewColumn): Promise<LoadedSource> {
    if (column.after !== null) this.column(column.after);
    const loaded = await loadSource(this.#parts.spawner, this.#parts.sourceOf(column));
    try {
      this.#assertSound(column, loaded);
      if (this.#isClosed) throw new LabError('no-such-rehearsal', 'The rehearsal was closed.');
      return loaded;
    } catch (error) {
      await loaded.link.close();
      throw error;
    }
  }

  #assertSound({ name, after, reads }: NewColumn, { shape, source }: LoadedSource): void {
    if (reads !== undefined && shape.inputs.length !== 1)
      throw new LabError('bad-input', `${name} reads ${shape.inputs.join(', ')}: it can not be said to read “${reads}” in place of one.`);
    const written = [...shape.outputs, streamOf(BAD, source.streams)];
    const loop = shape.inputs.find((input) => written.includes(input));
    if (loop !== undefined)
      throw new LabError('bad-input', `${name} reads “${loop}”, to which it writes itself: it would never come to an end.`);
    const before = after === null ? null : this.column(after);
    const passes = before?.shape.outputs.some((output) => shape.inputs.includes(output)) === true;
    const streams = [...new Set(this.#parts.inputs.map(({ stream }) => stream))];
    if (before && !passes)
      throw new LabError(
        'bad-input',
        `${name} reads ${shape.inputs.join(', ')}; ${before.source.name} writes ${before.shape.outputs.join(', ') || 'nothing'}.`,
      );
    if (!before && !streams.some((stream) => shape.inputs.includes(stream)))
      throw new LabError('bad-input', `${name} reads ${shape.inputs.join(', ')}; this rehearsal has ${streams.join(', ')}.`);
  }

  /** `cursor`: up to there it goes first. */
  #start(id: number, after: number | null, loaded: LoadedSource, cursor: number | null): RehearsalColumn {
    const journal = path.join(this.#parts.folder, `column-${id}-${++this.#lastJournal}.sqlite`);
    const column: ColumnLife = new ColumnLife({
      ...{ spawner: this.#parts.spawner, id, after, loaded, journal },
      opened: (file) => this.#parts.link.client.openColumn({ id, journal: file }),
      reached: () => this.#parts.link.client.reachOf({ id }).catch(() => 0),
      changed: () => this.#changed(),
    });
    this.#columns.set(id, column);
    if (cursor !== null) this.#first = { id, cursor };
    void this.#run(column);
    this.#changed();
    return column.told();
  }

  async #run(column: ColumnLife): Promise<void> {
    const plan = await this.#planOf(column);
    if (!plan || this.#columns.get(column.id) !== column) return;
    this.#allow();
    await column.run({ ...plan, bytesMax: REHEARSAL_BYTES_MAX }, () => this.#whyShort(column));
    if (this.#isClosed || this.#columns.get(column.id) !== column) return;
    await this.#parts.link.client.columnsOver({ ids: [column.id] }).catch(() => {});
    this.#allow();
    this.#checkUpTo(column, CHECKED_UNASKED_MAX);
  }

  /** Null where it goes before the column that it follows has begun. */
  async #planOf(column: ColumnLife): Promise<Omit<Plan, 'bytesMax'> | null> {
    const base = { tape: this.#tape, inputs: this.#parts.inputs, brokers: this.#brokers };
    if (column.after === null) return { ...base, after: null };
    let before: ColumnLife | undefined;
    const hasBegun = (): boolean => {
      before = this.#columns.get(column.after!);
      return before?.hasBegun === true;
    };
    while (!hasBegun()) {
      if (this.#isClosed || this.#columns.get(column.id) !== column || !before) return null;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const { shape, journal } = before!;
    const tasks = this.#tasksOf(before!);
    const { registry } = this.#parts;
    const streams = shape.outputs
      .filter((output) => column.shape.inputs.includes(output))
      .map((stream) => ({ stream, shards: registry.has(stream) ? registry.get(stream).shards.length : tasks }));
    return { ...base, after: { journal, streams } };
  }
  readonly #waiting: (() => void)[] = [];

  /** How many shards a stream gets that is made for what this column writes. */
  #tasksOf({ shape, after }: ColumnLife): number {
    const { registry } = this.#parts;
    const has = shape.inputs.filter((name) => registry.has(name)).map((name) => registry.get(name).shards.length);
    const before = after === null ? undefined : this.#columns.get(after);
    return Math.max(1, ...has, ...(before ? [this.#tasksOf(before)] : []));
  }

  /** Each may go as far as the tape is settled, or the column before has come; where one goes first the others wait. */
  #allow(): void {
    const { positions, isWhole } = this.#settled;
    const first = this.#firstNow();
    if (this.#bytes() >= REHEARSAL_BYTES_MAX) this.#isFull = true;
    for (const column of this.#columns.values()) {
      if (column.isOver) continue;
      const before = column.after === null ? null : this.#columns.get(column.after);
      const upTo = before ? Math.min(positions, before.reach) : positions;
      const isLast = before ? before.isOver : isWhole;
      if (this.#isFull || column.isStopped) column.allow(column.reach, true, false);
      else if (first && !first.has(column.id)) column.allow(0, false, true);
      else column.allow(upTo, isLast, false);
    }
  }

  /** The one that goes first, and those before it; null where none does. */
  #firstNow(): Set<number> | null {
    const first = this.#first && this.#columns.get(this.#first.id);
    if (!first || first.isOver || first.reach >= this.#first!.cursor) {
      this.#first = null;
      return null;
    }
    const ids = new Set<number>();
    for (let at: ColumnLife | undefined = first; at; at = at.after === null ? undefined : this.#columns.get(at.after)) ids.add(at.id);
    return ids;
  }

  #whyShort(column: ColumnLife): string | null {
    const { positions, isWhole } = this.#settled;
    if (isWhole && column.reach >= positions) return null;
    const upTo = `It went up to event ${column.reach.toLocaleString('en')}.`;
    if (this.#isFull)
      return `The notes of this rehearsal have reached ${REHEARSAL_BYTES_MAX.toLocaleString('en')} bytes (REHEARSAL_BYTES_MAX). ${upTo}`;
    if (column.isStopped) return `It was stopped here. ${upTo}`;
    return `The column that it follows goes no further. ${upTo}`;
  }

  /** One after the other: what is shown goes before. */
  #checkUpTo(column: ColumnLife, most: number): void {
    this.#checks = this.#checks.then(async () => {
      const plan = await this.#planOf(column);
      if (plan && !this.#isClosed && this.#columns.get(column.id) === column) await column.check(plan, Math.min(most, column.reach));
    });
  }

  #behind(id: number): ColumnLife[] {
    const own = [...this.#columns.values()].filter((column) => column.after === id);
    return own.flatMap((column) => [column, ...this.#behind(column.id)]);
  }

  async #end(column: ColumnLife): Promise<void> {
    await column.close();
    await this.#parts.link.client.dropColumn({ id: column.id }).catch(() => {});
    for (const suffix of ['', '-wal', '-shm']) await rm(`${column.journal}${suffix}`, { force: true });
  }

  async #follow(settling: AsyncIterator<Settled & Pick<Told, 'clock' | 'bytes'>>): Promise<void> {
    try {
      for (let next = await settling.next(); !next.done; next = await settling.next()) {
        this.#settled = next.value;
        this.#changed();
      }
    } catch (error) {
      if (this.#isClosed) return;
      const cause = toLabError(error).code === 'disconnected' ? await this.#parts.link.ended : toLabError(error);
      this.#settled = { ...this.#settled, isWhole: true, problems: [...this.#settled.problems, cause.message] };
      this.#changed();
    }
  }

  #bytes(): number {
    return [...this.#columns.values()].reduce((sum, { bytes }) => sum + bytes, this.#settled.bytes);
  }

  #changed(): void {
    if (this.#isClosed) return;
    this.#allow();
    for (const wake of this.#waiting.splice(0)) wake();
    this.#parts.changed();
  }
}
