/** loglab export: a range of a stream, written to a file. */
import { LabError } from '../api/errors.ts';
import type { Gap, RangeFrom, RangeUntil } from '../api/events.ts';
import { createRecordWriter, type ExportFormat } from '../api/exports.ts';
import type { Connection } from './connect.ts';
import { sayGaps } from './consume.ts';
import { createNewFile, type NewFile } from './newFile.ts';
import { type Output, toJson } from './output.ts';

export interface ExportOptions {
  format: ExportFormat;
  from: RangeFrom;
  until: RangeUntil;
  shards?: number[];
  force: boolean;
  json: boolean;
}

/**
 * `file`: null for stdout. Damaged parts are passed over: what is whole is written, and it ends with a failure that names the others. On any
 * other failure, or when `signal` aborts, no file is left.
 */
export async function exportFile(
  connection: Connection,
  output: Output,
  stream: string,
  file: string | null,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<void> {
  if (file === null) return failFor((await copyOut(connection, stream, options, (text) => output.write(text), signal)).gaps);
  const target = await createNewFile(file, options.force);
  try {
    const { events, gaps } = await copyOut(connection, stream, options, (text, soFar) => toFile(target, output, text, soFar), signal);
    await target.keep();
    const done = `${events} event${events === 1 ? '' : 's'} of ${stream} exported to ${file}.`;
    if (options.json) await output.print(toJson({ stream, file, format: options.format, events, bytes: target.bytes() }));
    else if (gaps.length === 0) await output.print(done);
    failFor(gaps, done);
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function toFile(target: NewFile, output: Output, text: string, events: number): Promise<void> {
  await target.write(text);
  output.progress(`${events} events`);
}

interface Copied {
  events: number;
  gaps: Gap[];
}

async function copyOut(
  { client }: Connection,
  stream: string,
  { format, from, until, shards }: ExportOptions,
  write: (text: string, events: number) => Promise<void>,
  signal: AbortSignal,
): Promise<Copied> {
  const writer = createRecordWriter(format, stream);
  const copied: Copied = { events: 0, gaps: [] };
  try {
    for await (const chunk of client.events.read({ stream, from, until, ...(shards ? { shards } : {}) }, { signal })) {
      copied.events += chunk.records.length;
      copied.gaps.push(...chunk.gaps);
      await write(writer.write(chunk.records), copied.events);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // Also where the range just ended with the signal: what was asked for is not there.
  if (signal.aborted) throw new LabError('cancelled', `The export was stopped after ${copied.events} events; no file was written.`);
  await write(writer.end(), copied.events);
  return copied;
}

function failFor(gaps: Gap[], done = ''): void {
  if (gaps.length > 0) throw new LabError('batch-damaged', `${done} ${sayGaps(gaps)}`.trim());
}
