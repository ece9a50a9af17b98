/** The calls of api/lessons.ts: which lesson is under way, which step is shown, what of it has been seen. */
import type { DomainHandlers } from '../api/contract.ts';
import { LabError } from '../api/errors.ts';
import type { LessonProgress, lessons as lessonsContract } from '../api/lessons.ts';
import { conflate } from '../rpc/conflate.ts';
import type { LessonRecord, LessonRecords } from '../workspace/lessonRecords.ts';
import { type LessonContent, loadLessons } from './content.ts';
import { createStepWatcher, type StepWatcher, type WatcherParts } from './watcher.ts';

/** The lab looks for what a step asks at most this often, milliseconds. */
const LOOK_INTERVAL_MS = 200;

export interface LessonServiceParts extends WatcherParts {
  folder: string;
  records: LessonRecords;
  removeProcessor: (name: string) => Promise<void>;
  /** Calls back when streams, events, readers or processors change. */
  onChange: (listener: () => void) => () => void;
}

export interface LessonService {
  handlers: DomainHandlers<typeof lessonsContract>;
  close(): void;
}

export function createLessonService(parts: LessonServiceParts): LessonService {
  const contents = loadLessons(parts.folder);
  const records = new Map<string, LessonRecord>(parts.records.all().map((record) => [record.id, record]));
  const listeners = new Set<() => void>();
  let watcher: StepWatcher | null = null;
  let looking = false;
  let again = false;
  let pause: NodeJS.Timeout | undefined;

  const active = (): LessonRecord | undefined => [...records.values()].find((record) => record.active);
  const stop = parts.onChange(() => void look());
  if (active()) watch();

  function content(id: string): LessonContent {
    const found = contents.find((lesson) => lesson.id === id);
    if (!found) throw new LabError('no-such-lesson', `There is no lesson “${id}”.`);
    return found;
  }

  function recordOf(id: string): LessonRecord {
    return records.get(id) ?? { id, step: 0, done: [], active: false };
  }

  function save(record: LessonRecord): void {
    records.set(record.id, record);
    parts.records.save(record);
    for (const listener of listeners) listener();
  }

  /** Begins to watch the step that is shown. */
  function watch(): void {
    const record = active();
    watcher?.close();
    watcher = record
      ? createStepWatcher(
          content(record.id).steps[record.step]!.checks.map((check) => check.see),
          parts,
          () => void look(),
        )
      : null;
    void look();
  }

  /** One look at a time; what changes meanwhile is looked at afterwards. */
  async function look(): Promise<void> {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    const mine = watcher;
    try {
      if (mine && (await mine.look()) && mine === watcher) seenMore(mine);
    } catch {
      // A broker that is down, a stream deleted just now: the next change looks again.
    }
    pause = setTimeout(() => {
      looking = false;
      if (again) {
        again = false;
        void look();
      }
    }, LOOK_INTERVAL_MS);
    pause.unref();
  }

  function seenMore(mine: StepWatcher): void {
    const record = active();
    if (!record) return;
    const isDone = mine.seen.every(Boolean);
    save({ ...record, done: isDone ? withStep(record.done, record.step) : record.done });
  }

  function progress(): LessonProgress | null {
    const record = active();
    if (!record) return null;
    const checks = content(record.id).steps[record.step]!.checks;
    const isDone = record.done.includes(record.step);
    return {
      id: record.id,
      step: record.step,
      checks: checks.map((_, index) => isDone || (watcher?.seen[index] ?? false)),
      done: record.done,
    };
  }

  function leave(): void {
    for (const record of records.values()) if (record.active) save({ ...record, active: false });
    watcher?.close();
    watcher = null;
  }

  const handlers: LessonService['handlers'] = {
    list: () =>
      contents.map(({ id, title, summary, minutes, steps }) => ({
        id,
        title,
        summary,
        minutes,
        steps: steps.length,
        done: recordOf(id).done.length,
      })),
    get({ id }) {
      const { title, streams, processors, steps } = content(id);
      return {
        id,
        title,
        streams,
        processors,
        steps: steps.map((step) => ({ title: step.title, markdown: step.markdown, checks: step.checks.map((check) => check.say) })),
      };
    },
    start({ id }) {
      const { steps } = content(id);
      leave();
      const record = recordOf(id);
      // A lesson that was taken to its end begins again at its beginning, with its ticks.
      save({ ...record, step: record.done.length >= steps.length ? 0 : Math.min(record.step, steps.length - 1), active: true });
      watch();
    },
    leave,
    go({ step }) {
      const record = active();
      if (!record) throw new LabError('bad-input', 'No lesson is under way.');
      const { steps } = content(record.id);
      if (step >= steps.length) throw new LabError('bad-input', `This lesson has ${steps.length} steps.`);
      // A step that is only read is done when one goes on from it; from the last one nobody can.
      const read = [step > record.step ? record.step : -1, step === steps.length - 1 ? step : -1].filter(
        (at) => steps[at]?.checks.length === 0,
      );
      save({ ...record, step, done: read.reduce(withStep, record.done) });
      watch();
    },
    async reset({ id }) {
      const { streams, processors } = content(id);
      const known = parts.processors().map(({ name }) => name);
      // They would make their streams anew.
      for (const name of processors) if (known.includes(name)) await parts.removeProcessor(name);
      for (const stream of streams) if (parts.registry.has(stream)) await parts.registry.delete(stream);
      save({ ...recordOf(id), step: 0, done: [] });
      watch();
    },
    watch: (_input, { signal }) =>
      conflate({
        subscribe(changed) {
          listeners.add(changed);
          return () => listeners.delete(changed);
        },
        take: progress,
        intervalMs: LOOK_INTERVAL_MS / 2,
        signal,
      }),
  };
  return {
    handlers,
    close() {
      stop();
      watcher?.close();
      clearTimeout(pause);
    },
  };
}

function withStep(done: readonly number[], step: number): number[] {
  return [...new Set([...done, step])].sort((a, b) => a - b);
}
