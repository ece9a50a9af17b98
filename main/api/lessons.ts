/** Lessons: steps to read and to do, each with checks that the lab itself can see. */
import * as v from 'valibot';
import { call, stream, type } from './contract.ts';
import { nothing } from './values.ts';

export interface LessonInfo {
  id: string;
  title: string;
  summary: string;
  minutes: number;
  steps: number;
  /** Steps done so far, over this workspace. */
  done: number;
}

export interface LessonStep {
  title: string;
  markdown: string;
  /** What must be seen, as sentences. Empty where the step is only read. */
  checks: string[];
}

export interface Lesson {
  id: string;
  title: string;
  steps: LessonStep[];
  /** Streams that the lesson makes, and that a reset deletes. */
  streams: string[];
  /** Processors that it has the learner deploy, and that a reset removes. */
  processors: string[];
}

/** The lesson that is under way. */
export interface LessonProgress {
  id: string;
  /** Index of the step shown. */
  step: number;
  /** Per check of that step, whether the lab has seen it. */
  checks: boolean[];
  /** Indexes of the steps whose checks have all been seen. */
  done: number[];
}

const lessonErrors = ['no-such-lesson'] as const;
const id = v.strictObject({ id: v.string() });

export const lessons = {
  list: call(nothing, type<LessonInfo[]>()),
  get: call(id, type<Lesson>(), { errors: lessonErrors }),
  /** Starts a lesson, or takes it up where it was left. */
  start: call(id, type<void>(), { errors: lessonErrors }),
  /** Puts it aside; what was done stays done. */
  leave: call(nothing, type<void>()),
  /** Shows another step. */
  go: call(v.strictObject({ step: v.pipe(v.number(), v.integer(), v.minValue(0)) }), type<void>(), { errors: ['bad-input'] }),
  /** Forgets what was done, removes the lesson's processors and deletes its streams. */
  reset: call(id, type<void>(), { errors: [...lessonErrors, 'broker-down'] }),
  /** The lesson under way, again at each change; null while there is none. */
  watch: stream(nothing, type<LessonProgress | null>()),
};
