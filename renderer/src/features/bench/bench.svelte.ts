/**
 * The bench: one rehearsal under one cursor. What is shown of a position is asked for in one request, one at a time, the newest wish first; what
 * was shown last stays until the answer comes.
 */
import { LabError, toLabError } from '../../../../main/api/errors.ts';
import type { RehearsalRow, RehearsalSearch, RehearsalView } from '../../../../main/api/rehearsalPositions.ts';
import type { NewColumn, Rehearsal, RehearsalColumn } from '../../../../main/api/rehearsals.ts';
import type { LabState } from '../../state/lab.svelte.ts';
import { Comparing, type Pair } from './comparing.svelte.ts';
import { Finding } from './finding.svelte.ts';
import { type BenchSetup, columnsOf, keepSetup, keptSetup, rangesOf, type Shape } from './benchSetup.ts';
import { rowsTaken, rowsWanted } from './heldRows.ts';
import { type Pace, Playback } from './playback.ts';

export class BenchState {
  readonly #lab: LabState;
  setup = $state.raw<BenchSetup | null>(null);
  rehearsal = $state.raw<Rehearsal | null>(null);
  view = $state.raw<Omit<RehearsalView, 'rows'> | null>(null);
  /** Of the input, around the cursor. */
  rows = $state.raw<readonly RehearsalRow[]>([]);
  /** Where the cursor is wanted; the view follows. */
  position = $state(0);
  pace = $state<Pace>(10);
  isPlaying = $state(false);
  isOpening = $state(false);
  /** Why it could not be made, or is gone. */
  problem = $state.raw<LabError | null>(null);
  readonly finding: Finding;
  readonly comparing: Comparing;

  #shapes: readonly Shape[] = [];
  #isAsking = false;
  #following: AbortController | null = null;
  #frame = 0;

  readonly positions = $derived(this.rehearsal?.positions ?? 0);
  readonly columns = $derived(this.rehearsal?.columns ?? []);

  constructor(lab: LabState) {
    this.#lab = lab;
    this.finding = new Finding(lab);
    this.comparing = new Comparing(lab);
  }

  /** What was set up here last, where a rehearsal of it is not there yet. */
  kept(): BenchSetup | null {
    const workspace = this.#lab.info?.workspace.path;
    return workspace === undefined ? null : keptSetup(workspace);
  }

  /** Makes a rehearsal, in place of one that is there. `shapes`: of its processors. */
  async open(setup: BenchSetup, shapes: readonly Shape[], position = 0): Promise<boolean> {
    this.isOpening = true;
    this.problem = null;
    try {
      const made = await this.#lab.client.rehearsals.create({
        ranges: rangesOf(setup, shapes),
        order: setup.order,
        columns: columnsOf(setup, shapes),
      });
      this.close();
      this.#shapes = shapes;
      this.#keep(setup);
      this.rehearsal = made;
      this.position = position;
      void this.#follow(made.id);
      this.#refresh();
      return true;
    } catch (thrown) {
      this.problem = toLabError(thrown);
      return false;
    } finally {
      this.isOpening = false;
    }
  }

  /** It is given up. What was set up stays, to begin from. */
  close(): void {
    const id = this.rehearsal?.id;
    this.pause();
    this.finding.stop();
    this.#following?.abort();
    this.comparing.stop();
    this.rehearsal = this.view = null;
    this.rows = [];
    if (id !== undefined) this.#lab.client.rehearsals.close({ id }).catch(() => {});
  }

  #keep(setup: BenchSetup): void {
    this.setup = setup;
    const workspace = this.#lab.info?.workspace.path;
    if (workspace !== undefined) keepSetup(workspace, setup);
  }

  async #follow(id: string): Promise<void> {
    const following = (this.#following = new AbortController());
    try {
      for await (const told of this.#lab.client.rehearsals.follow({ id }, { signal: following.signal })) {
        this.rehearsal = told;
        // One that was added, or runs again, is not in what is shown; one that runs ahead has not come to the cursor yet.
        const isShown = (id: number): boolean => this.view?.columns.some((column) => column.id === id && column.isReached) ?? false;
        if (!told.columns.every(({ id: column }) => isShown(column)) || rowsWanted(this.rows, this.position, told.positions) !== null)
          this.#refresh();
      }
    } catch (thrown) {
      if (following.signal.aborted || this.rehearsal?.id !== id) return;
      await this.#again(toLabError(thrown));
    }
  }

  /** The lab was restarted, or the connection was lost, and the rehearsal went with it: it is made once more, at the same place. */
  async #again(error: LabError): Promise<void> {
    const { setup, position } = this;
    this.pause();
    this.rehearsal = null;
    this.problem = new LabError(error.code, 'The rehearsal went with the connection to the lab. It is made again as soon as that is back.');
    while (this.#lab.connection !== 'up') await new Promise((resolve) => setTimeout(resolve, 250));
    if (setup && this.rehearsal === null) await this.open(setup, this.#shapes, position);
  }

  /** Moves the cursor; what lies outside is the nearest end. */
  show(position: number): void {
    this.position = Math.max(0, Math.min(this.positions, Math.floor(position)));
    this.#refresh();
  }

  /** By hand: it does not play on. */
  goTo(position: number): void {
    this.pause();
    this.show(position);
  }

  step(by: number): void {
    this.goTo(this.position + by);
  }

  #refresh(): void {
    if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      for (let asked = -1; this.rehearsal && asked !== this.position;) {
        asked = this.position;
        const { id } = this.rehearsal;
        const wanted = rowsWanted(this.rows, asked, this.positions);
        const { rows, ...view } = await this.#lab.client.rehearsals.view({ id, position: asked, rows: wanted });
        if (this.rehearsal?.id !== id) continue;
        if (wanted) this.rows = rowsTaken(this.rows, rows);
        this.view = view;
      }
    } catch (thrown) {
      const error = toLabError(thrown);
      if (!['disconnected', 'no-such-rehearsal'].includes(error.code)) this.#lab.notify(error, { about: 'bench', reading: true });
    } finally {
      this.#isAsking = false;
    }
  }

  play(): void {
    if (this.isPlaying || this.positions === 0) return;
    if (this.position >= this.positions) this.show(0);
    this.isPlaying = true;
    void this.#play();
  }

  pause(): void {
    this.isPlaying = false;
    cancelAnimationFrame(this.#frame);
  }

  togglePlay(): void {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  async #play(): Promise<void> {
    let playback = new Playback(this.pace, this.view?.clock ?? null);
    let before = await this.#nextFrame();
    while (this.isPlaying && this.rehearsal) {
      const now = await this.#nextFrame();
      if (!this.isPlaying) return;
      if (playback.pace !== this.pace) playback = new Playback(this.pace, this.view?.clock ?? null);
      if (this.#isAsking) continue;
      const next = playback.next(now - before, this.position, this.positions, this.#ahead());
      before = now;
      const position = next.at === 'position' ? next.position : await this.#positionAt(next.time);
      if (!this.isPlaying) return;
      if (position > this.position) this.show(position);
      if (this.position >= this.positions && this.rehearsal.isWhole) this.pause();
    }
  }

  #ahead(): readonly RehearsalRow[] {
    const at = this.rows.findIndex(({ position }) => position > this.position);
    return at === -1 ? [] : this.rows.slice(at);
  }

  async #positionAt(time: number): Promise<number> {
    try {
      const { position } = await this.#lab.client.rehearsals.seek({
        id: this.rehearsal!.id,
        to: { by: 'time', time: BigInt(Math.floor(time)) },
      });
      return position ?? this.positions;
    } catch {
      return this.position;
    }
  }

  #nextFrame(): Promise<number> {
    return new Promise((resolve) => (this.#frame = requestAnimationFrame(resolve)));
  }

  /** Goes to the next or previous place that is looked for; where there is none that is said. `word`: as it is told, "difference". */
  async find(word: string, what: RehearsalSearch['what'], direction: 'next' | 'previous' = 'next'): Promise<void> {
    this.pause();
    if (!this.rehearsal) return;
    const found = await this.finding.find({ rehearsal: this.rehearsal.id, from: this.position, direction, what, word });
    if (found !== null) this.show(found);
  }

  compare(pair: Pair): void {
    if (this.rehearsal) void this.comparing.follow(this.rehearsal.id, pair);
  }

  /** Throws what the lab says of a source that can not be loaded. */
  async addColumn(column: NewColumn, shape: Shape): Promise<RehearsalColumn> {
    const made = await this.#lab.client.rehearsals.addColumn({ id: this.rehearsal!.id, column, cursor: this.position });
    this.#shapes = [...this.#shapes, shape];
    const { name, version, source } = column;
    if (this.setup) this.#keep({ ...this.setup, processors: [...this.setup.processors, { name, version, source }] });
    return made;
  }

  /**
   * The same processor with another text, at the same place; where that is the text that it had before it was changed here, it is its version
   * again, or its file. Throws as {@link addColumn}.
   */
  async changeSource({ id, name, after, version }: RehearsalColumn, source: string): Promise<void> {
    const at = this.columns.findIndex((column) => column.id === id);
    const changedFrom = this.setup?.processors[at]?.changedFrom ?? version;
    const isTakenBack = source === (await this.#textOf(name, changedFrom));
    const text = isTakenBack ? { version: changedFrom, source: null } : { version: null, source };
    const made = await this.#lab.client.rehearsals.replaceColumn({
      id: this.rehearsal!.id,
      column: id,
      with: { name, ...text, after },
      cursor: this.position,
    });
    if (this.setup) {
      const processors = this.setup.processors.map((one, place) => {
        if (place !== at) return one;
        const { changedFrom: _, ...unchanged } = one;
        return { ...unchanged, name, ...text, ...(isTakenBack ? {} : { changedFrom }) };
      });
      this.#keep({ ...this.setup, processors });
    }
    const { pair } = this.comparing;
    if (pair && (pair.a === id || pair.b === id)) {
      const to = (column: number): number => (column === id ? made.id : column);
      this.compare({ a: to(pair.a), b: to(pair.b) });
    }
    this.#refresh();
  }

  /** Null where it is not there any more. */
  async #textOf(name: string, version: number | null): Promise<string | null> {
    try {
      return (await this.#lab.client.processors.source({ name, version })).text;
    } catch {
      return null;
    }
  }

  /** Columns that run ahead go no further. */
  async stop(): Promise<void> {
    const id = this.rehearsal?.id;
    if (id !== undefined) await this.#lab.attempt(() => this.#lab.client.rehearsals.stop({ id }));
  }

  async removeColumn(id: number): Promise<void> {
    const { rehearsal } = this;
    if (!rehearsal) return;
    const gone = [id];
    for (const { id: each, after } of this.columns) if (after !== null && gone.includes(after)) gone.push(each);
    const stays = this.columns.map((column) => !gone.includes(column.id));
    await this.#lab.attempt(async () => {
      await this.#lab.client.rehearsals.removeColumn({ id: rehearsal.id, column: id });
      this.#shapes = this.#shapes.filter((_, at) => stays[at]);
      if (this.setup) this.#keep({ ...this.setup, processors: this.setup.processors.filter((_, at) => stays[at]) });
      const { pair } = this.comparing;
      if (pair && (gone.includes(pair.a) || gone.includes(pair.b))) this.comparing.stop();
      this.#refresh();
    });
  }

  /** The text that a column runs, where it is one that was changed here. */
  changedSource(id: number): string | null {
    const at = this.columns.findIndex((column) => column.id === id);
    return this.setup?.processors[at]?.source ?? null;
  }
}

const benches = new WeakMap<LabState, BenchState>();

/** There is one of a page: it stays while other screens are looked at. */
export function benchOf(lab: LabState): BenchState {
  const known = benches.get(lab);
  if (known) return known;
  const made = new BenchState(lab);
  benches.set(lab, made);
  return made;
}
