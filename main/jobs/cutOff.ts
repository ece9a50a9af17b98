/** A job that ran when the lab ended: killed, crashed, or closed. */
import type { Job } from '../api/jobs.ts';
import type { JobRecord } from '../workspace/jobRecords.ts';

/**
 * As it is listed when the workspace is opened again. What was known of it when the lab ended is less than what became of it by a little:
 * events were appended after it was last written down.
 */
export function asCutOff(record: JobRecord & Pick<Job, 'goOn'>, endedAt: number): Job {
  const { stream, events, rejected, kind } = record;
  // Whole or not at all: streams that were still being made are gone when the workspace is opened.
  const none = { 'workspace-export': 'No file was completed.', 'workspace-import': 'Nothing of the file was imported.' };
  if (kind === 'workspace-export' || kind === 'workspace-import') {
    return { ...record, state: 'failed', endedAt, message: `The lab ended while it ran. ${none[kind]}` };
  }
  const kept =
    events === 0
      ? `None of its events was known to be in “${stream}” yet; a few may be.`
      : `At least ${count(events, 'event is', 'events are')} in “${stream}”; a few more may be.`;
  const bad = rejected === 0 ? '' : ` ${count(rejected, 'line was', 'lines were')} rejected.`;
  const rest = kind === 'import' ? ' The rest of the file was not imported.' : ' The rest was not loaded.';
  return { ...record, state: 'failed', endedAt, message: `The lab ended while it ran. ${kept}${bad}${rest}` };
}

function count(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
