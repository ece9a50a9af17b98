/**
 * Format 4. Producers that are clients of a protocol number their batches as Kafka's idempotent ones do (../producerTable.ts).
 *
 * producer  recent: the newest batches of such a producer, by which a second copy is known; null for one whose whole sequence counts
 *           last_append_time: of its last batch, microseconds; one that is silent for long is forgotten
 */
import type Database from 'better-sqlite3';

export function addClients(db: Database.Database): void {
  db.exec(`
    ALTER TABLE producer ADD COLUMN recent BLOB;
    ALTER TABLE producer ADD COLUMN last_append_time INTEGER NOT NULL DEFAULT 0;
  `);
}
