/**
 * Time travel, tried: a rehearsal over a real log, tape, realm and journals, in one process, against runs from the start. Every position that is
 * asked for must be what a run of the events before it comes to, and the same rehearsed again must be the same, byte for byte. Cases are many, so
 * no process is started for them.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { ColumnView, RehearsalState } from '../../../../main/api/rehearsalPositions.ts';
import type { RehearsalOrder } from '../../../../main/api/rehearsals.ts';
import { encodeBatch, type NewRecord } from '../../../../main/log/index.ts';
import { type ColumnPlan, ColumnRun, type ColumnRunParts } from '../../../../main/processors/process/rehearsal/columnRun.ts';
import { JournalKeeper } from '../../../../main/processors/process/rehearsal/journalKeeper.ts';
import { renewableRealm } from '../../../../main/processors/process/rehearsal/renewableRealm.ts';
import { tracedLines } from '../../../../main/processors/process/rehearsal/tracedLines.ts';
import { loadProcessor } from '../../../../main/processors/process/sandbox.ts';
import { JournalWriter } from '../../../../main/processors/rehearsal/journal/writer.ts';
import { OpenRehearsal } from '../../../../main/processors/rehearsal/openRehearsal.ts';
import type { RecordedPlace } from '../../../../main/processors/rehearsal/recorded.ts';
import { Settling } from '../../../../main/processors/rehearsal/settle.ts';
import { openWholeStore, type WholeStore } from '../../../wholeStore.ts';
import { temporaryFolder } from '../../openLab.ts';
import { toAppend } from '../../log/store/folder.ts';
import { compiled, type Emitted, fromTheStart, type Moment, NAME, type Placed, realmScript } from './fromTheStart.ts';
import { START } from './rehearsing.ts';
import { BEHIND, type Case, type Event, KINDS, SHARDS } from './timeTravelCases.ts';

/** One log for all cases of a file; each has its shards in it. */
export class TimeTravel {
  readonly #place = temporaryFolder();
  readonly #store: WholeStore;
  #case = 0;

  constructor() {
    this.#store = openWholeStore({ path: path.join(this.#place.folder, 'log.sqlite'), brokerId: 1, now: () => START });
  }

  close(): void {
    this.#store.close();
    this.#place.remove();
  }

  async try({ kind, events, batch, order, chunk, moves }: Case): Promise<void> {
    const folder = mkdtempSync(path.join(this.#place.folder, 'case-'));
    const inputs = this.#append(events, batch);
    const fetch = ({ shardId, from, bytesMax }: { shardId: number; from: bigint; bytesMax: number }) =>
      Promise.resolve(this.#store.read(shardId, from, { upTo: 'highWatermark', bytesMax }));
    const sources = [KINDS[kind]!, BEHIND] as const;
    const rehearse = (name: string): Promise<Rehearsed> =>
      rehearsed(path.join(folder, name), { sources, events: events.length, inputs, order, chunk, brokers: new Map([[1, { fetch }]]) });
    try {
      const { tape, journals, brokers } = await rehearse('first');
      const again = await rehearse('again');
      for (const [at, file] of [tape, ...journals].entries())
        expect(contentOf([again.tape, ...again.journals][at]!)).toEqual(contentOf(file));
      const open = new OpenRehearsal(tape, inputs, brokers);
      try {
        const sequence = await orderOf(open, events, order);
        journals.forEach((journal, index) => open.openColumn(index + 1, journal));
        const moments = fromTheStart(...sources, sequence);
        let at = 0;
        for (const move of moves) {
          at = Math.max(0, Math.min(events.length, typeof move === 'number' ? at + move : move.to));
          await expectMoment(open, at, moments);
        }
        expectSearches(open, moments);
      } finally {
        open.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #append(events: readonly Event[], batch: number): RecordedPlace[] {
    const streamId = `s${++this.#case}`;
    const shards = this.#store.createShards(Array.from({ length: SHARDS }, (_, number) => ({ streamId, stream: 'in', number })));
    for (let from = 0; from < events.length; from += batch) {
      const own = events.slice(from, from + batch);
      const batches = shards.flatMap(({ id, number }) => {
        const records = own.filter(({ shard }) => shard === number).map(recordOf);
        return records.length === 0 ? [] : [toAppend(id, encodeBatch({ records }))];
      });
      this.#store.append(batches);
    }
    return shards.map(({ id, number }) => ({
      ...{ stream: 'in', shard: number, brokerId: 1, shardId: id, from: 0n },
      until: BigInt(events.filter(({ shard }) => shard === number).length),
    }));
  }
}

type Brokers = ColumnRunParts['brokers'];
interface Rehearsed {
  tape: string;
  journals: string[];
  brokers: Brokers;
}
interface ToRehearse {
  sources: readonly [string, string];
  events: number;
  inputs: RecordedPlace[];
  order: RehearsalOrder;
  chunk: number;
  brokers: Brokers;
}

/** The second column reads what the first one emits. */
async function rehearsed(folder: string, { sources, events, inputs, order, chunk, brokers }: ToRehearse): Promise<Rehearsed> {
  mkdirSync(folder);
  const tape = path.join(folder, 'tape.sqlite');
  const settling = new Settling(tape, order, inputs, brokers);
  await settling.run(new AbortController().signal);
  expect(settling.settled).toEqual({ positions: events, isWhole: true, problems: [] });
  const journals = sources.map((_, index) => path.join(folder, `column-${index}.sqlite`));
  await runColumn({ tape, inputs, streams: {}, after: null }, sources[0], brokers, journals[0]!, chunk, events);
  const after = { journal: journals[0]!, streams: [{ stream: 'out', shards: SHARDS }] };
  await runColumn({ tape, inputs, streams: {}, after }, sources[1], brokers, journals[1]!, chunk, events);
  return { tape, journals, brokers };
}

/** All rows of all tables. */
function contentOf(file: string): Record<string, unknown[]> {
  const db = new Database(file, { readonly: true });
  try {
    const tables = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all();
    expect(tables.length).toBeGreaterThan(0);
    return Object.fromEntries(tables.map((table) => [table, db.prepare(`SELECT * FROM ${table}`).raw().all()]));
  } finally {
    db.close();
  }
}

function recordOf({ key, timestamp, n }: Event): NewRecord {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(JSON.stringify({ n })), headers: [], timestamp };
}

/** The events in the order of the tape, which keeps that of each shard and is the one that was asked for. */
async function orderOf(open: OpenRehearsal, events: readonly Event[], by: RehearsalOrder): Promise<Placed[]> {
  const { rows } = await open.view({ position: 0, rows: { from: 1, limit: 200 } });
  const next = Array.from({ length: SHARDS }, () => 0);
  const placed = rows.map(({ shard, offset, position }, index) => {
    expect([position, offset]).toEqual([index + 1, BigInt(next[shard]!)]);
    const own = events.filter((each) => each.shard === shard)[next[shard]!++]!;
    const { key, value, headers } = recordOf(own);
    const timestamp = own.timestamp === -1n ? Number.NaN : Number(own.timestamp);
    return { shard, record: { stream: 'in', offset: String(offset), timestamp, key, value, headers } };
  });
  expect(placed).toHaveLength(events.length);
  if (by.by === 'shards') expect(placed.map(({ shard }) => shard)).toEqual(placed.map(({ shard }) => shard).toSorted());
  return placed;
}

async function runColumn(
  plan: ColumnPlan,
  source: string,
  brokers: Brokers,
  journal: string,
  chunk: number,
  positions: number,
): Promise<void> {
  const traced = tracedLines(compiled(source));
  const load = { fileName: `${NAME}.ts`, seed: 1, geoFile: '' };
  const realm = await renewableRealm(() => Promise.resolve({ ...loadProcessor(realmScript, traced.code, load), placeOf: traced.placeOf }));
  const writer = new JournalWriter(journal, realm.declaration);
  const keeper = new JournalKeeper(writer, { bytesMax: Infinity, carefulFrom: Infinity });
  const keep = keeper.keep.bind(keeper);
  const chunked = { keep, isDue: ({ count }: { count: number }) => count >= chunk };
  const burst = (steps: () => void): Promise<void> => Promise.resolve(steps());
  const run = new ColumnRun({ plan, name: NAME, realm, brokers, keeper: chunked, burst, isRenewedAt: () => false });
  run.goUpTo(positions, true);
  await run.run(new AbortController().signal);
  run.close();
  writer.close();
}

async function expectMoment(open: OpenRehearsal, position: number, moments: readonly Moment[][]): Promise<void> {
  const { columns } = await open.view({ position, rows: null });
  for (const [index, view] of columns.entries()) {
    const moment = moments[position]![index]!;
    expect(view).toMatchObject({ position, isReached: true });
    expect(emittedIn(view)).toEqual(moment.emitted);
    for (const [store, entries] of Object.entries(moment.state)) {
      const state = stateAt(open, index + 1, store, position);
      expect(Object.fromEntries(state.map(({ shard, key, json }) => [`${shard}/${key}`, json.text]))).toEqual(entries);
      const keys = state.map(({ key }) => key);
      expect(keys).toEqual(keys.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
      expect(view.sizes[store]).toBe(state.length);
      if (position > 0) expect(steppedFrom(moments[position - 1]![index]!.state[store]!, view, store)).toEqual(entries);
    }
    const before = moments.slice(0, position + 1).flatMap((each) => each[index]!.emitted);
    const out: Record<string, number> = {};
    for (const { output } of before) out[output] = (out[output] ?? 0) + 1;
    expect(view.soFar.out).toEqual(out);
    if (index === 0) expect([view.soFar.in, view.soFar.bad]).toEqual([position, out.bad ?? 0]);
  }
}

/** An answer looks for a moment: on a busy machine it takes several. */
function stateAt(open: OpenRehearsal, column: number, store: string, position: number): RehearsalState['entries'] {
  const all: RehearsalState['entries'] = [];
  for (let from: string | null = ''; from !== null;) {
    const { entries, next, size }: RehearsalState = open.state({ column, store, position, shard: null, from, contains: '', most: 200 });
    all.push(...entries);
    if (next === null) expect(size).toBe(all.length);
    from = next;
  }
  return all;
}

function emittedIn({ steps }: ColumnView): Emitted[] {
  return steps.flatMap(({ emissions }) =>
    emissions.map(({ output, shard, key, text, timestamp }) => ({
      output,
      shard,
      key: key?.text ?? null,
      text: text?.text ?? null,
      timestamp,
    })),
  );
}

/** The state before, changed as the steps say; what they say was before must have been. */
function steppedFrom(before: Record<string, string>, { steps }: ColumnView, store: string): Record<string, string> {
  const state = { ...before };
  for (const change of steps.flatMap(({ changes }) => changes)) {
    if (change.store !== store) continue;
    const name = `${change.shard}/${change.key}`;
    expect(change.before?.text).toBe(state[name]);
    if (change.after === null) delete state[name];
    else state[name] = change.after.text;
  }
  return state;
}

function expectSearches(open: OpenRehearsal, moments: readonly Moment[][]): void {
  const emitted = moments.flatMap((each, position) => (each[0]!.emitted.length > 0 ? [position] : []));
  const what = { of: 'emission' as const, columns: [1], output: null, contains: '' };
  for (let from = 0; from < moments.length; from++) {
    expect(open.search({ from, direction: 'next', what })).toMatchObject({ position: emitted.find((each) => each > from) ?? null });
    expect(open.search({ from, direction: 'previous', what })).toMatchObject({ position: emitted.findLast((each) => each < from) ?? null });
  }
}
