/** The numbered steps a broker's file has gone through. A step, once released, never changes; a new format adds one. */
import type Database from 'better-sqlite3';
import { create } from './1-create.ts';
import { addSummaries } from './2-summaries.ts';
import { addPositions } from './3-positions.ts';
import { addClients } from './4-clients.ts';

type Step = (db: Database.Database, brokerId: number) => void;

const steps: readonly Step[] = [create, addSummaries, addPositions, addClients];

/** The format this version writes. */
export const FORMAT = steps.length;

/** Brings a file to {@link FORMAT}, each step a transaction of its own together with the number it reaches. */
export function migrate(db: Database.Database, brokerId: number): void {
  for (let format = formatOf(db); format < FORMAT; format++) {
    db.transaction(() => {
      (steps[format] as Step)(db, brokerId);
      db.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('format', ?)`).run(format + 1);
    }).immediate();
  }
}

function formatOf(db: Database.Database): number {
  const hasMeta = db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'meta'`).pluck().get();
  if (hasMeta === 0) return 0;
  return db.prepare(`SELECT value FROM meta WHERE name = 'format'`).pluck().get() as number;
}
