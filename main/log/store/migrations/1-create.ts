/**
 * Format 1.
 *
 * meta          format, broker_id, last_append_time (of shards that are gone)
 * shard         one row a shard; `id` is never used again. key_low and key_high: decimal hash keys, null where keys go by modulo.
 *               records_total counts all ever appended, bytes those of the batches still there
 * batch         one row a record batch, the blob last, so that reading the columns before it never touches its pages.
 *               records_before: records ever appended to the shard before this batch, a row number that survives gaps between
 *               offsets and trims. append_time: microseconds, see clock.ts
 * leader_epoch  the offset at which each epoch of a shard began
 */
import type Database from 'better-sqlite3';

export function create(db: Database.Database, brokerId: number): void {
  db.exec(`
    CREATE TABLE meta (
      name TEXT PRIMARY KEY,
      value ANY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE shard (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      stream_id TEXT NOT NULL,
      stream TEXT NOT NULL,
      number INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'deleted')),
      parents TEXT NOT NULL,
      key_low TEXT,
      key_high TEXT,
      start_offset INTEGER NOT NULL,
      next_offset INTEGER NOT NULL,
      records_total INTEGER NOT NULL,
      records_trimmed INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      leader_epoch INTEGER NOT NULL,
      last_append_time INTEGER NOT NULL,
      created INTEGER NOT NULL,
      UNIQUE (stream_id, number)
    ) STRICT;

    CREATE TABLE batch (
      shard_id INTEGER NOT NULL,
      base_offset INTEGER NOT NULL,
      last_offset INTEGER NOT NULL,
      record_count INTEGER NOT NULL,
      records_before INTEGER NOT NULL,
      min_timestamp INTEGER NOT NULL,
      max_timestamp INTEGER NOT NULL,
      append_time INTEGER NOT NULL,
      leader_epoch INTEGER NOT NULL,
      producer_id INTEGER NOT NULL,
      producer_epoch INTEGER NOT NULL,
      first_sequence INTEGER NOT NULL,
      attributes INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX batch_by_offset ON batch (shard_id, base_offset);
    CREATE INDEX batch_by_append_time ON batch (shard_id, append_time);

    CREATE TABLE leader_epoch (
      shard_id INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      start_offset INTEGER NOT NULL,
      PRIMARY KEY (shard_id, epoch)
    ) STRICT, WITHOUT ROWID;
  `);
  db.prepare(`INSERT INTO meta (name, value) VALUES ('broker_id', ?), ('last_append_time', 0)`).run(brokerId);
}
