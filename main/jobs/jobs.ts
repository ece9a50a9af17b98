/**
 * Jobs: long work that is listed with its progress, can be cancelled, and stays listed with its outcome. While one runs, the catalog knows
 * how far it is: a job that the lab's own end cut off is listed as failed when the workspace is opened again. So is, as it ended, one that
 * failed or rejected lines: nobody may have seen it before the lab was closed. What ended well is forgotten with the lab. One that says where
 * it stands (an import) can be gone on with, also by the next engine.
 */
import { randomUUID } from 'node:crypto';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { RejectedLine } from '../api/imports.ts';
import { ENDED_JOBS_MAX, type Job, type jobs as jobsContract, RUNNING_JOBS_MAX } from '../api/jobs.ts';
import { conflate } from '../rpc/conflate.ts';
import type { JobRecords, Resume } from '../workspace/jobRecords.ts';
import { asCutOff } from './cutOff.ts';

/** Pages hear of progress at most this often, milliseconds. */
const PROGRESS_INTERVAL_MS = 100;
/** The catalog is told of a job's progress at most this often, milliseconds: each time costs a sync to disk. */
export const RECORD_INTERVAL_MS = 500;

export type JobStart = Pick<Job, 'kind' | 'title' | 'stream' | 'unit' | 'total' | 'streamMade' | 'message'>;

export type JobChange = Partial<Pick<Job, 'done' | 'total' | 'events' | 'rejected' | 'message'>>;

/** What the work keeps of itself, besides its progress; asked for when the catalog is told of the job. */
export interface JobKeeps {
  /** Where it stands, so that it can be gone on with; null where it can not. */
  resume: Resume | null;
  rejected: readonly RejectedLine[];
}

/** What the work itself holds of its job. */
export interface JobHandle {
  readonly job: Readonly<Job>;
  /** Aborts when the user cancels. */
  readonly signal: AbortSignal;
  progress(change: JobChange): void;
  /** Ends the job; a second end is ignored. */
  end(state: 'done' | 'failed' | 'cancelled', message: string): void;
}

export interface Jobs {
  /** Throws `too-many`. */
  start(start: JobStart, keeps?: () => JobKeeps): JobHandle;
  /** Where a job that ended before its time stands. Throws `no-such-job`, and `bad-input` for one that can not be gone on with. */
  resumeOf(id: string): Resume;
  /** It runs again, with the first so many of its rejected lines. Throws as {@link resumeOf} and {@link start} do. */
  goOn(id: string, change: JobChange & { rejectedKept: number }, keeps: () => JobKeeps): JobHandle;
  all(): Job[];
  /** What the catalog keeps of the lines that a job rejected, from one of them on; throws `no-such-job`. */
  rejectedLines(id: string, from: number, limit: number): RejectedLine[];
  /** How many of them it keeps. */
  rejectedKept(id: string): number;
  onDismiss(listener: (id: string) => void): void;
  service: DomainHandlers<typeof jobsContract>;
  /** Writes down how far the running ones are, for the next one who opens the workspace; from here on nothing more is written. */
  close(): void;
}

interface Listed {
  job: Job;
  abort: AbortController;
  keeps: () => JobKeeps;
  /** Runs while there is progress that the catalog does not know. */
  recording?: NodeJS.Timeout | undefined;
}

const nothingKept = (): JobKeeps => ({ resume: null, rejected: [] });

export function createJobs(records: JobRecords, now: () => number): Jobs {
  const jobs = new Map<string, Listed>();
  let closed = false;
  const listeners = new Set<() => void>();
  const dismissed = new Set<(id: string) => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const all = (): Job[] => [...jobs.values()].map(({ job }) => ({ ...job }));

  for (const { outcome, resume, ...record } of records.all()) {
    const goOn = resume?.point ?? null;
    // One that was cut off keeps the end it was given when it was first found.
    const job = outcome ? { ...record, ...outcome, goOn } : asCutOff({ ...record, goOn }, record.endedAt ?? now());
    const keeps = (): JobKeeps => ({ resume, rejected: [] });
    if (record.endedAt === null) records.save({ ...record, endedAt: job.endedAt }, { outcome: null, ...keeps() });
    jobs.set(job.id, { job, abort: new AbortController(), keeps });
  }
  forgetOldest([...jobs.values()].at(-1)?.job);

  function find(id: string): Listed {
    const found = jobs.get(id);
    if (!found) throw new LabError('no-such-job', 'This job is not listed any more.');
    return found;
  }

  function forget(id: string): void {
    clearTimeout(find(id).recording);
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

  /** Tells the catalog of it. An end that nobody need hear of later is told by taking it off. */
  function record(listed: Listed): void {
    const { job, keeps } = listed;
    clearTimeout(listed.recording);
    listed.recording = undefined;
    if (closed) return;
    try {
      const isOver = job.state !== 'running';
      if (isOver && job.state !== 'failed' && job.rejected === 0) return records.remove(job.id);
      const { resume, rejected } = keeps();
      const { state, message } = job;
      const outcome = isOver ? { state, message } : null;
      if (!records.save(job, { outcome, resume: state === 'done' ? null : resume, rejected })) recordSoon(listed);
    } catch {
      // A catalog that can not be written (a full disk) is no reason to end the job: its own appends say so. The next engine lists it as cut
      // off, and what it says of the events then is true, too.
    }
  }

  function recordSoon(listed: Listed): void {
    listed.recording ??= setTimeout(() => record(listed), RECORD_INTERVAL_MS).unref();
  }

  function unrecord(id: string): void {
    try {
      if (!closed) records.remove(id);
    } catch {
      // It is listed once more when the workspace is opened again.
    }
  }

  function assertRoom(): void {
    if (all().filter((job) => job.state === 'running').length < RUNNING_JOBS_MAX) return;
    throw new LabError('too-many', `At most ${RUNNING_JOBS_MAX} jobs run at once. Wait for one to end, or cancel one.`, {
      retriable: true,
    });
  }

  /** Where this can not be written, the job does not begin. */
  function run(job: Job, keeps: () => JobKeeps): JobHandle {
    records.save(job, { outcome: null, ...keeps() });
    const listed: Listed = { job, abort: new AbortController(), keeps };
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
      end(state, message) {
        if (job.state !== 'running') return;
        const goOn = state === 'done' ? null : (keeps().resume?.point ?? null);
        Object.assign(job, { state, message, endedAt: now(), goOn });
        record(listed);
        forgetOldest(job);
        changed();
      },
    };
  }

  function start(start: JobStart, keeps = nothingKept): JobHandle {
    assertRoom();
    const own = {
      id: randomUUID(),
      state: 'running' as const,
      done: 0,
      events: 0,
      rejected: 0,
      startedAt: now(),
      endedAt: null,
      goOn: null,
    };
    return run({ ...start, ...own }, keeps);
  }

  function resumeOf(id: string): Resume {
    const { job, keeps } = find(id);
    if (job.state === 'running') throw new LabError('bad-input', 'This job is still running.');
    const { resume } = keeps();
    if (job.goOn === null || resume === null) throw new LabError('bad-input', 'This job can not be gone on with. Start it again.');
    return resume;
  }

  function goOn(id: string, { rejectedKept, ...change }: JobChange & { rejectedKept: number }, keeps: () => JobKeeps): JobHandle {
    resumeOf(id);
    assertRoom();
    const before = find(id);
    clearTimeout(before.recording);
    records.cutRejected(id, rejectedKept);
    return run({ ...before.job, ...change, state: 'running', endedAt: null, goOn: null }, keeps);
  }

  return {
    start,
    resumeOf,
    goOn,
    all,
    rejectedLines: (id, from, limit) => records.rejectedLines(find(id).job.id, from, limit),
    rejectedKept: (id) => records.rejectedKept(find(id).job.id),
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
      // Each time some more of its rejected lines.
      for (const listed of jobs.values()) while (listed.recording) record(listed);
      closed = true;
    },
  };
}
