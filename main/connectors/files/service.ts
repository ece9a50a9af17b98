/** The calls of api/imports.ts: files that the page or the command line sends become events. */
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import type { Job } from '../../api/jobs.ts';
import { type ImportRules, type imports, PREVIEW_BYTES_MAX, REJECTED_PAGE_CHARS_MAX, type RejectedLine } from '../../api/imports.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Appender } from '../../produce/append.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamPlaces } from '../../streams/streamPlaces.ts';
import type { SettingsStore } from '../../workspace/settings.ts';
import { findAlreadyIn } from './alreadyIn.ts';
import { ImportRun, type ImportRunOptions } from './importRun.ts';
import { previewImport } from './preview.ts';
import { RejectedLines } from './rejectedLines.ts';
import { assertSameFile, fromResume, newStanding, type Standing } from './standing.ts';

/** Shards of a stream that an import makes where none are asked for. */
export const IMPORT_SHARDS_DEFAULT = 3;

export interface ImportServiceParts {
  registry: StreamRegistry;
  cluster: Cluster;
  appender: Appender;
  jobs: Jobs;
  settings: SettingsStore;
}

/** What has no fields can not be told which of them is the key. */
function checkRules({ format, keyField, timeField }: ImportRules): void {
  if (keyField === null && timeField === null) return;
  if (format === 'lines')
    throw new LabError('bad-input', 'Plain lines have no fields: a key field or a time field needs the format NDJSON or CSV.');
  if (format === 'records')
    throw new LabError('bad-input', 'Records carry their own keys and timestamps: leave the key field and the time field out.');
}

export function createImportService({ registry, cluster, appender, jobs, settings }: ImportServiceParts): DomainHandlers<typeof imports> {
  const runs = new Map<string, ImportRun>();
  jobs.onDismiss((id) => runs.delete(id));

  function run(jobId: string): ImportRun {
    const found = runs.get(jobId);
    if (!found) throw new LabError('no-such-job', 'This import is not listed any more.');
    return found;
  }

  function jobOf(jobId: string): Job {
    const job = jobs.all().find(({ id }) => id === jobId);
    if (!job) throw new LabError('no-such-job', 'This import is not listed any more.');
    return job;
  }

  /** `made`: the stream, where the import made it. */
  function begin({
    made,
    ...own
  }: Pick<ImportRunOptions, 'job' | 'stream' | 'standing' | 'alreadyIn' | 'rejected' | 'sender'> & {
    made: StreamPlaces | null;
  }): ImportRun {
    const begun = new ImportRun({
      ...own,
      appender,
      shards: () => registry.all().find(({ name }) => name === own.stream)?.shards.length ?? null,
      deleteEmpty: async () => made !== null && (await registry.deleteEmpty(made)),
    });
    runs.set(begun.job.job.id, begun);
    return begun;
  }

  /** The stream where it had to be made, else null. */
  async function provide(stream: string, shards: number | null): Promise<StreamPlaces | null> {
    if (!registry.has(stream)) return registry.create(stream, shards ?? IMPORT_SHARDS_DEFAULT);
    const has = registry.get(stream).shards.length;
    if (shards !== null && shards !== has) {
      throw new LabError(
        'shard-count-differs',
        `The stream “${stream}” has ${has} shard${has === 1 ? '' : 's'}, not ${shards}. Leave the number of shards out, or choose another stream.`,
      );
    }
    return null;
  }

  return {
    preview: ({ head, rules, name, isWhole }) =>
      previewImport({
        head,
        rules,
        name: name ?? '',
        isWhole: isWhole ?? head.length < PREVIEW_BYTES_MAX,
        valueBytesMax: settings.get().valueBytesMax,
      }),
    async start({ stream, shards, rules, file }, { caller }) {
      checkRules(rules);
      const made = await provide(stream, shards);
      const streamMade = made !== null;
      const title = `Import ${file.name} into ${stream}`;
      try {
        const places = registry.get(stream);
        const { valueBytesMax } = settings.get();
        const ends = (await cluster.bounds(places.shards)).map(({ endOffset }) => endOffset);
        const {
          job: { job },
        } = begin({
          job: (keeps) =>
            jobs.start(
              { kind: 'import', title, stream, unit: 'bytes', total: file.bytes, streamMade, message: 'Reading the file.' },
              keeps,
            ),
          standing: newStanding({ streamId: places.id, rules, valueBytesMax, batchBytesMax: places.settings.batchBytesMax, file }, ends),
          ...{ stream, made, rejected: new RejectedLines(), sender: caller },
        });
        return { jobId: job.id, streamMade };
      } catch (error) {
        // It did not begin, so it leaves nothing behind.
        if (streamMade) await registry.delete(stream);
        throw error;
      }
    },
    async goOn({ jobId, file, checked }, { caller, signal }) {
      const standing = fromResume(jobs.resumeOf(jobId));
      const { stream, streamMade, title } = jobOf(jobId);
      assertSameFile(standing, file, checked);
      const places = registry.get(stream);
      assertSameStream(places, standing);
      const alreadyIn = await findAlreadyIn(cluster, places, standing, signal);
      const { mark } = standing;
      // Those behind the mark are read, and rejected, again.
      const kept = runs.get(jobId)?.rejected.kept ?? jobs.rejectedLines(jobId, 0, mark.rejectedKept);
      begin({
        job: (keeps) => {
          const { imported: events, rejected, place } = mark;
          const change = { done: place.bytes, events, rejected, message: `${title}, from line ${place.lines + 1} on.` };
          return jobs.goOn(jobId, { ...change, rejectedKept: mark.rejectedKept }, keeps);
        },
        rejected: new RejectedLines(kept.slice(0, mark.rejectedKept), mark.rejected),
        ...{ standing, alreadyIn, stream, made: streamMade ? places : null, sender: caller },
      });
      return { from: mark.place.bytes };
    },
    write: ({ jobId, piece }) => run(jobId).write(piece),
    finish: ({ jobId }) => run(jobId).finish(),
    abort: ({ jobId, reason }) => run(jobId).fail(reason),
    rejected({ jobId, from, limit }) {
      const known = runs.get(jobId)?.rejected;
      if (known) return { lines: pageOf(known.kept.slice(from, from + limit)), kept: known.kept.length, total: known.count };
      // An import of an earlier engine: the catalog has its rejected lines.
      const lines = pageOf(jobs.rejectedLines(jobId, from, limit));
      return { lines, kept: jobs.rejectedKept(jobId), total: jobOf(jobId).rejected };
    },
  };
}

function assertSameStream({ id, name, shards }: StreamPlaces, { streamId, mark }: Standing): void {
  if (id !== streamId) {
    throw new LabError(
      'no-such-stream',
      `The stream “${name}” that the import began is gone; this is another one of its name. Import the file as a whole.`,
    );
  }
  if (shards.length !== mark.sequences.length) {
    throw new LabError(
      'shard-count-differs',
      `The stream “${name}” had ${mark.sequences.length} shards when the import ended and has ${shards.length} now: keys go to other shards. Import the lines from ${mark.place.lines + 1} on as a file of their own.`,
    );
  }
}

/** As many of the lines as one answer takes. */
function pageOf(page: readonly RejectedLine[]): RejectedLine[] {
  let characters = 0;
  const tooMuch = page.findIndex(({ text }, at) => (characters += text.length) > REJECTED_PAGE_CHARS_MAX && at > 0);
  return tooMuch < 0 ? [...page] : page.slice(0, tooMuch);
}
