/**
 * Lessons on disk (resources/lessons): a folder each, with lesson.json and one Markdown file a step.
 *
 *   lesson.json  { id, place, title, summary, minutes, streams, reads, processors, steps: [{ file, title, checks: [{ say, see }] }] }
 *   place        where it stands among the lessons, from 1
 *   streams      those that it makes; a reset deletes them
 *   reads        others that it looks at; they stay
 *   processors   those that it has the learner deploy; a reset removes them
 *   see          what the lab must see, one of checkSchema
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { LabError } from '../api/errors.ts';
import { count, shardCount, shardNumber, streamName } from '../api/values.ts';

const processorName = v.string();

const checkSchema = v.union([
  v.strictObject({ stream: v.strictObject({ name: streamName, shards: v.optional(shardCount) }) }),
  v.strictObject({ events: v.strictObject({ stream: streamName, atLeast: count }) }),
  v.strictObject({
    event: v.strictObject({
      stream: streamName,
      key: v.optional(v.string()),
      shard: v.optional(shardNumber),
      offset: v.optional(v.pipe(v.string(), v.digits())),
      valueContains: v.optional(v.string()),
      /** ISO 8601: the event's timestamp is before it. */
      before: v.optional(v.string()),
      /** ISO 8601: the event's timestamp is after it. */
      after: v.optional(v.string()),
    }),
  }),
  v.strictObject({ sameShard: v.strictObject({ stream: streamName, key: v.string(), atLeast: count }) }),
  v.strictObject({ spread: v.strictObject({ stream: streamName, shards: shardCount }) }),
  v.strictObject({ readers: v.strictObject({ stream: streamName, apart: count }) }),
  /** Every shard of the stream begins at this offset or behind it: what stood before was trimmed. */
  v.strictObject({ start: v.strictObject({ stream: streamName, atLeast: count }) }),
  /** While the step was shown, a broker ended and has come back. */
  v.strictObject({ brokerBack: v.strictObject({}) }),
  v.strictObject({ durability: v.picklist(['safe', 'fast']) }),
  /**
   * A processor runs, in this version or a later one, and has processed at least so many events since it began, of which at least and at most so
   * many were bad. Version 0: there is one of this name, be it deployed or not.
   */
  v.strictObject({
    processor: v.strictObject({
      name: processorName,
      version: v.optional(count),
      in: v.optional(count),
      bad: v.optional(count),
      badMost: v.optional(count),
    }),
  }),
  /** While the step was shown, the processor's process ended unasked and has come back. */
  v.strictObject({ processorBack: v.strictObject({ name: processorName }) }),
  /** So many programs, told apart by their names, have asked the stream for this over Kafka's protocol, and were not refused. */
  v.strictObject({ asked: v.strictObject({ stream: streamName, api: v.picklist(['Produce', 'Fetch']), programs: count }) }),
  /**
   * A rehearsal is open on the bench with a column of each of these processors. `back`: while the step was shown, somebody stepped back in it: asked
   * for a position and then for the one before it.
   */
  v.strictObject({ rehearsal: v.strictObject({ processors: v.array(processorName), back: v.optional(v.boolean(), false) }) }),
  /** A replay of the stream into the other one has come to its end. */
  v.strictObject({ replayed: v.strictObject({ stream: streamName, into: streamName }) }),
  /** Bad events that this processor said to be bad were sent back, a group of them, and all of the group have been sent. */
  v.strictObject({ redriven: v.strictObject({ name: processorName }) }),
]);
export type Check = v.InferOutput<typeof checkSchema>;

const lessonSchema = v.strictObject({
  id: v.string(),
  place: count,
  title: v.string(),
  summary: v.string(),
  minutes: count,
  streams: v.array(streamName),
  reads: v.optional(v.array(streamName), []),
  processors: v.optional(v.array(processorName), []),
  steps: v.array(
    v.strictObject({ file: v.string(), title: v.string(), checks: v.array(v.strictObject({ say: v.string(), see: checkSchema })) }),
  ),
});

export type LessonContent = Omit<v.InferOutput<typeof lessonSchema>, 'steps'> & {
  steps: { title: string; markdown: string; checks: { say: string; see: Check }[] }[];
};

/** All lessons below `folder`, by their place. Throws `internal` for one that breaks the schema: it ships with the lab. */
export function loadLessons(folder: string): LessonContent[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map((entry) => loadLesson(path.join(folder, entry.name))).sort((a, b) => a.place - b.place);
}

function loadLesson(folder: string): LessonContent {
  const result = v.safeParse(lessonSchema, JSON.parse(readFileSync(path.join(folder, 'lesson.json'), 'utf8')));
  if (!result.success)
    throw new LabError(
      'internal',
      `The lesson in ${folder} is not well formed: ${result.issues[0].message} (${v.getDotPath(result.issues[0])}).`,
    );
  const steps = result.output.steps.map(({ file, title, checks }) => ({
    title,
    checks,
    markdown: readFileSync(path.join(folder, file), 'utf8'),
  }));
  return { ...result.output, steps };
}

/** The stream that a check looks at; null for one of the lab as a whole. */
export function streamOf(check: Check): string | null {
  if ('durability' in check || 'brokerBack' in check || 'processor' in check || 'processorBack' in check) return null;
  if ('rehearsal' in check || 'replayed' in check || 'redriven' in check) return null;
  if ('stream' in check) return check.stream.name;
  const [target] = Object.values(check) as { stream: string }[];
  return target!.stream;
}
