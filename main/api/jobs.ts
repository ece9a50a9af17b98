/** Jobs: long work with progress, and the way to stop it. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing } from './values.ts';

/** Ended jobs that stay listed; the oldest leave first. */
export const ENDED_JOBS_MAX = 20;
/** Jobs that may run at once. */
export const RUNNING_JOBS_MAX = 8;

/** What is asked of the file of an import that goes on. */
export interface GoOnPoint {
  /** As it was named when the import began. */
  fileName: string;
  /** Bytes of the whole file; null where that was not known. */
  fileBytes: number | null;
  /** Everything before this byte is done with: it is sent from here on. */
  from: number;
  /** These bytes of it are shown first, so that it is seen to be the same file. */
  check: { from: number; to: number };
}

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
  /** Of an import that ended before its file did, and that `imports.goOn` can go on with; else null. */
  goOn: GoOnPoint | null;
}

export const jobs = {
  watch: stream(nothing, type<Job[]>()),
  cancel: call(v.strictObject({ id: v.string() }), type<void>(), { errors: ['no-such-job', 'job-over'] }),
  /** Takes an ended job off the list. */
  dismiss: call(v.strictObject({ id: v.string() }), type<void>(), { errors: ['no-such-job'] }),
};
