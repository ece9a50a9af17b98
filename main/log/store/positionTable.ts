/** The positions of readers as they are now: a view of the batches of the positions shards (../positions.ts). */
import type Database from 'better-sqlite3';
import { decodeBatch } from '../batch/decode.ts';
import { positionOf, positionRecord, POSITIONS_STREAM, type ReaderPosition } from '../positions.ts';
import { decodeBatchHeader, type NewRecord } from '../batch/layout.ts';
import { crcMatches } from '../batch/verify.ts';
import type { ShardState, ShardTable } from './shardTable.ts';

const COLUMNS = 'reader, stream, shard, next_offset AS offset, valid_with AS "of"';

type Row = Omit<ReaderPosition, 'shard'> & { shard: bigint };

const fromRow = (row: Row): ReaderPosition => ({ ...row, shard: Number(row.shard) });

export function isPositionsShard({ stream }: ShardState): boolean {
  return stream === POSITIONS_STREAM;
}

/** Of one reader, through any connection. */
export function preparePositionRead(db: Database.Database): (shardId: number, reader: string) => ReaderPosition[] {
  const read = db.prepare<[number, string], Row>(`SELECT ${COLUMNS} FROM position WHERE shard_id = ? AND reader = ?`).safeIntegers();
  return (shardId, reader) => read.all(shardId, reader).map(fromRow);
}

function isWhole(bytes: Buffer): boolean {
  const header = decodeBatchHeader(bytes);
  return header.sizeBytes === bytes.length && crcMatches(bytes, header);
}

export class PositionTable {
  readonly #db: Database.Database;
  readonly #put: Database.Statement;
  readonly #drop: Database.Statement;
  readonly #move: Database.Statement<[number, bigint]>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO position (shard_id, reader, stream, shard, next_offset, valid_with) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#drop = db.prepare('DELETE FROM position WHERE shard_id = ? AND reader = ? AND stream = ? AND shard = ?');
    this.#move = db.prepare('INSERT OR REPLACE INTO position_view (shard_id, next_offset) VALUES (?, ?)');
  }

  /** Within the transaction of its append: what a batch of a positions shard says, which ends before `nextOffset`. */
  apply(shardId: number, bytes: Uint8Array, nextOffset: bigint): void {
    for (const record of decodeBatch(bytes)) {
      const said = positionOf(record);
      if (said === null) continue;
      const { reader, stream, shard } = said.key;
      if (said.position) this.#put.run(shardId, reader, stream, shard, said.position.offset, said.position.of);
      else this.#drop.run(shardId, reader, stream, shard);
    }
    this.#move.run(shardId, nextOffset);
  }

  /** When the file is opened: makes the table again where it is not up to its batches. */
  rebuild(shards: ShardTable): void {
    const known = this.#db.prepare<[number], bigint>('SELECT next_offset FROM position_view WHERE shard_id = ?').pluck().safeIntegers();
    const behind = shards.list().filter((shard) => isPositionsShard(shard) && (known.get(shard.id) ?? 0n) !== shard.nextOffset);
    const following = this.#db
      .prepare<[number, bigint], [Buffer, bigint]>(
        'SELECT bytes, last_offset FROM batch WHERE shard_id = ? AND base_offset > ? ORDER BY base_offset LIMIT 1',
      )
      .raw()
      .safeIntegers();
    this.#db
      .transaction(() => {
        for (const { id } of behind) {
          this.#db.prepare('DELETE FROM position WHERE shard_id = ?').run(id);
          for (let batch = following.get(id, -1n); batch; batch = following.get(id, batch[1])) {
            // A damaged one says nothing; the one before it holds.
            if (isWhole(batch[0])) this.apply(id, batch[0], batch[1] + 1n);
          }
        }
      })
      .immediate();
  }

  /** All positions of a shard as records: behind them nothing of it is needed any more. */
  snapshot(shardId: number, timestamp: bigint): NewRecord[] {
    const rows = this.#db.prepare<[number], Row>(`SELECT ${COLUMNS} FROM position WHERE shard_id = ?`).safeIntegers().all(shardId);
    return rows.map(fromRow).map((position) => positionRecord(position, position, timestamp));
  }

  /** The shard is gone. */
  forget(shardId: number): void {
    this.#db.prepare('DELETE FROM position WHERE shard_id = ?').run(shardId);
    this.#db.prepare('DELETE FROM position_view WHERE shard_id = ?').run(shardId);
  }
}
