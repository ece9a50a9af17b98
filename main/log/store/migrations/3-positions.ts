/**
 * Format 3. Views of batches, each written in the transaction of the append that changes it.
 *
 * position       the newest position of each reader in each shard, from the batches of a positions shard (../../positions.ts), and
 * position_view  up to which offset of that shard they are in the table
 * producer       where in its sequence a producer stands whose batches are held against it (../producerTable.ts)
 */
import type Database from 'better-sqlite3';

export function addPositions(db: Database.Database): void {
  db.exec(`
    CREATE TABLE position (
      shard_id INTEGER NOT NULL,
      reader TEXT NOT NULL,
      stream TEXT NOT NULL,
      shard INTEGER NOT NULL,
      next_offset INTEGER NOT NULL,
      valid_with TEXT NOT NULL,
      PRIMARY KEY (shard_id, reader, stream, shard)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE position_view (
      shard_id INTEGER PRIMARY KEY,
      next_offset INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE producer (
      shard_id INTEGER NOT NULL,
      producer_id INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      next_sequence INTEGER NOT NULL,
      PRIMARY KEY (shard_id, producer_id)
    ) STRICT, WITHOUT ROWID;
  `);
}
