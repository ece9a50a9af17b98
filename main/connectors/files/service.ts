/** The calls of api/imports.ts: files that the page or the command line sends become events. */
import type { DomainHandlers } from '../../api/contract.ts';
import { LabError } from '../../api/errors.ts';
import { type ImportRules, type imports, PREVIEW_BYTES_MAX, REJECTED_PAGE_CHARS_MAX, type RejectedLine } from '../../api/imports.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Appender } from '../../produce/append.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamPlaces } from '../../streams/streamPlaces.ts';
import type { SettingsStore } from '../../workspace/settings.ts';
import { ImportRun } from './importRun.ts';
import { previewImport } from './preview.ts';

/** Shards of a stream that an import makes where none are asked for. */
export const IMPORT_SHARDS_DEFAULT = 3;

export interface ImportServiceParts {
  registry: StreamRegistry;
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

export function createImportService({ registry, appender, jobs, settings }: ImportServiceParts): DomainHandlers<typeof imports> {
  const runs = new Map<string, ImportRun>();
  jobs.onDismiss((id) => runs.delete(id));

  function run(jobId: string): ImportRun {
    const found = runs.get(jobId);
    if (!found) throw new LabError('no-such-job', 'This import is not listed any more.');
    return found;
  }

  /** The stream where it had to be made, else null. */
  async function provide(stream: string, shards: number | null): Promise<StreamPlaces | null> {
    if (!registry.has(stream)) return registry.create(stream, shards ?? IMPORT_SHARDS_DEFAULT);
    const has = registry.get(stream).shards.length;
    if (shards !== null && shards !== has) {
      throw new LabError(
        'shard-count-differs',
        `The stream “${stream}” has ${has} shards, not ${shards}. Leave the number of shards out, or choose another stream.`,
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
        const job = jobs.start({
          kind: 'import',
          title,
          stream,
          unit: 'bytes',
          total: file.bytes,
          streamMade,
          message: 'Reading the file.',
        });
        const { valueBytesMax } = settings.get();
        const has = registry.get(stream).shards.length;
        const deleteEmpty = async () => made !== null && (await registry.deleteEmpty(made));
        runs.set(job.job.id, new ImportRun({ job, appender, stream, shards: has, rules, valueBytesMax, deleteEmpty, sender: caller }));
        return { jobId: job.job.id, streamMade };
      } catch (error) {
        // It did not begin, so it leaves nothing behind.
        if (streamMade) await registry.delete(stream);
        throw error;
      }
    },
    write: ({ jobId, piece }) => run(jobId).write(piece),
    finish: ({ jobId }) => run(jobId).finish(),
    abort: ({ jobId, reason }) => run(jobId).fail(reason),
    rejected({ jobId, from, limit }) {
      const known = runs.get(jobId);
      const job = jobs.all().find(({ id }) => id === jobId);
      // An import of an earlier engine: the catalog has the first of its rejected lines.
      const lines = known?.rejected ?? jobs.rejectedLines(jobId);
      return { lines: pageOf(lines, from, limit), kept: lines.length, total: known?.report().rejected ?? job?.rejected ?? 0 };
    },
  };
}

/** So many from there on, or fewer where they are long. */
function pageOf(lines: readonly RejectedLine[], from: number, limit: number): RejectedLine[] {
  let characters = 0;
  const page = lines.slice(from, from + limit);
  const tooMuch = page.findIndex(({ text }, at) => (characters += text.length) > REJECTED_PAGE_CHARS_MAX && at > 0);
  return tooMuch < 0 ? page : page.slice(0, tooMuch);
}
