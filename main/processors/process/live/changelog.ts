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
import type { LogRecord, NewRecord } from '../../../log/index.ts';
import type { SavedShardRun } from '../shardRun.ts';

const TASK = '/task';
const OUTBOX = '/outbox';
const BEGIN = '/begin';
const MOVED = '/moved';

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

export type ChangelogEntry =
  | { kind: 'store'; store: string; key: string; json: string | null }
  | { kind: 'task'; saved: SavedTask }
  | { kind: 'outbox'; entry: OutboxEntry }
  | { kind: 'begin' }
  | { kind: 'moved' };

function record(key: string, value: string | Uint8Array | null, headers: NewRecord['headers'], timestamp: bigint): NewRecord {
  return { key: Buffer.from(key), value: typeof value === 'string' ? Buffer.from(value) : value, headers, timestamp };
}

export function storeRecord(storeAndKey: string, json: string | null, timestamp: bigint): NewRecord {
  return record(storeAndKey, json, [], timestamp);
}

export function taskRecord(saved: SavedTask, timestamp: bigint): NewRecord {
  return record(TASK, JSON.stringify(saved), [], timestamp);
}

export function beginRecord(pid: number, timestamp: bigint): NewRecord {
  return record(BEGIN, JSON.stringify({ pid }), [], timestamp);
}

export function movedRecord(timestamp: bigint): NewRecord {
  return record(MOVED, '{}', [], timestamp);
}

export function outboxRecord({ bytes, ...where }: OutboxEntry, timestamp: bigint): NewRecord {
  return record(OUTBOX, bytes, [['to', Buffer.from(JSON.stringify(where))]], timestamp);
}

/** Null for what is none of these. */
export function changelogEntry({ key, value, headers }: LogRecord): ChangelogEntry | null {
  const name = (key as Buffer | null)?.toString();
  if (name === undefined) return null;
  if (name.startsWith('/')) return ownEntry(name, value as Buffer | null, headers);
  const slash = name.indexOf('/');
  if (slash < 0) return null;
  return { kind: 'store', store: name.slice(0, slash), key: name.slice(slash + 1), json: (value as Buffer | null)?.toString() ?? null };
}

function ownEntry(name: string, value: Buffer | null, headers: LogRecord['headers']): ChangelogEntry | null {
  if (name === BEGIN) return { kind: 'begin' };
  if (name === MOVED) return { kind: 'moved' };
  if (value === null) return null;
  if (name === TASK) return { kind: 'task', saved: JSON.parse(value.toString()) as SavedTask };
  const where = headers[0]?.[1];
  if (name !== OUTBOX || !where) return null;
  return { kind: 'outbox', entry: { ...(JSON.parse(String(where)) as Omit<OutboxEntry, 'bytes'>), bytes: value } };
}
