/**
 * What the state stream of a processor has in one of its shards: all that one of its tasks must know to go on after a crash. Each commit of
 * the task appends one batch to it.
 *
 *   key `store/key`   value: what the store has for the key from now on, as JSON; null where it is deleted
 *   key `/task`       value: {@link SavedTask}, as of this commit
 *   key `/outbox`     value: a record batch for a shard of another broker, to be sent there; headers say where (outbox.ts)
 *   key `/begin`      another life of the task begins: what an older one still sends is refused, for it expects to be where this stands
 *   key `/moved`      up to here it was written in another lab, and all that was to be sent had been sent: what is said before of brokers, shards
 *                     and sequences means nothing here
 */
import { type LogRecord, type NewHeaders, NO_HEADERS, type RecordColumns } from '../../../log/index.ts';
import type { SavedShardRun } from '../shardRun.ts';

const TASK = '/task';
const OUTBOX = '/outbox';
const BEGIN = '/begin';
const MOVED = '/moved';
const SLASH = 0x2f;

export interface Totals {
  /** Events that were processed, and of those the bad ones. */
  in: number;
  bad: number;
  /** By output. */
  out: Record<string, number>;
}

export interface SavedTask {
  run: SavedShardRun;
  totals: Totals;
  /** Of each shard of another broker the number of the next record that this task sends there, and of the next that is not known to be there. */
  sequences: [place: string, next: number][];
  sent: [place: string, next: number][];
}

/** Of a task that has done nothing yet. */
export const NO_SAVED: SavedTask = {
  run: { eventTime: { inputs: [], time: null }, window: null, punctuate: null },
  totals: { in: 0, bad: 0, out: {} },
  sequences: [],
  sent: [],
};

export interface OutboxEntry {
  brokerId: number;
  shardId: number;
  firstSequence: number;
  records: number;
  bytes: Uint8Array;
}

/** One entry on its way into the stream. */
export interface NewEntry {
  key: string;
  value: string | Uint8Array;
  headers: NewHeaders;
}

/** The key of what a store has for a key. */
export function storeKey(store: string, key: string): string {
  return `${store}/${key}`;
}

export function taskEntry(saved: SavedTask): NewEntry {
  return { key: TASK, value: JSON.stringify(saved), headers: NO_HEADERS };
}

export function beginEntry(pid: number): NewEntry {
  return { key: BEGIN, value: JSON.stringify({ pid }), headers: NO_HEADERS };
}

export function movedEntry(): NewEntry {
  return { key: MOVED, value: '{}', headers: NO_HEADERS };
}

export function outboxEntry({ bytes, ...where }: OutboxEntry): NewEntry {
  return { key: OUTBOX, value: bytes, headers: [['to', Buffer.from(JSON.stringify(where))]] };
}

/** What a task finds of an earlier life of its. */
export interface ChangelogReader {
  store(store: string, key: string, json: string | null): void;
  task(saved: SavedTask): void;
  outbox(entry: OutboxEntry): void;
  /** All of it up to here was written in another lab. */
  moved(): void;
}

/** Tells of all entries of a batch, in their order. What is none is passed over. */
export function readChangelog(columns: RecordColumns, into: ChangelogReader): void {
  let store = '';
  for (let index = 0; index < columns.count; index++) {
    const length = columns.keyBytesBefore(index, SLASH);
    if (length < 0) continue;
    if (length === 0) {
      readOwn(columns.record(index), into);
      continue;
    }
    // Nearly all are of the store that the one before is of.
    if (!columns.keyBeginsWith(index, store, length)) store = columns.keyText(index)!.slice(0, length);
    into.store(store, columns.keyText(index, length + 1)!, columns.valueText(index)!);
  }
}

function readOwn({ key, value, headers }: LogRecord, into: ChangelogReader): void {
  if (value === null) return;
  const name = String(key);
  if (name === MOVED) into.moved();
  if (name === TASK) into.task(JSON.parse(String(value)) as SavedTask);
  const where = headers[0]?.[1];
  if (name === OUTBOX && where) into.outbox({ ...(JSON.parse(String(where)) as Omit<OutboxEntry, 'bytes'>), bytes: value });
}
