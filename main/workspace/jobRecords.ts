/** Jobs that must be heard of when the workspace is opened again: those that run, those that the lab's end cut off, those that ended badly. */
import type { RejectedLine } from '../api/imports.ts';
import type { GoOnPoint, Job } from '../api/jobs.ts';
import type { Catalog } from './catalog.ts';

/** Rejected lines that one save adds at most: about 5 ms. */
export const REJECTED_SAVED_AT_ONCE = 2_000;

/** What a job is gone on with. */
export interface Resume {
  point: GoOnPoint;
  /** What the work itself must know, in a form of its own. */
  standing: string;
}

/** A job as far as it was known; `endedAt` is null while it runs, and for one that the lab's end has cut off. */
export type JobRecord = Omit<Job, 'state' | 'message' | 'goOn'>;
/** How a job ended by itself. */
export type JobOutcome = Pick<Job, 'state' | 'message'>;

export interface JobKnowledge {
  outcome: JobOutcome | null;
  resume: Resume | null;
  rejected: readonly RejectedLine[];
}

export interface JobRecords {
  /** Those that began first come first. The outcome is null where none was told: the end of the lab came before it. */
  all(): (JobRecord & { outcome: JobOutcome | null; resume: Resume | null })[];
  /**
   * Adds the job, or writes over what was known of it. Of its rejected lines the next REJECTED_SAVED_AT_ONCE are added that are not there
   * yet; false where there are more.
   */
  save(record: JobRecord, known: JobKnowledge): boolean;
  rejectedLines(id: string, from: number, limit: number): RejectedLine[];
  rejectedKept(id: string): number;
  /** Forgets the rejected lines behind the first so many. */
  cutRejected(id: string, kept: number): void;
  remove(id: string): void;
}

type Row = Omit<JobRecord, 'streamMade'> & { streamMade: number; outcome: string | null; resume: string | null };

export function createJobRecords(catalog: Catalog): JobRecords {
  const all = catalog.prepare<[], Row>(
    `SELECT id, kind, title, stream, unit, done, total, events, rejected, stream_made AS streamMade, started_at AS startedAt,
       ended_at AS endedAt, outcome, resume
     FROM job ORDER BY started_at`,
  );
  const save = catalog.prepare(
    `INSERT INTO job (id, kind, title, stream, unit, done, total, events, rejected, stream_made, started_at, ended_at, outcome, resume)
     VALUES (@id, @kind, @title, @stream, @unit, @done, @total, @events, @rejected, @streamMade, @startedAt, @endedAt, @outcome, @resume)
     ON CONFLICT (id) DO UPDATE SET done = excluded.done, total = excluded.total, events = excluded.events, rejected = excluded.rejected,
       ended_at = excluded.ended_at, outcome = excluded.outcome, resume = excluded.resume`,
  );
  const addLine = catalog.prepare('INSERT INTO rejected_line (job, number, line, reason, text) VALUES (?, ?, ?, ?, ?)');
  const lines = catalog.prepare<[string, number, number], RejectedLine>(
    'SELECT line, reason, text FROM rejected_line WHERE job = ? AND number >= ? ORDER BY number LIMIT ?',
  );
  const kept = catalog.prepare<[string], number>('SELECT coalesce(max(number) + 1, 0) FROM rejected_line WHERE job = ?').pluck();
  const cut = catalog.prepare('DELETE FROM rejected_line WHERE job = ? AND number >= ?');
  const remove = catalog.prepare('DELETE FROM job WHERE id = ?');
  const rejectedKept = (id: string): number => kept.get(id) ?? 0;

  return {
    all: () =>
      all.all().map(({ outcome, resume, ...row }) => ({
        ...row,
        streamMade: row.streamMade === 1,
        outcome: outcome === null ? null : (JSON.parse(outcome) as JobOutcome),
        resume: resume === null ? null : (JSON.parse(resume) as Resume),
      })),
    save: catalog.transaction((record: JobRecord, { outcome, resume, rejected }: JobKnowledge) => {
      save.run({
        ...record,
        streamMade: record.streamMade ? 1 : 0,
        outcome: outcome && JSON.stringify({ state: outcome.state, message: outcome.message }),
        resume: resume && JSON.stringify(resume),
      });
      const from = rejectedKept(record.id);
      const until = Math.min(rejected.length, from + REJECTED_SAVED_AT_ONCE);
      for (let at = from; at < until; at++) {
        const { line, reason, text } = rejected[at]!;
        addLine.run(record.id, at, line, reason, text);
      }
      return until >= rejected.length;
    }),
    rejectedLines: (id, from, limit) => lines.all(id, from, limit),
    rejectedKept,
    cutRejected: (id, count) => void cut.run(id, count),
    remove: catalog.transaction((id: string) => {
      cut.run(id, 0);
      remove.run(id);
    }),
  };
}
