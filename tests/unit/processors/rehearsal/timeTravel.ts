/**
 * Time travel, tried: a rehearsal over a real log, tape, realm and journals, in one process, against runs from the start. Every position that is
 * asked for must be what a run of the events before it comes to. Cases are many, so no process is started for them.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ColumnView, RehearsalOrder } from '../../../../main/api/rehearsals.ts';
import { encodeBatch, type NewRecord } from '../../../../main/log/index.ts';
import { compileProcessor } from '../../../../main/processors/compile.ts';
import { ColumnRun } from '../../../../main/processors/process/rehearsal/columnRun.ts';
import { JournalKeeper } from '../../../../main/processors/process/rehearsal/journalKeeper.ts';
import { renewableRealm } from '../../../../main/processors/process/rehearsal/renewableRealm.ts';
import { tracedLines } from '../../../../main/processors/process/rehearsal/tracedLines.ts';
import { shardOf } from '../../../../main/processors/process/outputShard.ts';
import { loadProcessor } from '../../../../main/processors/process/sandbox.ts';
import type { InputRecord } from '../../../../main/processors/process/shardRun.ts';
import { SimulatedRun } from '../../../../main/processors/process/simulatedRun.ts';
import type { Realm } from '../../../../main/processors/realm/realm.ts';
import { JournalWriter } from '../../../../main/processors/rehearsal/journal/writer.ts';
import { OpenRehearsal } from '../../../../main/processors/rehearsal/openRehearsal.ts';
import type { RecordedPlace } from '../../../../main/processors/rehearsal/recorded.ts';
import { Settling } from '../../../../main/processors/rehearsal/settle.ts';
import { openWholeStore } from '../../../wholeStore.ts';
import { root } from '../../openLab.ts';
import { toAppend } from '../../log/store/folder.ts';
import { START } from './rehearsing.ts';

const SHARDS = 3;
const NAME = 'tried';
const realmScript = readFileSync(path.join(root, 'dist/realm/realm.js'), 'utf8');

function processor(parts: string, inputs = ['in'], outputs = ['out']): string {
  return `import { defineProcessor } from 'loglab';
export default defineProcessor({ inputs: ${JSON.stringify(inputs)}, outputs: ${JSON.stringify(outputs)}, stores: ['kept', 'other'],
${parts}
});`;
}

const COUNT = `const kept = ctx.store('kept');
  const n = (kept.get(event.key ?? '') ?? 0) + event.value.n;
  if (n % 5 === 0) kept.delete(event.key ?? ''); else kept.set(event.key ?? '', n);
  if (event.value.n === 3) ctx.store('other').set('three', [event.offset, ctx.random()]);
  ctx.emit('out', { value: [n, ctx.streamTime, ctx.random()] });`;

/** One of each kind. */
export const KINDS: Record<string, string> = {
  'per event': processor(`onEvent(event, ctx) {
  if (event.value.n % 3 === 0) return ctx.bad('It is a third.');
  if (event.value.n % 4 === 0) throw new Error('It is a fourth.');
  for (let n = 0; n < event.value.n % 3; n++) ctx.emit('out', { value: { n, from: event.offset }, headers: [['n', String(n)]] });
  ctx.log('seen', event.value.n);
}`),
  stateful: processor(`onEvent(event, ctx) { ${COUNT} if (event.value.n === 7) throw new Error('Seven.'); }`),
  window: processor(`onEvent(event, ctx) { ${COUNT} },
window: { every: '10s', run(time, ctx) {
  const kept = ctx.store('kept');
  if (kept.size > 2) throw new Error('Too many.');
  for (const [key, n] of kept.range()) { ctx.emit('out', { key, value: [time, n] }); if (n > 4) kept.delete(key); }
} }`),
  punctuation: processor(`onEvent(event, ctx) { ${COUNT} },
punctuate: { every: '7s', run(time, ctx) { const kept = ctx.store('kept'); kept.set('punctuated', time); ctx.emit('out', { value: [time, kept.size] }); } }`),
};
const BEHIND = processor(
  `onEvent(event, ctx) { const kept = ctx.store('kept'); kept.set('n', [event.stream, event.shard, event.offset, (kept.get('n') ?? [0, 0, 0, 0])[3] + 1]);
  if (event.headers.length > 0) ctx.store('other').set(event.headers[0][1] ?? '', event.value); ctx.emit('last', { value: kept.get('n') }); },
window: { every: '15s', run(time, ctx) { ctx.emit('last', { value: [time, ctx.store('kept').get('n') ?? null] }); } }`,
  ['out'],
  ['last'],
);

interface Event {
  shard: number;
  timestamp: bigint;
  key: string | null;
  n: number;
}

const event: fc.Arbitrary<Event> = fc.record({
  shard: fc.integer({ min: 0, max: SHARDS - 1 }),
  timestamp: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 90 }).map((seconds) => BigInt(START + seconds * 1_000)) },
    { weight: 1, arbitrary: fc.constant(-1n) },
  ),
  key: fc.constantFrom(null, 'a', 'b', 'ö', '\u{1f6d2}', '\uffee'),
  n: fc.integer({ min: 0, max: 9 }),
});
const order: fc.Arbitrary<RehearsalOrder> = fc.oneof(
  fc.constantFrom<RehearsalOrder>({ by: 'append' }, { by: 'event-time' }, { by: 'shards' }),
  fc.integer().map((seed): RehearsalOrder => ({ by: 'shuffled', seed })),
);

/** `chunk`: positions of a chunk; `moves`: steps of the walk, or jumps. */
export interface Case {
  kind: string;
  events: Event[];
  batch: number;
  order: RehearsalOrder;
  chunk: number;
  moves: (number | { to: number })[];
}
export const aCase: fc.Arbitrary<Case> = fc.record({
  kind: fc.constantFrom(...Object.keys(KINDS)),
  events: fc.array(event, { minLength: 1, maxLength: 40 }),
  batch: fc.integer({ min: 1, max: 12 }),
  order,
  chunk: fc.integer({ min: 1, max: 50 }),
  moves: fc.array(fc.oneof(fc.constantFrom(1, -1, 2), fc.record({ to: fc.nat(45) })), { minLength: 5, maxLength: 25 }),
});

interface Emitted {
  output: string;
  shard: number;
  key: string | null;
  text: string | null;
  timestamp: number | null;
}

/** A processor over events as they come, in nothing but a realm: what a position must be. */
class FromTheStart {
  readonly realm: Realm;
  readonly run: SimulatedRun;
  readonly stores: string[];
  emitted: (Emitted & { at: number; headers: string | null; isBeforeEvent: boolean })[] = [];
  isBeforeEvent = true;
  #shards = new Set<number>();

  constructor(source: string) {
    const { realm, declaration } = loadProcessor(realmScript, compileProcessor(source, `${NAME}.ts`), {
      ...{ fileName: `${NAME}.ts`, seed: 1, geoFile: '' },
    });
    this.realm = realm;
    this.stores = declaration.stores;
    this.run = new SimulatedRun(realm, declaration, {
      stepped: (shard) => this.#stepped(shard),
      failed: () => {},
      bad: (shard, { key, value, timestamp }) => {
        const at = this.#at;
        const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString();
        const own = { output: 'bad', shard, key: text(key), text: text(value), timestamp: Number.isNaN(timestamp) ? null : timestamp };
        this.emitted.push({ ...own, at, headers: null, isBeforeEvent: false });
      },
    });
  }

  event(shard: number, record: InputRecord, at: number): void {
    this.#shards.add(shard);
    for (const _ of this.run.event(shard, record, at)) void _;
  }

  passTo(time: number): void {
    if (Number.isNaN(time) || (this.run.hasBegun && time <= this.run.now)) return;
    for (const _ of this.run.passTo(time)) void _;
  }

  state(): Record<string, Record<string, string>> {
    return Object.fromEntries(
      this.stores.map((store) => {
        const found: Record<string, string> = {};
        for (const shard of this.#shards) {
          this.realm.listEntries(shard, store, '', '', 1_000);
          const { count, keys, values } = this.realm.entries;
          for (let at = 0; at < count; at++) found[`${shard}/${keys[at]}`] = values[at]!;
        }
        return [store, found];
      }),
    );
  }

  get #at(): number {
    return this.run.hasBegun ? this.run.now : Number.NaN;
  }

  #stepped(shard: number): void {
    const { outcome } = this.realm;
    for (let at = 0; at < outcome.count; at++) {
      const timestamp = outcome.timestamps[at]!;
      this.emitted.push({
        ...{ output: outcome.outputs[at]!, shard, key: outcome.keys[at]!, text: outcome.texts[at]! },
        ...{ timestamp: Number.isNaN(timestamp) ? null : timestamp, at: this.#at, headers: outcome.headers[at]! },
        isBeforeEvent: this.isBeforeEvent,
      });
    }
  }
}

interface Moment {
  emitted: Emitted[];
  state: Record<string, Record<string, string>>;
}

export async function tryTimeTravel({ kind, events, batch, order: by, chunk, moves }: Case): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'time-travel-'));
  const store = openWholeStore({ path: path.join(folder, 'log.sqlite'), brokerId: 1, now: () => START });
  try {
    const shards = store.createShards(Array.from({ length: SHARDS }, (_, number) => ({ streamId: 's', stream: 'in', number })));
    for (let from = 0; from < events.length; from += batch) {
      const own = events.slice(from, from + batch);
      const batches = shards.flatMap(({ id, number }) => {
        const records = own.filter(({ shard }) => shard === number).map(recordOf);
        return records.length === 0 ? [] : [toAppend(id, encodeBatch({ records }))];
      });
      store.append(batches);
    }
    const inputs = shards.map(({ id, number }): RecordedPlace => {
      return {
        ...{ stream: 'in', shard: number, brokerId: 1, shardId: id, from: 0n },
        until: BigInt(events.filter(({ shard }) => shard === number).length),
      };
    });
    const brokers = new Map([
      [
        1,
        {
          fetch: ({ shardId, from, bytesMax }: { shardId: number; from: bigint; bytesMax: number }) =>
            Promise.resolve(store.read(shardId, from, { upTo: 'highWatermark', bytesMax })),
        },
      ],
    ]);
    const tape = path.join(folder, 'tape.sqlite');
    const settling = new Settling(tape, by, inputs, brokers);
    await settling.run(new AbortController().signal);
    expect(settling.settled).toEqual({ positions: events.length, isWhole: true, problems: [] });
    const open = new OpenRehearsal(tape, inputs, brokers);
    try {
      const sequence = await orderOf(open, events, by);
      const sources = [KINDS[kind]!, BEHIND];
      const journals = sources.map((_, index) => path.join(folder, `column-${index}.sqlite`));
      await runColumn({ tape, inputs, streams: {}, after: null }, sources[0]!, brokers, journals[0]!, chunk, events.length);
      const after = { journal: journals[0]!, streams: [{ stream: 'out', shards: SHARDS }] };
      await runColumn({ tape, inputs, streams: {}, after }, sources[1]!, brokers, journals[1]!, chunk, events.length);
      journals.forEach((journal, index) => open.openColumn(index + 1, journal));
      const moments = fromTheStart(sources[0]!, sources[1]!, sequence);
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
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function recordOf({ key, timestamp, n }: Event): NewRecord {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(JSON.stringify({ n })), headers: [], timestamp };
}

interface Placed {
  shard: number;
  record: InputRecord;
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
  plan: ConstructorParameters<typeof ColumnRun>[0]['plan'],
  source: string,
  brokers: ConstructorParameters<typeof ColumnRun>[0]['brokers'],
  journal: string,
  chunk: number,
  positions: number,
): Promise<void> {
  const traced = tracedLines(compileProcessor(source, `${NAME}.ts`));
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

/** Of both columns, at each position. */
function fromTheStart(source: string, behind: string, sequence: readonly Placed[]): Moment[][] {
  const [first, second] = [new FromTheStart(source), new FromTheStart(behind)];
  const moments: Moment[][] = [[first, second].map((each) => ({ emitted: [], state: each.state() }))];
  const offsets = new Map<number, number>();
  let clock = Number.NaN;
  for (const { shard, record } of sequence) {
    first.emitted = [];
    second.emitted = [];
    first.event(shard, record, record.timestamp);
    for (const { output, at, key, text, timestamp, headers, shard: from } of first.emitted) {
      if (output !== 'out') continue;
      const bytes = key === null ? null : Buffer.from(key);
      const to = shardOf(bytes, from, SHARDS);
      const offset = offsets.get(to) ?? 0;
      offsets.set(to, offset + 1);
      const named = (JSON.parse(headers ?? '[]') as [string, string][]).map(([name, value]): [string, Uint8Array] => [
        name,
        Buffer.from(value),
      ]);
      const passed = {
        stream: 'out',
        offset: String(offset),
        timestamp: timestamp ?? Number.NaN,
        key: bytes,
        value: Buffer.from(text!),
        headers: named,
      };
      second.event(to, passed, at);
    }
    if (!(record.timestamp <= clock) && !Number.isNaN(record.timestamp)) clock = record.timestamp;
    second.passTo(clock);
    moments.push(
      [first, second].map((each) => ({
        emitted: each.emitted.map(({ output, shard: own, key, text, timestamp }) => ({ output, shard: own, key, text, timestamp })),
        state: each.state(),
      })),
    );
  }
  return moments;
}

async function expectMoment(open: OpenRehearsal, position: number, moments: readonly Moment[][]): Promise<void> {
  const { columns } = await open.view({ position, rows: null });
  for (const [index, view] of columns.entries()) {
    const moment = moments[position]![index]!;
    expect(view).toMatchObject({ position, isReached: true });
    expect(emittedIn(view)).toEqual(moment.emitted);
    for (const [store, entries] of Object.entries(moment.state)) {
      const page = open.state({ column: index + 1, store, position, shard: null, from: '', contains: '', most: 200 });
      expect(Object.fromEntries(page.entries.map(({ shard, key, json }) => [`${shard}/${key}`, json.text]))).toEqual(entries);
      const keys = page.entries.map(({ key }) => key);
      expect(keys).toEqual(keys.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
      expect(page.size).toBe(Object.keys(entries).length);
      expect(view.sizes[store]).toBe(page.size);
      if (position > 0) expect(steppedFrom(moments[position - 1]![index]!.state[store]!, view, store)).toEqual(entries);
    }
    const before = moments.slice(0, position + 1).flatMap((each) => each[index]!.emitted);
    const out: Record<string, number> = {};
    for (const { output } of before) out[output] = (out[output] ?? 0) + 1;
    expect(view.soFar.out).toEqual(out);
    if (index === 0) expect([view.soFar.in, view.soFar.bad]).toEqual([position, out.bad ?? 0]);
  }
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
