/** The shards of a broker, held in memory by the one writer and written through. */
import type Database from 'better-sqlite3';
import { LabError } from '../../api/errors.ts';

export interface ShardState {
  /** Never used again, also not after the shard was deleted. */
  id: number;
  streamId: string;
  stream: string;
  number: number;
  state: 'open' | 'closed' | 'deleted';
  /** Ids of the shards this one was split or merged from. */
  parents: readonly number[];
  /** Range of hash keys, decimal, both inclusive; null where keys go by modulo. */
  keyLow: string | null;
  keyHigh: string | null;
  /** The first offset that can still be read. */
  startOffset: bigint;
  /** The offset the next record gets: one behind the last one. */
  nextOffset: bigint;
  /** Records ever appended. */
  recordsTotal: bigint;
  /** Records no longer there. */
  recordsTrimmed: bigint;
  /** Size of the batches still there. */
  bytes: number;
  leaderEpoch: number;
  /** Append time of the last batch, microseconds; 0 before the first. */
  lastAppendTimeUs: bigint;
  /** Milliseconds since the epoch. */
  created: number;
  retention: Retention;
}

/** What of a shard may be trimmed, oldest batches first; null keeps all. */
export interface Retention {
  /** Batches that were appended longer ago than this, milliseconds. */
  ms: number | null;
  /** Batches without which the shard still has this many bytes. */
  bytes: number | null;
}

export interface NewShard {
  streamId: string;
  stream: string;
  number: number;
  parents?: readonly number[];
  keyLow?: string;
  keyHigh?: string;
}

/** What a shard had in another log, before its batches are restored (append.ts). */
export interface RestoredShard {
  state: 'open' | 'closed';
  /** Ids of shards of this broker. */
  parents: readonly number[];
  keyLow: string | null;
  keyHigh: string | null;
  leaderEpoch: number;
  startOffset: bigint;
  /** Records ever appended before that offset. */
  recordsBefore: bigint;
}

const COLUMNS = `id, stream_id, stream, number, state, parents, key_low, key_high, start_offset, next_offset, records_total,
  records_trimmed, bytes, leader_epoch, last_append_time, created, retention_ms, retention_bytes`;

type ShardRow = [
  ...[bigint, string, string, bigint, ShardState['state'], string, string | null, string | null],
  ...[bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint],
  ...[bigint | null, bigint | null],
];

function fromRow(row: ShardRow): ShardState {
  return {
    id: Number(row[0]),
    streamId: row[1],
    stream: row[2],
    number: Number(row[3]),
    state: row[4],
    parents: JSON.parse(row[5]) as number[],
    keyLow: row[6],
    keyHigh: row[7],
    startOffset: row[8],
    nextOffset: row[9],
    recordsTotal: row[10],
    recordsTrimmed: row[11],
    bytes: Number(row[12]),
    leaderEpoch: Number(row[13]),
    lastAppendTimeUs: row[14],
    created: Number(row[15]),
    retention: { ms: row[16] === null ? null : Number(row[16]), bytes: row[17] === null ? null : Number(row[17]) },
  };
}

/** Reads one shard, deleted or not, through any connection. */
export function prepareShardRead(db: Database.Database): (id: number) => ShardState | undefined {
  const read = db.prepare<[number], ShardRow>(`SELECT ${COLUMNS} FROM shard WHERE id = ?`).raw().safeIntegers();
  return (id) => {
    const row = read.get(id);
    return row && fromRow(row);
  };
}

export class ShardTable {
  readonly #db: Database.Database;
  readonly #byId = new Map<number, ShardState>();
  /** Ids of shards that {@link takeChanges} has not told of yet. */
  #changed = new Set<number>();
  readonly #update: Database.Statement<[bigint, bigint, number, bigint, number]>;
  readonly #updateStart: Database.Statement<[bigint, bigint, number, number]>;

  constructor(db: Database.Database) {
    this.#db = db;
    const rows = db.prepare<[], ShardRow>(`SELECT ${COLUMNS} FROM shard ORDER BY id`).raw().safeIntegers().all();
    for (const shard of rows.map(fromRow)) this.#byId.set(shard.id, shard);
    this.#update = db.prepare('UPDATE shard SET next_offset = ?, records_total = ?, bytes = ?, last_append_time = ? WHERE id = ?');
    this.#updateStart = db.prepare('UPDATE shard SET start_offset = ?, records_trimmed = ?, bytes = ? WHERE id = ?');
  }

  get(id: number): ShardState | undefined {
    return this.#byId.get(id);
  }

  /** Copies, by id. Deleted ones are left out. */
  list(): ShardState[] {
    return [...this.#byId.values()].filter(({ state }) => state !== 'deleted').map((shard) => ({ ...shard }));
  }

  /** The latest append time of all shards, deleted ones included. */
  lastAppendTimeUs(): bigint {
    let last = 0n;
    for (const shard of this.#byId.values()) if (shard.lastAppendTimeUs > last) last = shard.lastAppendTimeUs;
    return last;
  }

  /** All or none. Throws `stream-exists` where a stream already has a shard of that number. */
  create(shards: readonly NewShard[], created: number): ShardState[] {
    const exists = this.#db.prepare('SELECT 1 FROM shard WHERE stream_id = ? AND number = ?').pluck();
    const insert = this.#db.prepare(
      `INSERT INTO shard (stream_id, stream, number, state, parents, key_low, key_high, start_offset, next_offset, records_total,
         records_trimmed, bytes, leader_epoch, last_append_time, created)
       VALUES (?, ?, ?, 'open', ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?)`,
    );
    const insertEpoch = this.#db.prepare('INSERT INTO leader_epoch (shard_id, epoch, start_offset) VALUES (?, 0, 0)');
    const read = prepareShardRead(this.#db);
    const made = this.#db
      .transaction(() =>
        shards.map((shard) => {
          const { streamId, stream, number, parents = [], keyLow = null, keyHigh = null } = shard;
          if (exists.get(streamId, number)) throw new LabError('stream-exists', `Stream ${stream} already has a shard ${number}.`);
          const { lastInsertRowid } = insert.run(streamId, stream, number, JSON.stringify(parents), keyLow, keyHigh, created);
          insertEpoch.run(lastInsertRowid);
          return read(Number(lastInsertRowid)) as ShardState;
        }),
      )
      .immediate();
    for (const shard of made) this.#keep(shard.id, shard);
    return made.map((shard) => ({ ...shard }));
  }

  /** A shard that nothing was ever appended to becomes one that was trimmed up to `startOffset`. Throws `no-such-shard`. */
  restore(id: number, restored: RestoredShard): void {
    const shard = this.#byId.get(id);
    if (shard?.state !== 'open' || shard.nextOffset > 0n) {
      throw new LabError('no-such-shard', `This broker has no empty shard with the id ${id}.`);
    }
    const { state, parents, keyLow, keyHigh, leaderEpoch, startOffset, recordsBefore } = restored;
    this.#db
      .prepare(
        `UPDATE shard SET state = ?, parents = ?, key_low = ?, key_high = ?, leader_epoch = ?, start_offset = ?, next_offset = ?,
           records_total = ?, records_trimmed = ? WHERE id = ?`,
      )
      .run(state, JSON.stringify(parents), keyLow, keyHigh, leaderEpoch, startOffset, startOffset, recordsBefore, recordsBefore, id);
    this.#keep(id, {
      ...{ ...shard, state, parents, keyLow, keyHigh, leaderEpoch, startOffset },
      ...{ nextOffset: startOffset, recordsTotal: recordsBefore, recordsTrimmed: recordsBefore },
    });
  }

  /** Within the transaction of an append: writes the new ends. */
  write(shard: ShardState): void {
    this.#update.run(shard.nextOffset, shard.recordsTotal, shard.bytes, shard.lastAppendTimeUs, shard.id);
  }

  /** After the transaction was committed: what was written is what is. */
  committed(shard: ShardState): void {
    this.#keep(shard.id, shard);
  }

  /** Unknown ids are passed over. */
  setRetention(ids: readonly number[], retention: Retention): void {
    const set = this.#db.prepare('UPDATE shard SET retention_ms = ?, retention_bytes = ? WHERE id = ?');
    this.#db.transaction(() => ids.forEach((id) => set.run(retention.ms, retention.bytes, id))).immediate();
    for (const id of ids) {
      const shard = this.#byId.get(id);
      if (shard) this.#keep(id, { ...shard, retention });
    }
  }

  /** Shards of which something may be trimmed one day. */
  withRetention(): ShardState[] {
    return [...this.#byId.values()].filter(({ state, retention }) => state !== 'deleted' && (retention.ms ?? retention.bytes) !== null);
  }

  /** Within a transaction: writes the new start of a shard. */
  writeStart(shard: ShardState): void {
    this.#updateStart.run(shard.startOffset, shard.recordsTrimmed, shard.bytes, shard.id);
  }

  /** From here on the shards cannot be read or written; their space is given back by the Reclaimer. Unknown ids are passed over. */
  markDeleted(ids: readonly number[]): void {
    const mark = this.#db.prepare(`UPDATE shard SET state = 'deleted' WHERE id = ?`);
    this.#db.transaction(() => ids.forEach((id) => mark.run(id))).immediate();
    for (const id of ids) {
      const shard = this.#byId.get(id);
      if (shard) this.#keep(id, { ...shard, state: 'deleted' });
    }
  }

  /** The ids of shards that are deleted but whose rows are still there. */
  deletedIds(): number[] {
    return [...this.#byId.values()].filter(({ state }) => state === 'deleted').map(({ id }) => id);
  }

  forget(id: number): void {
    this.#byId.delete(id);
  }

  /** See Store.takeChanges. A deleted shard is gone. */
  takeChanges(): { changed: ShardState[]; gone: number[] } {
    const ids = [...this.#changed];
    this.#changed = new Set();
    const gone = ids.filter((id) => (this.#byId.get(id)?.state ?? 'deleted') === 'deleted');
    return { changed: ids.flatMap((id) => (gone.includes(id) ? [] : { ...this.#byId.get(id)! })), gone };
  }

  #keep(id: number, shard: ShardState): void {
    this.#byId.set(id, shard);
    this.#changed.add(id);
  }
}
