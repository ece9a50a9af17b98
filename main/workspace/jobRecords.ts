/** Jobs that must be heard of after a crash: those that run, and those that ran when the lab ended. */
import type { Job } from '../api/jobs.ts';
import type { Catalog } from './catalog.ts';

/** A job as far as it was known; `endedAt` is null while it runs, and for one that the lab's end has cut off. */
export type JobRecord = Omit<Job, 'state' | 'message'>;

export interface JobRecords {
  /** Those that began first come first. */
  all(): JobRecord[];
  /** Adds the job, or writes over what was known of it. */
  save(record: JobRecord): void;
  remove(id: string): void;
}

type Row = Omit<JobRecord, 'streamMade'> & { streamMade: number };

export function createJobRecords(catalog: Catalog): JobRecords {
  const all = catalog.prepare<[], Row>(
    `SELECT id, kind, title, stream, unit, done, total, events, rejected, stream_made AS streamMade, started_at AS startedAt, ended_at AS endedAt
     FROM job ORDER BY started_at`,
  );
  const save = catalog.prepare(
    `INSERT INTO job (id, kind, title, stream, unit, done, total, events, rejected, stream_made, started_at, ended_at)
     VALUES (@id, @kind, @title, @stream, @unit, @done, @total, @events, @rejected, @streamMade, @startedAt, @endedAt)
     ON CONFLICT (id) DO UPDATE SET done = excluded.done, total = excluded.total, events = excluded.events, rejected = excluded.rejected,
       ended_at = excluded.ended_at`,
  );
  const remove = catalog.prepare('DELETE FROM job WHERE id = ?');
  return {
    all: () => all.all().map((row) => ({ ...row, streamMade: row.streamMade === 1 })),
    save: (record) => void save.run({ ...record, streamMade: record.streamMade ? 1 : 0 }),
    remove: (id) => void remove.run(id),
  };
}
