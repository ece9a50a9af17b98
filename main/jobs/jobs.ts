/** Jobs: long work that is listed with its progress, can be cancelled, and stays listed with its outcome. */
import { randomUUID } from 'node:crypto';
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import { ENDED_JOBS_MAX, type Job, type jobs as jobsContract, RUNNING_JOBS_MAX } from '../api/jobs.ts';
import { conflate } from '../rpc/conflate.ts';

/** Pages hear of progress at most this often, milliseconds. */
const PROGRESS_INTERVAL_MS = 100;

export type JobStart = Pick<Job, 'kind' | 'title' | 'stream' | 'unit' | 'total' | 'streamMade' | 'message'>;

/** What the work itself holds of its job. */
export interface JobHandle {
  readonly job: Readonly<Job>;
  /** Aborts when the user cancels. */
  readonly signal: AbortSignal;
  progress(change: Partial<Pick<Job, 'done' | 'total' | 'events' | 'rejected' | 'message'>>): void;
  /** Ends the job; a second end is ignored. */
  end(state: 'done' | 'failed' | 'cancelled', message: string): void;
}

export interface Jobs {
  start(start: JobStart): JobHandle;
  all(): Job[];
  onDismiss(listener: (id: string) => void): void;
  service: DomainHandlers<typeof jobsContract>;
}

export function createJobs(now: () => number): Jobs {
  const jobs = new Map<string, { job: Job; abort: AbortController }>();
  const listeners = new Set<() => void>();
  const dismissed = new Set<(id: string) => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const all = (): Job[] => [...jobs.values()].map(({ job }) => ({ ...job }));

  function find(id: string): { job: Job; abort: AbortController } {
    const found = jobs.get(id);
    if (!found) throw new LabError('no-such-job', 'This job is not listed any more.');
    return found;
  }

  function forget(id: string): void {
    jobs.delete(id);
    for (const listener of dismissed) listener(id);
    changed();
  }

  function start(start: JobStart): JobHandle {
    if (all().filter((job) => job.state === 'running').length >= RUNNING_JOBS_MAX) {
      throw new LabError('too-many', `At most ${RUNNING_JOBS_MAX} jobs run at once. Wait for one to end, or cancel one.`, {
        retriable: true,
      });
    }
    const job: Job = { ...start, id: randomUUID(), state: 'running', done: 0, events: 0, rejected: 0, startedAt: now(), endedAt: null };
    const abort = new AbortController();
    jobs.set(job.id, { job, abort });
    changed();
    return {
      job,
      signal: abort.signal,
      progress(change) {
        Object.assign(job, change);
        changed();
      },
      end(state, message) {
        if (job.state !== 'running') return;
        Object.assign(job, { state, message, endedAt: now() });
        const ended = all()
          .filter((each) => each.state !== 'running' && each.id !== job.id)
          .concat(job)
          .sort((a, b) => a.endedAt! - b.endedAt!);
        for (const old of ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_MAX))) forget(old.id);
        changed();
      },
    };
  }

  return {
    start,
    all,
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
  };
}
