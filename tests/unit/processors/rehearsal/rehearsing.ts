/** What the tests of rehearsals share: a lab with events in it, rehearsals of them, and what these say. */
import type { DomainClient, Input } from '../../../../main/api/contract.ts';
import type { ColumnView, StepEmission } from '../../../../main/api/rehearsalPositions.ts';
import type { NewColumn, Rehearsal, rehearsals, RehearsalColumn } from '../../../../main/api/rehearsals.ts';
import type { LabClient } from '../../../../main/api/index.ts';

export type Rehearsals = DomainClient<typeof rehearsals>;
export type CreateInput = Input<(typeof rehearsals)['create']>;

export const START = 1_540_000_000_000;

export interface Event {
  shard: number;
  /** Seconds after START; null for none. */
  at: number | null;
  key: string | null;
  value: unknown;
}

export async function append(client: LabClient, stream: string, events: readonly Event[], batch = 50): Promise<void> {
  for (let from = 0; from < events.length; from += batch) {
    await client.produce.append({
      stream,
      records: events.slice(from, from + batch).map(({ shard, at, key, value }) => ({
        key: key === null ? null : Buffer.from(key),
        value: value instanceof Uint8Array ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
        headers: [],
        timestamp: at === null ? null : BigInt(START + Math.round(at * 1_000)),
        shard,
      })),
    });
  }
}

export const whole = (...streams: string[]): CreateInput['ranges'] =>
  streams.map((stream) => ({ stream, from: { at: 'beginning' }, until: { at: 'end' } }));

export const column = (source: string, rest: Partial<NewColumn> = {}): NewColumn => ({
  ...{ name: 'tried', source, version: null, after: null },
  ...rest,
});

export async function rehearsed(client: LabClient, input: Omit<CreateInput, 'order'> & Partial<CreateInput>): Promise<Rehearsal> {
  const made = await client.rehearsals.create({ order: { by: 'append' }, ...input });
  return whenOver(client, made.id);
}

const isOver = ({ state }: RehearsalColumn): boolean => state === 'done' || state === 'stopped';
export const isAllOver = ({ isWhole, columns }: Rehearsal): boolean => isWhole && columns.every(isOver);

export const whenOver = (client: LabClient, id: string): Promise<Rehearsal> => when(client, id, isAllOver);

export async function when(client: LabClient, id: string, is: (rehearsal: Rehearsal) => boolean): Promise<Rehearsal> {
  for await (const rehearsal of client.rehearsals.follow({ id })) if (is(rehearsal)) return rehearsal;
  throw new Error('The rehearsal was closed.');
}

export async function viewAt(client: LabClient, id: string, position: number, column = 0): Promise<ColumnView> {
  return (await client.rehearsals.view({ id, position, rows: null })).columns[column]!;
}

/** All entries of a store. */
export async function stateAt(
  client: LabClient,
  id: string,
  columnId: number,
  position: number,
  store: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let from: string | null = ''; from !== null;) {
    const page = await client.rehearsals.state({ id, column: columnId, position, store, shard: null, from, contains: '', most: 200 });
    for (const { shard, key, json } of page.entries) found[`${shard}/${key}`] = json.text;
    from = page.next;
  }
  return found;
}

/** All that a column emits, in order. */
export async function emitted(client: LabClient, id: string, columnId: number): Promise<StepEmission[]> {
  const found: StepEmission[] = [];
  const what = { of: 'emission' as const, columns: [columnId], output: null, contains: '' };
  for (let from = 0; ;) {
    const position = await find(client, { id, from, direction: 'next', what });
    if (position === null) return found;
    const view = (await client.rehearsals.view({ id, position, rows: null })).columns.find((each) => each.id === columnId)!;
    found.push(...view.steps.flatMap(({ emissions }) => emissions));
    from = position;
  }
}

/** A search looks for a moment; this asks again until it has looked everywhere. */
export async function find(client: LabClient, input: Input<(typeof rehearsals)['search']>): Promise<number | null> {
  for (let from = input.from; ;) {
    const { position, lookedTo, isOver } = await client.rehearsals.search({ ...input, from });
    if (position !== null || isOver) return position;
    from = lookedTo;
  }
}

/** By output and key, in order. */
export type Sequences = Record<string, string[]>;

export async function written(client: LabClient, streams: readonly string[]): Promise<Sequences> {
  const found: Sequences = {};
  for (const stream of streams) {
    for await (const { records } of client.events.read({ stream, from: { at: 'beginning' }, until: { at: 'now' } })) {
      for (const { key, value, timestamp, headers } of records) {
        const named = headers.map(([name, content]) => [name, content && Buffer.from(content).toString()]);
        (found[`${stream} ${key && Buffer.from(key).toString()}`] ??= []).push(
          JSON.stringify([value && Buffer.from(value).toString(), Number(timestamp), named]),
        );
      }
    }
  }
  return found;
}

export async function emittedByKey(client: LabClient, id: string, columnId: number): Promise<Sequences> {
  const found: Sequences = {};
  for (const { output, key, text, timestamp, headers } of await emitted(client, id, columnId)) {
    (found[`${output} ${key?.text ?? null}`] ??= []).push(JSON.stringify([text?.text ?? null, timestamp ?? -1, headers]));
  }
  return found;
}

/** Of several shards that emit with the same key the order is that of their commits. */
export const sorted = (all: Sequences): Sequences => Object.fromEntries(Object.entries(all).map(([name, list]) => [name, list.toSorted()]));
