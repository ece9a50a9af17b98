/**
 * Format 2.
 *
 * summary  one row for each SUMMARY_FANOUT batches of a shard (level 1), one for each SUMMARY_FANOUT of those (level 2), and so on: see
 *          ../summaries.ts. Filled here from the batches that are there
 * shard    retention_ms, retention_bytes: what may be trimmed, null where nothing is for that reason
 */
import type Database from 'better-sqlite3';
import { Summaries } from '../summaries.ts';

export function addSummaries(db: Database.Database): void {
  db.exec(`
    CREATE TABLE summary (
      shard_id INTEGER NOT NULL,
      level INTEGER NOT NULL,
      first_offset INTEGER NOT NULL,
      last_offset INTEGER NOT NULL,
      records_before INTEGER NOT NULL,
      records INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      min_timestamp INTEGER NOT NULL,
      max_timestamp INTEGER NOT NULL,
      PRIMARY KEY (shard_id, level, first_offset)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE shard ADD COLUMN retention_ms INTEGER;
    ALTER TABLE shard ADD COLUMN retention_bytes INTEGER;
  `);
  const summaries = new Summaries(db);
  const ids = db.prepare<[], number>('SELECT id FROM shard').pluck().all();
  for (const id of ids) summaries.fill(id);
}
