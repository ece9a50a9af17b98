/**
 * Jobs: long work that is listed with its progress, can be cancelled, and stays listed with its outcome. While one runs, the catalog knows
 * how far it is: a job that the lab's own end cut off is listed as failed when the workspace is opened again. So is, as it ended, one that
 * failed or rejected lines: nobody may have seen it before the lab was closed. What ended well is forgotten with the lab.
 */
import { randomUUID } from 'node:crypto';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { RejectedLine } from '../api/imports.ts';
import { ENDED_JOBS_MAX, type Job, type jobs as jobsContract, RUNNING_JOBS_MAX } from '../api/jobs.ts';
import { conflate } from '../rpc/conflate.ts';
import type { JobRecords } from '../workspace/jobRecords.ts';
import { asCutOff } from './cutOff.ts';

/** Pages hear of progress at most this often, milliseconds. */
const PROGRESS_INTERVAL_MS = 100;
/** The catalog is told of a job's progress at most this often, milliseconds: each time costs a sync to disk. */
export const RECORD_INTERVAL_MS = 500;

export type JobStart = Pick<Job, 'kind' | 'title' | 'stream' | 'unit' | 'total' | 'streamMade' | 'message'>;

/** What the work itself holds of its job. */
export interface JobHandle {
  readonly job: Readonly<Job>;
  /** Aborts when the user cancels. */
  readonly signal: AbortSignal;
  progress(change: Partial<Pick<Job, 'done' | 'total' | 'events' | 'rejected' | 'message'>>): void;
  /** Ends the job; a second end is ignored. The lines that it rejected are listed, as far as they are kept, also by the next engine. */
  end(state: 'done' | 'failed' | 'cancelled', message: string, rejected?: readonly RejectedLine[]): void;
}

export interface Jobs {
  start(start: JobStart): JobHandle;
  all(): Job[];
  /** What is kept of the lines that a job rejected before this engine came; throws `no-such-job`. */
  rejectedLines(id: string): RejectedLine[];
  onDismiss(listener: (id: string) => void): void;
  service: DomainHandlers<typeof jobsContract>;
  /** Writes down how far the running ones are, for the next one who opens the workspace; from here on nothing more is written. */
  close(): void;
}

interface Listed {
  job: Job;
  abort: AbortController;
  /** Runs while there is progress that the catalog does not know. */
  recording?: NodeJS.Timeout | undefined;
}

export function createJobs(records: JobRecords, now: () => number): Jobs {
  const jobs = new Map<string, Listed>();
  let closed = false;
  const listeners = new Set<() => void>();
  const dismissed = new Set<(id: string) => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const all = (): Job[] => [...jobs.values()].map(({ job }) => ({ ...job }));

  for (const { outcome, ...record } of records.all()) {
    // One that was cut off keeps the end it was given when it was first found.
    const job = outcome ? { ...record, ...outcome } : asCutOff(record, record.endedAt ?? now());
    if (record.endedAt === null) records.save({ ...record, endedAt: job.endedAt });
    jobs.set(job.id, { job, abort: new AbortController() });
  }
  forgetOldest([...jobs.values()].at(-1)?.job);

  function find(id: string): Listed {
    const found = jobs.get(id);
    if (!found) throw new LabError('no-such-job', 'This job is not listed any more.');
    return found;
  }

  function forget(id: string): void {
    jobs.delete(id);
    unrecord(id);
    for (const listener of dismissed) listener(id);
    changed();
  }

  /** `last`: the one that ended last, also where the clock has not moved. */
  function forgetOldest(last: Job | undefined): void {
    if (!last) return;
    const ended = all()
      .filter((each) => each.state !== 'running' && each.id !== last.id)
      .concat(last)
      .sort((a, b) => a.endedAt! - b.endedAt!);
    for (const old of ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_MAX))) forget(old.id);
  }

  function record(listed: Listed): void {
    clearTimeout(listed.recording);
    listed.recording = undefined;
    try {
      if (!closed) records.save(listed.job);
    } catch {
      // A catalog that can not be written (a full disk) is no reason to end the job: its own appends say so.
    }
  }

  function recordSoon(listed: Listed): void {
    listed.recording ??= setTimeout(() => record(listed), RECORD_INTERVAL_MS).unref();
  }

  function unrecord(id: string): void {
    try {
      if (!closed) records.remove(id);
    } catch {
      // It is listed as cut off when the workspace is opened again; what it says of the events is true then, too.
    }
  }

  function recordEnd(job: Job, rejected: readonly RejectedLine[]): void {
    if (job.state !== 'failed' && job.rejected === 0) return unrecord(job.id);
    try {
      if (!closed) records.saveEnd(job, job, rejected);
    } catch {
      // The next engine says of it what was known before its end.
    }
  }

  function start(start: JobStart): JobHandle {
    if (all().filter((job) => job.state === 'running').length >= RUNNING_JOBS_MAX) {
      throw new LabError('too-many', `At most ${RUNNING_JOBS_MAX} jobs run at once. Wait for one to end, or cancel one.`, {
        retriable: true,
      });
    }
    const job: Job = { ...start, id: randomUUID(), state: 'running', done: 0, events: 0, rejected: 0, startedAt: now(), endedAt: null };
    // Where this can not be written, the job does not begin.
    records.save(job);
    const listed: Listed = { job, abort: new AbortController() };
    jobs.set(job.id, listed);
    changed();
    return {
      job,
      signal: listed.abort.signal,
      progress(change) {
        Object.assign(job, change);
        if (job.state === 'running') recordSoon(listed);
        changed();
      },
      end(state, message, rejected = []) {
        if (job.state !== 'running') return;
        Object.assign(job, { state, message, endedAt: now() });
        clearTimeout(listed.recording);
        listed.recording = undefined;
        recordEnd(job, rejected);
        forgetOldest(job);
        changed();
      },
    };
  }

  return {
    start,
    all,
    rejectedLines: (id) => records.rejectedLines(find(id).job.id),
    onDismiss: (listener) => void dismissed.add(listener),
    service: {
      watch: (_input, { signal }) =>
        conflate({
          subscribe(changed) {
            listeners.add(changed);
            return () => listeners.delete(changed);
          },
          take: all,
          intervalMs: PROGRESS_INTERVAL_MS,
          signal,
        }),
      cancel({ id }) {
        const { job, abort } = find(id);
        if (job.state !== 'running') throw new LabError('job-over', 'This job has already ended.');
        abort.abort();
      },
      dismiss({ id }) {
        if (find(id).job.state !== 'running') forget(id);
      },
    },
    close() {
      for (const listed of jobs.values()) if (listed.recording) record(listed);
      closed = true;
    },
  };
}
