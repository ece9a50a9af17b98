/** Jobs: long work with progress, and the way to stop it. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing } from './values.ts';

/** Ended jobs that stay listed; the oldest leave first. */
export const ENDED_JOBS_MAX = 20;
/** Jobs that may run at once. */
export const RUNNING_JOBS_MAX = 8;

export interface Job {
  id: string;
  kind: 'import' | 'sample' | 'workspace-export' | 'workspace-import';
  /** "Import orders.ndjson into orders". */
  title: string;
  /** Empty where it is about the whole workspace. */
  stream: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  unit: 'bytes' | 'events';
  done: number;
  /** Null where it is not known beforehand. */
  total: number | null;
  events: number;
  rejected: number;
  /** True where the job made its stream, so that deleting the stream undoes the job. */
  streamMade: boolean;
  startedAt: number;
  endedAt: number | null;
  /** A sentence: what is going on, or how it ended and what was kept. */
  message: string;
}

export const jobs = {
  watch: stream(nothing, type<Job[]>()),
  cancel: call(v.strictObject({ id: v.string() }), type<void>(), { errors: ['no-such-job', 'job-over'] }),
  /** Takes an ended job off the list. */
  dismiss: call(v.strictObject({ id: v.string() }), type<void>(), { errors: ['no-such-job'] }),
};
