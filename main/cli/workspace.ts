/** loglab workspace export | import: a workspace as one file. */
import { createReadStream, existsSync, readdirSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { LabError, toLabError } from '../api/errors.ts';
import {
  type LeftOut,
  WORKSPACE_HEAD_BYTES_MAX,
  WORKSPACE_PIECE_BYTES_MAX,
  type WorkspaceFileReport,
  type WorkspacePreview,
} from '../api/workspace.ts';
import { type Connection, connect, type Target } from './connect.ts';
import { readableSize, unreadable } from './readableFile.ts';
import { createNewFile } from './newFile.ts';
import { type Output, toJson } from './output.ts';

/** Pieces of the file that are on their way at once: one is read while the other is appended. */
const PIECES_UNDER_WAY_MAX = 4;
/** Left out parts that the failure names. */
const LEFT_OUT_SAID_MAX = 10;

/** Writes everything up to where the shards end now. What is damaged is left out, and it ends with a failure that names it; the file is there. */
export async function exportWorkspace(
  { client }: Connection,
  output: Output,
  file: string,
  options: { force: boolean; json: boolean },
  signal: AbortSignal,
): Promise<void> {
  const target = await createNewFile(file, options.force);
  try {
    let report: WorkspaceFileReport | null = null;
    for await (const item of client.workspace.export({}, { signal })) {
      if (item.kind === 'done') ({ report } = item);
      if (item.kind !== 'piece') continue;
      await target.write(item.piece);
      output.progress(`${Math.floor(target.bytes() / 1024 / 1024)} MiB of ${path.basename(file)}`);
    }
    if (!report || signal.aborted) throw new LabError('cancelled', 'The export was stopped; no file was written.');
    await target.keep();
    const done = `${summary(report)} exported to ${file}.`;
    if (options.json) await output.print(toJson({ file, ...report, fileBytes: target.bytes() }));
    else if (report.leftOutCount === 0) await output.print(done);
    failFor(report, options.json ? '' : done);
  } catch (error) {
    await target.discard();
    throw signal.aborted ? new LabError('cancelled', 'The export was stopped; no file was written.', { cause: error }) : error;
  }
}

export interface ImportWorkspaceOptions extends Target {
  rename: Record<string, string>;
  renameProcessor: Record<string, string>;
  json: boolean;
}

/** Into a running lab, or into the workspace in a folder: where there is none, it is made, and gone again where the import fails. */
export async function importWorkspace(
  output: Output,
  file: string,
  folder: string,
  options: ImportWorkspaceOptions,
  signal: AbortSignal,
): Promise<void> {
  const bytes = await readableSize(file);
  const isNew = options.url === undefined && (await isEmptyFolder(folder));
  const existed = existsSync(folder);
  let connection: Connection | null = null;
  try {
    connection = await connect(options, { makes: true, say: output.note });
    const preview = await connection.client.workspace.preview({ head: await headOf(file) });
    checkNames(preview, options);
    const choice = { names: options.rename, processorNames: options.renameProcessor, withSettings: isNew };
    const report = await send(connection, output, file, bytes, choice, signal);
    if (options.json) await output.print(toJson({ file, ...report }));
    else await output.print(`${summary(report)} imported from ${file}.${sayUntrusted(report)}${sayLeftOut(report)}`);
    await connection.close();
  } catch (error) {
    // Without a connection somebody else may have the folder by now.
    if (connection) {
      await connection.close();
      if (isNew) removeMade(folder, existed);
    }
    throw error;
  }
}

async function isEmptyFolder(folder: string): Promise<boolean> {
  return readdir(folder).then(
    (entries) => entries.length === 0,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

/** The folder was empty, so all in it was made here. */
function removeMade(folder: string, existed: boolean): void {
  if (!existed) return rmSync(folder, { recursive: true, force: true });
  for (const entry of readdirSync(folder)) rmSync(path.join(folder, entry), { recursive: true, force: true });
}

async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file).catch((cause: unknown) => Promise.reject(unreadable(file, cause)));
  try {
    const head = Buffer.alloc(WORKSPACE_HEAD_BYTES_MAX);
    let length = 0;
    for (let read = -1; read !== 0 && length < head.length; length += read) ({ bytesRead: read } = await handle.read(head, length));
    return head.subarray(0, length);
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** Says all at once which names are taken, and how they are given other ones. */
function checkNames({ streams, processors }: WorkspacePreview, { rename, renameProcessor }: ImportWorkspaceOptions): void {
  const options = [['--rename', streams, rename] as const, ['--rename-processor', processors, renameProcessor] as const].flatMap(
    ([option, named, others]) =>
      named
        .filter(({ name, problem }) => problem !== null && !Object.hasOwn(others, name))
        .map(({ name, problem, freeName }) => ({ problem, text: `${option} ${name}=${freeName}` })),
  );
  const [first] = options;
  if (!first) return;
  const said = options.map(({ text }) => text).join(' ');
  throw new LabError(
    'stream-exists',
    options.length === 1
      ? `${first.problem} Give it another one: ${said}`
      : `${options.length} of its names are taken. Give them other ones: ${said}`,
  );
}

async function send(
  { client }: Connection,
  output: Output,
  file: string,
  bytes: number,
  choice: { names: Record<string, string>; processorNames: Record<string, string>; withSettings: boolean },
  signal: AbortSignal,
): Promise<WorkspaceFileReport> {
  const { jobId } = await client.workspace.startImport({ file: { name: path.basename(file), bytes }, ...choice });
  const underWay = new Set<Promise<unknown>>();
  let failure: unknown;
  let sent = 0;
  try {
    for await (const piece of createReadStream(file, { highWaterMark: WORKSPACE_PIECE_BYTES_MAX }) as AsyncIterable<Buffer>) {
      const write = client.workspace.write({ jobId, piece }).catch((error: unknown) => (failure ??= error));
      underWay.add(write);
      void write.finally(() => underWay.delete(write));
      if (underWay.size >= PIECES_UNDER_WAY_MAX) await Promise.race(underWay);
      if (failure || signal.aborted) break;
      sent += piece.length;
      output.progress(`${Math.floor((sent / Math.max(1, bytes)) * 100)} % of ${path.basename(file)}`);
    }
  } catch (error) {
    failure ??= unreadable(file, error);
  }
  await Promise.all(underWay);
  if (signal.aborted) failure = new LabError('cancelled', 'The import was stopped.');
  try {
    if (!failure) return await client.workspace.finish({ jobId });
  } catch (error) {
    failure = error;
  }
  const { code, message } = toLabError(failure);
  await client.workspace.abort({ jobId, reason: message }).catch(() => {});
  throw new LabError(code, `${message} Nothing of ${path.basename(file)} was imported.`, { cause: failure });
}

function summary({ streams, processors, events }: WorkspaceFileReport): string {
  const others = processors === 0 ? '' : ` and ${plural(processors, 'processor')}`;
  return `${plural(events, 'event')} of ${plural(streams, 'stream')}${others}`;
}

function sayUntrusted({ processors }: WorkspaceFileReport): string {
  if (processors === 0) return '';
  return ' No processor runs before you have looked at it and trust it: loglab processors source NAME, loglab processors trust NAME.';
}

function failFor(report: WorkspaceFileReport, done: string): void {
  if (report.leftOutCount > 0) throw new LabError('batch-damaged', `${done}${sayLeftOut(report)}`.trim());
}

function sayLeftOut({ leftOut, leftOutCount }: WorkspaceFileReport): string {
  if (leftOutCount === 0) return '';
  const named = leftOut.slice(0, LEFT_OUT_SAID_MAX).map(sayPart);
  if (leftOutCount > named.length) named.push(`and ${leftOutCount - named.length} more`);
  return ` Left out: ${named.join('; ')}`;
}

function sayPart({ stream, shard, firstOffset, lastOffset, reason }: LeftOut): string {
  const where = shard === null ? stream : `${stream}, shard ${shard}, offsets ${firstOffset} to ${lastOffset}`;
  return `${where}: ${reason}`;
}

function plural(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}
