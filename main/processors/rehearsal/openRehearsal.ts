/** A rehearsal in its process: the tape, the journals of its columns, and all questions about them. No code of a processor runs here. */
import { setTimeout as pause } from 'node:timers/promises';
import type * as v from 'valibot';
import { LabError } from '../../api/errors.ts';
import {
  COMPARISONS_MAX,
  type Comparison as ToldComparison,
  DIFFERENCES_TOLD_MAX,
  type Difference,
  type ListedDifference,
} from '../../api/rehearsalComparisons.ts';
import type {
  RehearsalMarks,
  rehearsalQuestions,
  RehearsalRow,
  RehearsalState,
  RehearsalView,
  Searched,
} from '../../api/rehearsalPositions.ts';
import type { BrokerClient } from '../../cluster/brokerLink.ts';
import { columnView } from './answers/columnView.ts';
import { Comparison } from './answers/comparison.ts';
import { marksOf } from './answers/marks.ts';
import { emits, matcherOf, searchEvents, searchSets } from './answers/searches.ts';
import { statePage } from './answers/storeState.ts';
import { told } from './answers/told.ts';
import { JournalReader } from './journal/reader.ts';
import type { RecordedPlace } from './recorded.ts';
import { type Found, RecordFinder } from './recordFinder.ts';
import { type TapeEntry, TapeReader } from './tape.ts';

/** A comparison is told so often while it goes on, milliseconds. */
const COMPARE_MS = 100;

type Asked<Q extends keyof typeof rehearsalQuestions> = v.InferOutput<(typeof rehearsalQuestions)[Q]>;

interface Column {
  journal: JournalReader;
  isOver: boolean;
}

export class OpenRehearsal {
  readonly #inputs: readonly RecordedPlace[];
  readonly #tape: TapeReader;
  readonly #finder: RecordFinder;
  readonly #columns = new Map<number, Column>();
  /** By their pair, in the order in which they were last asked for. */
  readonly #comparisons = new Map<string, Comparison>();

  constructor(tape: string, inputs: readonly RecordedPlace[], brokers: ReadonlyMap<number, Pick<BrokerClient, 'fetch'>>) {
    this.#inputs = inputs;
    this.#tape = new TapeReader(tape);
    this.#finder = new RecordFinder(inputs, brokers);
  }

  /** The clock at the first event that has a timestamp, and now at the last. */
  clock(): { from: number; until: number } | null {
    const until = this.#tape.clockAt(this.#tape.positions());
    if (Number.isNaN(until)) return null;
    const first = this.#tape.positionOfTime(Number.NEGATIVE_INFINITY);
    return { from: first === null ? until : this.#tape.clockAt(first), until };
  }

  openColumn(id: number, file: string): void {
    this.dropColumn(id);
    this.#columns.set(id, { journal: new JournalReader(file), isOver: false });
  }

  reachOf(id: number): number {
    return this.#columns.get(id)?.journal.reach() ?? 0;
  }

  dropColumn(id: number): void {
    this.#columns.get(id)?.journal.close();
    this.#columns.delete(id);
    for (const name of this.#comparisons.keys()) if (name.split(' ').includes(String(id))) this.#comparisons.delete(name);
  }

  columnsOver(ids: readonly number[]): void {
    for (const id of ids) {
      const column = this.#columns.get(id);
      if (column) column.isOver = true;
    }
  }

  async view({ position: asked, rows }: Asked<'view'>): Promise<RehearsalView> {
    const position = Math.min(asked, this.#tape.positions());
    const entry = this.#tape.at(position);
    const listed = rows ? this.#tape.range(rows.from, rows.limit) : [];
    const all = await Promise.all([...(entry ? [entry] : []), ...listed].map((each) => this.#row(each)));
    const clock = this.#tape.clockAt(position);
    return {
      ...{ position, clock: Number.isNaN(clock) ? null : clock },
      event: entry ? all[0]! : null,
      offsets: this.#tape.vectorAt(position) ?? this.#inputs.map(({ from }) => from),
      rows: entry ? all.slice(1) : all,
      columns: [...this.#columns].sort(([one], [other]) => one - other).map(([id, { journal }]) => columnView(id, journal, position)),
    };
  }

  state({ column: id, store: name, position: asked, ...rest }: Asked<'state'>): RehearsalState {
    const { journal } = this.#column(id);
    const store = journal.declaration.stores.indexOf(name);
    if (store < 0) throw new LabError('bad-input', `It has no store “${name}”.`);
    const position = Math.min(asked, journal.reach());
    const chunk = position === 0 ? null : journal.chunkOf(position);
    return {
      ...statePage(journal.runs, { store, position, ...rest }),
      size: chunk ? chunk.steps.sizes[store]![position - chunk.first]! : 0,
    };
  }

  search({ from, direction, what }: Asked<'search'>): Searched | Promise<Searched> {
    switch (what.of) {
      case 'event':
        return searchEvents(this.#tape, this.#finder, from, direction, matcherOf(what.contains, what.field));
      case 'failure':
        return this.#searched(what.columns, from, direction, 'failed', null);
      case 'emission': {
        const { output, contains } = what;
        const isAny = output === null && contains === '';
        return this.#searched(
          what.columns,
          from,
          direction,
          'emitted',
          isAny ? null : (journal, at) => emits(journal, at, output, contains),
        );
      }
      case 'difference': {
        const comparison = this.#comparison(what.a, what.b);
        const { upTo, isOver } = comparison.told();
        // Until all is compared, what is missing is not known.
        const found = searchSets([comparison.at], from, direction, upTo);
        return isOver || direction === 'previous' ? found : { ...found, isOver: false };
      }
    }
  }

  #searched(
    ids: readonly number[],
    from: number,
    direction: 'next' | 'previous',
    set: 'emitted' | 'failed',
    isIt: ((journal: JournalReader, position: number) => boolean) | null,
  ): Searched {
    const columns = ids.map((id) => this.#column(id));
    const reach = Math.min(...columns.map(({ journal }) => journal.reach()));
    const sets = columns.map(({ journal }) => journal[set]);
    const found = searchSets(sets, from, direction, reach, isIt && ((position) => columns.some(({ journal }) => isIt(journal, position))));
    const isOver = found.isOver && (direction === 'previous' || columns.every((column) => column.isOver));
    return { ...found, isOver };
  }

  seek({ to }: Asked<'seek'>): { position: number | null } {
    if (to.by === 'time') return { position: this.#tape.positionOfTime(Number(to.time)) };
    const input = this.#inputs.findIndex(({ stream, shard }) => stream === to.stream && shard === to.shard);
    return { position: input < 0 ? null : this.#tape.positionOfOffset(input, to.offset) };
  }

  marks({ pixels, comparison }: Asked<'marks'>): RehearsalMarks {
    const journals = new Map([...this.#columns].map(([id, { journal }]) => [id, journal]));
    return marksOf(this.#tape, journals, pixels, comparison && this.#comparison(comparison.a, comparison.b).at);
  }

  async *compare({ a, b }: Asked<'pair'>, signal: AbortSignal): AsyncGenerator<ToldComparison> {
    const comparison = this.#comparison(a, b);
    let toldAt = 0;
    while (!signal.aborted) {
      const isLast = [a, b].every((id) => this.#columns.get(id)?.isOver ?? true);
      const hasMore = comparison.goOn(isLast);
      if (comparison.isOver) break;
      if (performance.now() - toldAt >= COMPARE_MS) {
        yield comparison.told();
        toldAt = performance.now();
      }
      await pause(hasMore ? 0 : COMPARE_MS / 4);
    }
    if (!signal.aborted) yield comparison.told();
  }

  differences({ a, b, from, most }: Asked<'pair'> & { from: number; most: number }): Difference[] {
    return this.#comparison(a, b).from(from, most);
  }

  /** Waits until all is compared. */
  async *listDifferences({ a, b }: Asked<'pair'>, signal: AbortSignal): AsyncGenerator<ListedDifference[]> {
    for await (const _ of this.compare({ a, b }, signal)) void _;
    let some: ListedDifference[] = [];
    for (const difference of this.#comparison(a, b).all()) {
      some.push({ ...difference, event: this.#placeOf(difference.position) });
      if (some.length < DIFFERENCES_TOLD_MAX) continue;
      yield some;
      some = [];
    }
    if (some.length > 0) yield some;
  }

  #placeOf(position: number): ListedDifference['event'] {
    const entry = this.#tape.at(position);
    if (!entry) return null;
    const { stream, shard } = this.#inputs[entry.input]!;
    return { stream, shard, offset: entry.offset };
  }

  close(): void {
    for (const { journal } of this.#columns.values()) journal.close();
    this.#tape.close();
  }

  #column(id: number): Column {
    const column = this.#columns.get(id);
    if (column) return column;
    throw new LabError('no-such-column', `There is no column ${id}, or it has not begun.`);
  }

  #comparison(a: number, b: number): Comparison {
    const name = `${a} ${b}`;
    const known = this.#comparisons.get(name) ?? new Comparison([a, b], [this.#column(a).journal, this.#column(b).journal]);
    this.#comparisons.delete(name);
    this.#comparisons.set(name, known);
    if (this.#comparisons.size > COMPARISONS_MAX) this.#comparisons.delete(this.#comparisons.keys().next().value!);
    return known;
  }

  async #row({ position, input, offset, timestamp }: TapeEntry): Promise<RehearsalRow> {
    const { stream, shard } = this.#inputs[input]!;
    const base = { position, stream, shard, offset, timestamp: Number.isNaN(timestamp) ? null : timestamp };
    const found: Found = this.#finder.kept(input, offset) ?? (await this.#finder.find(input, offset).catch(asProblem));
    if ('problem' in found) return { ...base, key: null, value: null, headers: 0, problem: found.problem };
    const { key, value, headers } = found.record;
    return { ...base, key: told(textOf(key)), value: told(textOf(value)), headers: headers.length, problem: null };
  }
}

function asProblem(error: unknown): Found {
  return { problem: error instanceof LabError ? error.message : String(error) };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
