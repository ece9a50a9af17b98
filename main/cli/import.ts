/** loglab import: a file becomes events; lines that can not are listed. */
import { LabError, toLabError } from '../api/errors.ts';
import type { Job } from '../api/jobs.ts';
import { type ImportReport, type ImportRules, asideOf, REJECTED_PAGE_MAX, shownText } from '../api/imports.ts';
import type { Connection } from './connect.ts';
import type { ImportSource } from './importSource.ts';
import { type Output, toJson } from './output.ts';

/** Pieces of the file that are on their way at once: one is read while the other is appended. */
const PIECES_UNDER_WAY_MAX = 4;

export interface ImportOptions {
  rules: ImportRules;
  shards: number | null;
  /** With an import of this file that ended before the file did, by its rules. */
  goOn: boolean;
  json: boolean;
}

/** Fails with `bad-input` where lines were rejected; the others are imported. */
export async function importFile(
  connection: Connection,
  output: Output,
  stream: string,
  source: ImportSource,
  options: ImportOptions,
): Promise<void> {
  const { client } = connection;
  const bytes = await source.size();
  const file = { name: source.name, bytes };
  const { jobId, from } = options.goOn
    ? await goOn(connection, stream, source, file)
    : { ...(await client.imports.start({ stream, shards: options.shards, rules: options.rules, file })), from: 0 };
  let report: ImportReport = { imported: 0, rejected: 0, rejectedKept: 0 };
  try {
    await send(client, jobId, source, { from, bytes }, output, (heard) => (report = heard));
    report = await client.imports.finish({ jobId });
  } catch (error) {
    const failure = toLabError(error);
    await client.imports.abort({ jobId, reason: failure.message }).catch(() => {});
    const said = (await outcome(client, jobId)) ?? `${failure.message} ${lastHeard(stream, report)}`;
    const advice = source.bytes ? ' To import it, run the same command with --go-on.' : '';
    throw new LabError(failure.code, `${said}${advice}`, { retriable: failure.retriable, cause: failure });
  }
  const unlisted = await list({ client }, output, jobId, options.json);
  const { imported, keyless, blank, rejected, streamDeleted } = report;
  const said = asideOf(report, options.goOn ? { keyField: null } : options.rules);
  const also = `${said && ` ${said}`}${streamDeleted ? ` The stream ${stream} was made for it and is deleted again.` : ''}`;
  if (options.json)
    await output.print(
      toJson({
        stream,
        imported,
        ...(keyless ? { keyless } : {}),
        ...(blank ? { blank } : {}),
        rejected,
        ...(streamDeleted ? { streamDeleted } : {}),
      }),
    );
  if (rejected > 0)
    throw new LabError(
      'bad-input',
      `${rejected} line${rejected === 1 ? ' was' : 's were'} rejected${unlisted}; ${imported} event${imported === 1 ? ' was' : 's were'} imported into ${stream}.${also}`,
    );
  if (!options.json) await output.print(`${imported} event${imported === 1 ? '' : 's'} imported into ${stream}, 0 lines rejected.${also}`);
}

/** Takes up the newest import of this file into the stream that ended before the file did. */
async function goOn(
  { client }: Connection,
  stream: string,
  source: ImportSource,
  file: { name: string; bytes: number | null },
): Promise<{ jobId: string; from: number }> {
  if (!source.bytes) throw new LabError('bad-input', 'What came on stdin before is gone: --go-on needs a file.');
  const job = (await jobsOf(client))
    .filter((each) => each.stream === stream && each.goOn?.fileName === source.name)
    .sort((a, b) => b.startedAt - a.startedAt)
    .at(0);
  if (!job) {
    throw new LabError(
      'no-such-job',
      `The lab lists no import of ${source.name} into ${stream} that ended before its file did. Leave --go-on out to import it from its beginning.`,
    );
  }
  const { from, to } = job.goOn!.check;
  const begun = await client.imports.goOn({ jobId: job.id, file, checked: await source.bytes(from, to) });
  return { jobId: job.id, from: begun.from };
}

async function jobsOf(client: Connection['client']): Promise<Job[]> {
  for await (const jobs of client.jobs.watch({})) return jobs;
  throw new LabError('disconnected', 'The lab does not tell its jobs any more.');
}

/** What the job says in the end: why, and what is in the log. */
async function outcome(client: Connection['client'], jobId: string): Promise<string | null> {
  try {
    for await (const jobs of client.jobs.watch({})) {
      const job = jobs.find(({ id }) => id === jobId);
      if (!job) return null;
      if (job.state !== 'running') return job.message;
    }
  } catch {
    // The lab itself is gone: the failure says so.
  }
  return null;
}

/** Where the lab itself can not be asked any more. */
function lastHeard(stream: string, { imported, rejected }: ImportReport): string {
  const kept =
    imported === 0
      ? `None of its events was known to be in “${stream}” yet; a few may be.`
      : `At least ${imported.toLocaleString('en')} event${imported === 1 ? ' is' : 's are'} in “${stream}”; a few more may be.`;
  const bad = rejected === 0 ? '' : ` At least ${rejected.toLocaleString('en')} line${rejected === 1 ? ' was' : 's were'} rejected.`;
  return `${kept}${bad} The rest of the file was not imported.`;
}

async function send(
  client: Connection['client'],
  jobId: string,
  source: ImportSource,
  { from, bytes: total }: { from: number; bytes: number | null },
  output: Output,
  heard: (report: ImportReport) => void,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  let failure: unknown;
  let sent = from;
  try {
    for await (const piece of source.pieces(from)) {
      const write = client.imports.write({ jobId, piece }).then(heard, (error: unknown) => (failure ??= error));
      underWay.add(write);
      void write.finally(() => underWay.delete(write));
      if (underWay.size >= PIECES_UNDER_WAY_MAX) await Promise.race(underWay);
      if (failure) break;
      sent += piece.length;
      output.progress(progressOf(source.name, sent, total));
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failure) throw failure;
}

function progressOf(name: string, sent: number, total: number | null): string {
  return total === null
    ? `${Math.floor(sent / 1_000_000).toLocaleString('en')} MB of ${name}`
    : `${Math.floor((sent / Math.max(1, total)) * 100)} % of ${name}`;
}

/** Lists the rejected lines, with where, why and what. Returns what to say where there are more than are kept. */
async function list({ client }: Pick<Connection, 'client'>, output: Output, jobId: string, json: boolean): Promise<string> {
  for (let from = 0; ;) {
    const { lines, kept, total } = await client.imports.rejected({ jobId, from, limit: REJECTED_PAGE_MAX });
    for (const line of lines)
      await output.print(json ? toJson(line) : `line ${line.line}: ${line.reason}: ${shownText(line.text).replaceAll(/\r?\n/g, '\\n')}`);
    from += lines.length;
    if (lines.length > 0 && from < kept) continue;
    return kept < total ? ` (the first ${kept} are listed)` : '';
  }
}
