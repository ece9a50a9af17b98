/** Jobs that must be heard of when the workspace is opened again: those that run, those that the lab's end cut off, those that ended badly. */
import { type RejectedLine, shownText } from '../api/imports.ts';
import type { Job } from '../api/jobs.ts';
import type { Catalog } from './catalog.ts';

/** Rejected lines of a job that outlive the lab, with their text: enough to see what is wrong with a file. The others are counted only. */
export const REJECTED_RECORDED_MAX = 1_000;

/** A job as far as it was known; `endedAt` is null while it runs, and for one that the lab's end has cut off. */
export type JobRecord = Omit<Job, 'state' | 'message'>;
/** How a job ended by itself. */
export type JobOutcome = Pick<Job, 'state' | 'message'>;

export interface JobRecords {
  /** Those that began first come first. The outcome is null where none was told: the end of the lab came before it. */
  all(): (JobRecord & { outcome: JobOutcome | null })[];
  /** Adds the job, or writes over what was known of it. */
  save(record: JobRecord): void;
  /** The job has ended, and there is something to tell of it; of the lines the first REJECTED_RECORDED_MAX are kept. */
  saveEnd(record: JobRecord, outcome: JobOutcome, rejected: readonly RejectedLine[]): void;
  rejectedLines(id: string): RejectedLine[];
  remove(id: string): void;
}

type Row = Omit<JobRecord, 'streamMade'> & { streamMade: number; outcome: string | null };

export function createJobRecords(catalog: Catalog): JobRecords {
  const all = catalog.prepare<[], Row>(
    `SELECT id, kind, title, stream, unit, done, total, events, rejected, stream_made AS streamMade, started_at AS startedAt,
       ended_at AS endedAt, outcome
     FROM job ORDER BY started_at`,
  );
  const save = catalog.prepare(
    `INSERT INTO job (id, kind, title, stream, unit, done, total, events, rejected, stream_made, started_at, ended_at, outcome, rejected_lines)
     VALUES (@id, @kind, @title, @stream, @unit, @done, @total, @events, @rejected, @streamMade, @startedAt, @endedAt, @outcome, @lines)
     ON CONFLICT (id) DO UPDATE SET done = excluded.done, total = excluded.total, events = excluded.events, rejected = excluded.rejected,
       ended_at = excluded.ended_at, outcome = excluded.outcome, rejected_lines = excluded.rejected_lines`,
  );
  const lines = catalog.prepare<[string], string>('SELECT rejected_lines FROM job WHERE id = ?').pluck();
  const remove = catalog.prepare('DELETE FROM job WHERE id = ?');
  const write = (record: JobRecord, outcome: JobOutcome | null, rejected: readonly RejectedLine[]): void =>
    void save.run({
      ...record,
      streamMade: record.streamMade ? 1 : 0,
      outcome: outcome && JSON.stringify(outcome),
      lines: JSON.stringify(rejected.map((line) => ({ ...line, text: shownText(line.text) }))),
    });
  return {
    all: () =>
      all.all().map(({ outcome, ...row }) => ({
        ...row,
        streamMade: row.streamMade === 1,
        outcome: outcome === null ? null : (JSON.parse(outcome) as JobOutcome),
      })),
    save: (record) => write(record, null, []),
    saveEnd: (record, { state, message }, rejected) => write(record, { state, message }, rejected.slice(0, REJECTED_RECORDED_MAX)),
    rejectedLines: (id) => JSON.parse(lines.get(id) ?? '[]') as RejectedLine[],
    remove: (id) => void remove.run(id),
  };
}
