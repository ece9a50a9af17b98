/** What an import did, in sentences. */
import type { Job } from '../../../../main/api/jobs.ts';
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../ui/format.ts';
import type { ImportRun } from './importRuns.svelte.ts';

export interface Counts {
  events: number;
  rejected: number;
}

/** The job knows of pieces whose answers never came back to this page. */
export function countsOf({ report }: ImportRun, job: Job | undefined): Counts {
  return { events: Math.max(report.imported, job?.events ?? 0), rejected: Math.max(report.rejected, job?.rejected ?? 0) };
}

/**
 * True where this page is done with an import that did not come to its end, and the job is not: pieces under way may still be going in,
 * so nothing can be said yet of how many events are kept. `job` is what the lab says of it now, undefined where it says nothing.
 */
export function isEnding(run: ImportRun, job: Job | undefined): boolean {
  return (run.state === 'cancelled' || run.state === 'failed') && job?.state === 'running';
}

export function progressSentence({ doneBytes, doneBefore, request }: ImportRun, elapsedMs: number): string {
  const allBytes = request.file.size;
  const soFar = `${formatBytes(doneBytes)} of ${formatBytes(allBytes)}`;
  if (doneBytes === doneBefore || elapsedMs < 500) return soFar;
  const perMs = (doneBytes - doneBefore) / elapsedMs;
  return `${soFar}, ${formatBytes(perMs * 1000)} a second, ${formatDuration(Math.round((allBytes - doneBytes) / perMs / 1000) * 1000)} to go`;
}

export function countsSentence({ events, rejected }: Counts): string {
  const imported = `${formatCountOf(events, 'event')} imported`;
  return rejected === 0 ? imported : `${imported}, ${formatCountOf(rejected, 'line')} rejected`;
}

/** What became of an import that did not come to its end. */
export function keptSentence(run: ImportRun, { events }: Counts): string {
  const { stream, file } = run.request;
  const rest = `The rest of ${file.name} was not imported.`;
  if (run.error?.code === 'disconnected') {
    return `When the connection was lost, ${formatCountOf(events, 'event')} of it were known to be in ${stream}; a little more may be. ${rest}`;
  }
  if (events === 0) return run.jobId === null ? 'Nothing was imported.' : `Nothing of ${file.name} is in ${stream}.`;
  return `${formatCount(events)} ${events === 1 ? 'event of it is' : 'events of it are'} in ${stream} and stay there. ${rest}`;
}
